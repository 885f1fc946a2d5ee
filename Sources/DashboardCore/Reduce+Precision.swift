import TrainingEvents

/// Changing a lane's precision: what `p` goes through, the list of `P`, and the question before parameters are rounded.
extension DashboardState {
  /// The order in which modes are listed, and in which `p` goes through the lossless ones.
  private static let precisionOrder: [Precision] = [.fp32, .tf32, .ampBF16, .ampFP16, .o2, .fp16, .bf16]

  /// The modes that the device speaks of, those that it refuses too.
  var knownPrecisions: [Precision] {
    guard let session, !session.precisions.isEmpty else { return [.fp32, .ampBF16, .ampFP16] }
    return DashboardState.precisionOrder.filter { support(of: $0) != nil }
  }

  /// The modes that this device can be switched to.
  var precisionChoices: [Precision] { knownPrecisions.filter { refusal(of: $0) == nil } }

  /// Why the device cannot run a mode; nil where it can.
  func refusal(of precision: Precision) -> String? { support(of: precision)?.refusal }

  /// Whether a lane that enters a mode rounds its parameters, with the changes that it keeps.
  func isLossy(_ precision: Precision, for track: LaneTrack) -> Bool {
    !PrecisionPolicy(precision, overrides: track.wantedOverrides).applicable.isLossless
  }

  /// The next mode that rounds nothing.
  func nextPrecision(of track: LaneTrack) -> Precision {
    let now = track.pendingPrecision ?? track.precision
    let choices = precisionChoices.filter { !isLossy($0, for: track) }
    guard let index = choices.firstIndex(of: now) else { return choices.first ?? now }
    return choices[(index + 1) % choices.count]
  }

  /// Asks for a mode; first asks the user where it rounds the parameters.
  mutating func choose(_ precision: Precision, for track: LaneTrack) -> [DashboardEffect] {
    if let refusal = refusal(of: precision) { return refuse("\(precision.rawValue): \(refusal)") }
    let isChange = precision != track.precision || track.pendingPrecision != nil
    if isChange, isLossy(precision, for: track), !track.isOver {
      overlay = .lossyPrecision(track.lane, precision)
      return []
    }
    return request(precision, for: track)
  }

  mutating func request(_ precision: Precision, for track: LaneTrack) -> [DashboardEffect] {
    guard !track.isOver else { return refuse("lane \(track.lane) is over") }
    // Going back to the precision in force takes back what was asked for before; with nothing asked it is no change.
    if precision == track.precision, track.pendingPrecision == nil { return [] }
    update(track.lane) { $0.pendingPrecision = precision == $0.precision ? nil : precision }
    return [.send(.setPrecision(track.lane, precision))]
  }

  // MARK: - Dialogs

  mutating func pressInPrecisionPicker(_ key: DashboardKey, marked: Int) -> [DashboardEffect] {
    let known = knownPrecisions
    switch key {
    case .up, .backTab, .character("k"): overlay = .precision(neighbour(of: marked, by: -1))
    case .down, .tab, .character("j"): overlay = .precision(neighbour(of: marked, by: 1))
    case .enter, .character(" "): return pick(marked)
    case .character(let digit) where digit.value >= 49 && digit.value < 49 + UInt32(known.count):
      return pick(Int(digit.value) - 49)
    case .escape, .character("P"), .character("q"): overlay = nil
    case .control("c"): overlay = .quit
    case .control("l"): return [.redraw]
    case .control("z"): return [.suspend]
    default: break
    }
    return []
  }

  /// The next line of the list that can be chosen.
  private func neighbour(of marked: Int, by step: Int) -> Int {
    let known = knownPrecisions
    var next = marked
    for _ in known {
      next = (next + step + known.count) % known.count
      if refusal(of: known[next]) == nil { return next }
    }
    return marked
  }

  private mutating func pick(_ index: Int) -> [DashboardEffect] {
    let known = knownPrecisions
    guard let track = focusedTrack, known.indices.contains(index) else {
      overlay = nil
      return []
    }
    // What the device refuses leaves the list open: the reason stands beside it.
    if refusal(of: known[index]) == nil { overlay = nil }
    return choose(known[index], for: track)
  }

  mutating func pressInLossyDialog(
    _ key: DashboardKey, _ lane: LaneID, _ precision: Precision
  ) -> [DashboardEffect] {
    switch key {
    case .character("y"), .character("Y"), .enter:
      overlay = nil
      guard let track = lanes.first(where: { $0.lane == lane }) else { return [] }
      return request(precision, for: track)
    case .character("n"), .character("N"), .character("q"), .escape: overlay = nil
    case .control("c"): overlay = .quit
    case .control("l"): return [.redraw]
    case .control("z"): return [.suspend]
    default: break
    }
    return []
  }
}

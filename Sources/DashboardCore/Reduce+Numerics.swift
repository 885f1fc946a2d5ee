import TrainingEvents

/// What the user asked of the numerics of all lanes.
enum NumericsRequest: Sendable, Hashable {
  case every(Int)
  case off
}

/// Keys and commands of the numerics pane, and which of its lines is selected.
extension DashboardState {
  /// Attempts between two detailed reports that `i` asks for.
  static let numericsInterval = 20

  /// Whether the numerics pane takes keys.
  var hasNumericsFocus: Bool { focus == .pane(.numerics) && !hiddenPanes.contains(.numerics) }

  /// Whether detailed reports come, as far as is known here.
  var hasDetails: Bool {
    switch numericsRequest {
    case .every: true
    case .off: false
    case nil: lanes.contains { $0.numerics.detailed != nil }
    }
  }

  /// Indices of the tensors in the table, the riskiest first.
  ///
  /// O(tensors): nothing is sorted here.
  func shownTensors(of track: LaneTrack) -> [Int] {
    guard let tensorKind else { return track.numerics.order }
    return track.numerics.order.filter { track.numerics.rows[$0].report.kind == tensorKind }
  }

  /// Place of the selected tensor in the table: the first where it is not there.
  func selectedIndex(in shown: [Int], of track: LaneTrack) -> Int {
    guard let selectedTensor else { return 0 }
    return shown.firstIndex { track.numerics.rows[$0].key == selectedTensor } ?? 0
  }

  /// The selected tensor of the focused lane; nil before its first report.
  var selectedRow: TensorRow? {
    guard let track = focusedTrack else { return nil }
    let shown = shownTensors(of: track)
    let index = selectedIndex(in: shown, of: track)
    return shown.indices.contains(index) ? track.numerics.rows[shown[index]] : nil
  }

  /// Moves the selection; it stays on its tensor when the order changes.
  mutating func selectTensor(by step: Int) {
    guard let track = focusedTrack else { return }
    let shown = shownTensors(of: track)
    guard !shown.isEmpty else { return }
    let index = min(max(0, selectedIndex(in: shown, of: track) + step), shown.count - 1)
    selectedTensor = track.numerics.rows[shown[index]].key
  }

  /// Selects the tensor on a line of the screen.
  mutating func selectTensor(x: Int, y: Int, in rect: Rect) {
    guard let track = focusedTrack, track.numerics.newest != nil else { return }
    let shown = shownTensors(of: track)
    let layout = NumericsLayout(
      in: NumericsPane.inside(rect.inner), count: shown.count, selected: selectedIndex(in: shown, of: track),
      view: numericsView, hasHistogram: track.numerics.detailed != nil)
    guard let row = layout.row(at: x, y), shown.indices.contains(row) else { return }
    selectedTensor = track.numerics.rows[shown[row]].key
  }

  // MARK: - Keys

  mutating func performInNumerics(_ command: KeyCommand) -> [DashboardEffect] {
    guard hasNumericsFocus else {
      show(
        hint: hiddenPanes.contains(.numerics)
          ? "a key of the numerics pane: 8 shows it" : "focus the numerics pane first: Tab or a click")
      return []
    }
    switch command {
    case .nextTensorKind: tensorKind = TensorReport.Kind.next(after: tensorKind)
    case .nextNumericsView: numericsView = numericsView.next
    case .whatIfFormat: whatIf = whatIf.nextFormat
    case .whatIfLarger: moveWhatIfScale(by: 1)
    case .whatIfSmaller: moveWhatIfScale(by: -1)
    case .toggleDetails: return setNumerics(every: hasDetails ? nil : DashboardState.numericsInterval)
    case .toggleKeepFP32: return toggleKeepFP32()
    default: break
    }
    return []
  }

  private mutating func moveWhatIfScale(by step: Int) {
    let scale = focusedTrack?.numerics.detailed?.scale ?? focusedTrack?.lastStep?.scale
    let now = whatIf.log2Scale ?? WhatIf.exponent(of: scale)
    whatIf.log2Scale = min(max(now + step, WhatIf.scales.lowerBound), WhatIf.scales.upperBound)
  }

  /// Asks for detailed reports, or for none.
  mutating func setNumerics(every interval: Int?) -> [DashboardEffect] {
    if let refusal = trainingRefusal { return refuse(refusal) }
    numericsRequest = interval.map { .every($0) } ?? .off
    return [.send(.setNumerics(every: interval))]
  }

  /// Keeps the layer of the selected tensor in fp32, or lets it go again.
  private mutating func toggleKeepFP32() -> [DashboardEffect] {
    guard let track = focusedTrack, let row = selectedRow else { return refuse("no tensor is selected") }
    let layer = row.report.layer
    guard !layer.isEmpty else {
      return refuse("\(row.report.name) stands outside layers: type :keep with the name of an operation")
    }
    if track.wantedOverrides.keepFP32.contains(layer) { return unkeep(layer, in: track) }
    if let pattern = track.wantedOverrides.keepFP32.first(where: { NamePattern.matches($0, layer) }) {
      return refuse("\(layer) is kept by \(pattern): type :unkeep \(pattern)")
    }
    return keep(layer, in: track)
  }

  // MARK: - Overrides

  /// Asks a lane to keep a layer in fp32.
  mutating func keep(_ pattern: String, in track: LaneTrack) -> [DashboardEffect] {
    var overrides = track.wantedOverrides
    guard !overrides.keepFP32.contains(pattern) else {
      return refuse("lane \(track.lane) keeps \(pattern) in fp32 already")
    }
    overrides.keepFP32.append(pattern)
    return request(overrides, for: track)
  }

  /// Asks a lane to let a pattern go, or all where it is nil.
  mutating func unkeep(_ pattern: String?, in track: LaneTrack) -> [DashboardEffect] {
    var overrides = track.wantedOverrides
    guard !overrides.keepFP32.isEmpty else { return refuse("lane \(track.lane) keeps no layer in fp32") }
    if let pattern, !overrides.keepFP32.contains(pattern) {
      let hint = NearestName.hint(for: pattern, among: overrides.keepFP32)
      return refuse("lane \(track.lane) does not keep \"\(pattern)\"\(hint)")
    }
    overrides.keepFP32.removeAll { pattern == nil || $0 == pattern }
    return request(overrides, for: track)
  }

  private mutating func request(_ overrides: PrecisionOverrides, for track: LaneTrack) -> [DashboardEffect] {
    if let refusal = trainingRefusal { return refuse(refusal) }
    guard !track.isOver else { return refuse("lane \(track.lane) is over") }
    let mode = track.pendingPrecision ?? track.precision
    if let contradiction = PrecisionPolicy(mode, overrides: overrides).contradiction { return refuse(contradiction) }
    update(track.lane) { $0.pendingOverrides = overrides == $0.overrides ? nil : overrides }
    return [.send(.setOverrides(track.lane, overrides))]
  }

  /// Why nothing can be asked of the training; nil where it can.
  var trainingRefusal: String? {
    if replay != nil { return "this run was recorded: it cannot be changed any more" }
    return isTraining ? nil : "the run is over, or has not begun"
  }

  /// Says in the footer why nothing is done.
  mutating func refuse(_ text: String) -> [DashboardEffect] {
    show(hint: text)
    return []
  }
}

extension LaneTrack {
  /// The mode with what is changed of it, short: "amp-fp16 +2 fp32".
  var policyText: String { PrecisionPolicy(precision, overrides: overrides).shortText }

  /// The overrides asked for, or those in force.
  var wantedOverrides: PrecisionOverrides { pendingOverrides ?? overrides }

  /// Whether the overrides in force keep a tensor's layer in fp32.
  func keepsFP32(_ report: TensorReport) -> Bool { overrides.keeps(report) }

  /// The same once what was asked for is confirmed.
  func willKeepFP32(_ report: TensorReport) -> Bool { wantedOverrides.keeps(report) }
}

extension PrecisionOverrides {
  fileprivate func keeps(_ report: TensorReport) -> Bool {
    keepFP32.contains { NamePattern.matches($0, report.layer) || NamePattern.matches($0, report.name) }
  }
}

extension PrecisionPolicy {
  /// The mode and what is changed of it, as short as a heading needs it; the mode alone where nothing is changed.
  var shortText: String {
    var text = mode.rawValue
    if !overrides.keepFP32.isEmpty { text += " +\(overrides.keepFP32.count) fp32" }
    if let masters = overrides.masterWeights { text += masters ? " +masters" : " −masters" }
    if let norms = overrides.keepBatchNormFP32 { text += norms ? " +bn fp32" : " −bn fp32" }
    if overrides.stochasticRounding { text += " +stochastic" }
    return text
  }
}

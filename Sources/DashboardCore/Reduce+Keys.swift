import TrainingEvents

extension DashboardState {
  /// Takes in a key press.
  mutating func press(_ key: DashboardKey) -> [DashboardEffect] {
    switch overlay {
    case .quit: return pressInQuitDialog(key)
    case .precision(let marked): return pressInPrecisionPicker(key, marked: marked)
    case .themes(let before): return pressInThemeList(key, before: before)
    case .help, .summary:
      // Any key closes them, and those that mean something do what they mean.
      let wasHelp = overlay == .help
      let command = KeyTable.command(for: key)
      overlay = nil
      if key == .enter || command == .cancel || command == nil { return [] }
      if wasHelp, command == .help { return [] }
      if !wasHelp, command == .summary { return [] }
      return command.map { perform($0) } ?? []
    case nil:
      return KeyTable.command(for: key).map { perform($0) } ?? []
    }
  }

  private mutating func perform(_ command: KeyCommand) -> [DashboardEffect] {
    switch command {
    case .quit:
      guard isTraining else { return [.quit(.asTheRunEnded)] }
      overlay = .quit
    case .help: overlay = .help
    case .summary:
      if summary != nil { overlay = .summary } else { show(hint: "the summary comes when the run is over") }
    case .cancel: if cursor != nil { cursor = nil } else { zoomedPane = nil }
    case .redraw: return [.redraw]
    case .suspend: return [.suspend]
    case .nextTheme: moveTheme(by: 1)
    case .pickTheme: if !themes.isEmpty { overlay = .themes(before: themeIndex) }
    case .nextPrecision, .pickPrecision, .pause, .singleStep, .toggleSchedule: return control(command)
    case .smoothLess, .smoothMore, .toggleLogAxis, .nextUnit, .nextLossView, .zoomIn, .zoomOut, .showAll, .panLeft,
      .panRight, .cursor, .cursorLeft, .cursorRight, .nextEvent, .previousEvent:
      adjustCharts(command)
    default: move(command)
    }
    return []
  }

  // MARK: - Training

  private mutating func control(_ command: KeyCommand) -> [DashboardEffect] {
    guard isTraining else {
      show(hint: lanes.isEmpty ? "the session has not started yet" : "the run is over")
      return []
    }
    switch command {
    case .nextPrecision:
      guard let track = focusedTrack else { return [] }
      return request(nextPrecision(after: track.pendingPrecision ?? track.precision), for: track)
    case .pickPrecision:
      guard let track = focusedTrack else { return [] }
      let choices = precisionChoices
      overlay = .precision(choices.firstIndex(of: track.pendingPrecision ?? track.precision) ?? 0)
    case .pause:
      if isPaused || isPausePending {
        isPausePending = false
        return [.send(.resume)]
      }
      isPausePending = true
      return [.send(.pause)]
    case .singleStep:
      guard isPaused || isPausePending else {
        show(hint: "s makes a single step while paused: press Space first")
        return []
      }
      return [.send(.step)]
    case .toggleSchedule:
      let wanted: Schedule = (pendingSchedule ?? schedule) == .alternating ? .concurrent : .alternating
      pendingSchedule = wanted == schedule ? nil : wanted
      return [.send(.setSchedule(wanted))]
    default: break
    }
    return []
  }

  /// The modes that this device can be switched to, in the order in which `p` goes through them.
  var precisionChoices: [Precision] {
    let cycle: [Precision] = [.fp32, .ampBF16, .ampFP16]
    guard let session, !session.precisions.isEmpty else { return cycle }
    let supported = cycle.filter { mode in session.precisions.contains { $0.precision == mode } }
    return supported.isEmpty ? cycle : supported
  }

  private func nextPrecision(after precision: Precision) -> Precision {
    let choices = precisionChoices
    guard let index = choices.firstIndex(of: precision) else { return choices[0] }
    return choices[(index + 1) % choices.count]
  }

  private mutating func request(_ precision: Precision, for track: LaneTrack) -> [DashboardEffect] {
    guard !track.isOver else {
      show(hint: "lane \(track.lane) is over")
      return []
    }
    // Going back to the precision in force takes back what was asked for before; with nothing asked it is no change.
    if precision == track.precision, track.pendingPrecision == nil { return [] }
    update(track.lane) { $0.pendingPrecision = precision == $0.precision ? nil : precision }
    return [.send(.setPrecision(track.lane, precision))]
  }

  // MARK: - Dialogs

  private mutating func pressInQuitDialog(_ key: DashboardKey) -> [DashboardEffect] {
    switch key {
    case .control("c"): return [.quit(.interrupted)]
    case .character("y"), .character("Y"), .enter:
      overlay = nil
      return [.send(.abandon), .quit(.asTheRunEnded)]
    case .character("s"):
      overlay = nil
      show(hint: "stopping: the final evaluation follows")
      return [.send(.stop)]
    case .character("n"), .character("N"), .character("q"), .escape:
      overlay = nil
      return []
    case .control("l"): return [.redraw]
    case .control("z"): return [.suspend]
    default: return []
    }
  }

  private mutating func moveTheme(by step: Int) {
    guard !themes.isEmpty else { return }
    themeIndex = ((themeIndex + step) % themes.count + themes.count) % themes.count
  }

  private mutating func pressInThemeList(_ key: DashboardKey, before: Int) -> [DashboardEffect] {
    switch key {
    case .up, .backTab, .character("k"): moveTheme(by: -1)
    case .down, .tab, .character("j"), .character("t"): moveTheme(by: 1)
    case .pageUp: themeIndex = max(0, themeIndex - 10)
    case .pageDown: themeIndex = min(themes.count - 1, themeIndex + 10)
    case .home: themeIndex = 0
    case .end: themeIndex = themes.count - 1
    case .enter, .character(" "): overlay = nil
    case .escape, .character("T"), .character("q"):
      themeIndex = before
      overlay = nil
    case .control("c"): overlay = .quit
    case .control("l"): return [.redraw]
    case .control("z"): return [.suspend]
    default: break
    }
    return []
  }

  private mutating func pressInPrecisionPicker(_ key: DashboardKey, marked: Int) -> [DashboardEffect] {
    let choices = precisionChoices
    switch key {
    case .up, .backTab, .character("k"): overlay = .precision((marked + choices.count - 1) % choices.count)
    case .down, .tab, .character("j"): overlay = .precision((marked + 1) % choices.count)
    case .enter, .character(" "):
      overlay = nil
      guard let track = focusedTrack, choices.indices.contains(marked) else { return [] }
      return request(choices[marked], for: track)
    case .character(let digit) where digit.value >= 49 && digit.value < 49 + UInt32(choices.count):
      overlay = nil
      guard let track = focusedTrack else { return [] }
      return request(choices[Int(digit.value) - 49], for: track)
    case .escape, .character("P"), .character("q"): overlay = nil
    case .control("c"): overlay = .quit
    case .control("l"): return [.redraw]
    case .control("z"): return [.suspend]
    default: break
    }
    return []
  }
}

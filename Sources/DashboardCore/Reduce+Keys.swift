import TrainingEvents

extension DashboardState {
  /// Takes in a key press.
  mutating func press(_ key: DashboardKey) -> [DashboardEffect] {
    isFirstRun = false
    // Nothing is lost yet, so nothing is asked.
    if loading != nil, key == .control("c") { return [.quit(.interrupted)] }
    switch overlay {
    case .quit: return pressInQuitDialog(key)
    case .precision(let marked): return pressInPrecisionPicker(key, marked: marked)
    case .lossyPrecision(let lane, let precision): return pressInLossyDialog(key, lane, precision)
    case .themes(let before): return pressInThemeList(key, before: before)
    case .options(let marked): return pressInOptions(key, marked: marked)
    case .export: return pressInExport(key)
    case .line(let line): return press(key, in: line)
    case .help(let page):
      let pages = HelpOverlay.pages(width: width, height: height)
      if page + 1 < pages, [.character("?"), .character(" "), .pageDown, .down, .right].contains(key) {
        overlay = .help(page: page + 1)
        return []
      }
      if page > 0, [.pageUp, .up, .left].contains(key) {
        overlay = .help(page: page - 1)
        return []
      }
      return closeAndPress(key, unless: .help)
    case .summary: return closeAndPress(key, unless: .summary)
    case .diagnosis(let lane, let attempt): return pressInDiagnosis(key, lane, attempt: attempt)
    case nil:
      return KeyTable.command(for: key).map { perform($0) } ?? []
    }
  }

  /// Any key closes a page that is only read, and those that mean something do what they mean.
  mutating func closeAndPress(_ key: DashboardKey, unless opener: KeyCommand) -> [DashboardEffect] {
    let command = KeyTable.command(for: key)
    // Drawing again is no reason to close what is drawn.
    if command == .redraw { return perform(.redraw) }
    overlay = nil
    if key == .enter || command == .cancel || command == opener { return [] }
    return command.map { perform($0) } ?? []
  }

  mutating func perform(_ command: KeyCommand) -> [DashboardEffect] {
    switch command {
    case .quit:
      // Leaving a recorded run loses nothing.
      guard isTraining, replay == nil else { return [.quit(.asTheRunEnded)] }
      overlay = .quit
    case .help: overlay = .help(page: 0)
    case .options: overlay = .options(0)
    case .export: overlay = .export
    case .copy:
      guard lastAttempt != nil else {
        show(hint: "no step yet to copy")
        return []
      }
      return [.copy(RunTable.copyText(self))]
    case .toggleMouse:
      hasMouse.toggle()
      show(hint: hasMouse ? "the mouse is ours again" : "the terminal has the mouse: select text; m takes it back")
      return [.setMouse(hasMouse)]
    case .replayBack, .replayForward, .replaySlower, .replayFaster:
      guard replay != nil else {
        show(hint: "only a recorded run can be moved through: ampscope replay FILE")
        return []
      }
      switch command {
      case .replayBack: return [.replay(.move(-0.05))]
      case .replayForward: return [.replay(.move(0.05))]
      case .replaySlower: return [.replay(.changeSpeed(0.5))]
      default: return [.replay(.changeSpeed(2))]
      }
    case .typeCommand: overlay = .line(TypedLine(kind: .command))
    case .typeFilter: overlay = .line(TypedLine(kind: .filter, text: logFilter))
    case .summary:
      if summary != nil { overlay = .summary } else { show(hint: "the summary comes when the run is over") }
    case .drillDown: drillDown()
    case .cancel: if cursor != nil { cursor = nil } else { zoomedPane = nil }
    case .redraw: return [.redraw]
    case .suspend: return [.suspend]
    case .nextTheme: moveTheme(by: 1)
    case .pickTheme: if !themes.isEmpty { overlay = .themes(before: themeIndex) }
    case .nextPrecision, .pickPrecision, .pause, .singleStep, .toggleSchedule: return control(command)
    case .smoothLess, .smoothMore, .toggleLogAxis, .toggleLogProgress, .nextUnit, .nextLossView, .zoomIn, .zoomOut,
      .showAll, .panLeft, .panRight, .cursor, .cursorLeft, .cursorRight, .nextEvent, .previousEvent:
      adjustCharts(command)
    case .nextTensorKind, .nextNumericsView, .whatIfFormat, .whatIfLarger, .whatIfSmaller, .toggleDetails,
      .toggleKeepFP32:
      return performInNumerics(command)
    default: move(command)
    }
    return []
  }

  // MARK: - Training

  private mutating func control(_ command: KeyCommand) -> [DashboardEffect] {
    if replay != nil {
      switch command {
      case .pause: return [.replay(.togglePause)]
      case .singleStep: return [.replay(.step)]
      default:
        show(hint: "this run was recorded: it cannot be changed any more")
        return []
      }
    }
    guard isTraining else {
      show(hint: lanes.isEmpty ? "the session has not started yet" : "the run is over")
      return []
    }
    switch command {
    case .nextPrecision:
      guard let track = focusedTrack else { return [] }
      return request(nextPrecision(of: track), for: track)
    case .pickPrecision:
      guard let track = focusedTrack else { return [] }
      overlay = .precision(knownPrecisions.firstIndex(of: track.pendingPrecision ?? track.precision) ?? 0)
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

  private mutating func pressInOptions(_ key: DashboardKey, marked: Int) -> [DashboardEffect] {
    let settings = Setting.allCases
    let setting = settings[min(max(marked, 0), settings.count - 1)]
    switch key {
    case .up, .backTab, .character("k"): overlay = .options((marked + settings.count - 1) % settings.count)
    case .down, .tab, .character("j"): overlay = .options((marked + 1) % settings.count)
    case .left, .character("h"), .right, .character("l"), .enter, .character(" "):
      step(setting, by: key == .left || key == .character("h") ? -1 : 1)
      return setting == .mouse ? [.setMouse(hasMouse)] : []
    case .character("s"): return [.saveSettings]
    case .escape, .character("O"), .character("q"), .function(2): overlay = nil
    case .control("c"): overlay = .quit
    case .control("l"): return [.redraw]
    case .control("z"): return [.suspend]
    default: break
    }
    return []
  }

  private mutating func pressInExport(_ key: DashboardKey) -> [DashboardEffect] {
    let formats = ExportFormat.allCases
    switch key {
    case .character("a"):
      overlay = nil
      return formats.map { .export($0) }
    case .character(let digit) where digit.value >= 49 && digit.value < 49 + UInt32(formats.count):
      overlay = nil
      return [.export(formats[Int(digit.value) - 49])]
    case .control("c"): overlay = .quit
    case .control("l"): return [.redraw]
    case .control("z"): return [.suspend]
    default: overlay = nil
    }
    return []
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
}

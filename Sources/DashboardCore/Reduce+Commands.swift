import TrainingEvents

/// Carries commands of the command line out.
extension DashboardState {
  mutating func run(_ words: [String]) -> [DashboardEffect] {
    let name = words[0]
    guard let command = CommandTable.command(named: name) else {
      return refuse("no command \"\(name)\"\(NearestName.hint(for: name, among: CommandTable.commands.map(\.name)))")
    }
    let arguments = Array(words.dropFirst())
    switch (name, arguments.first) {
    case ("help", _): overlay = .help(page: 0)
    case ("quit", _): return perform(.quit)
    case ("copy", _): return perform(.copy)
    case ("save", _): return [.saveSettings]
    case ("pause", _), ("resume", _), ("step", _), ("stop", _): return control(name)
    case ("filter", _):
      logFilter = arguments.joined(separator: " ")
      logScroll = 0
    case ("lr", let rate?): return setLearningRate(rate, lane: arguments.dropFirst().first)
    case ("precision", let precision?): return setPrecision(precision, lane: arguments.dropFirst().first)
    case ("schedule", let schedule?): return setSchedule(schedule)
    case ("keep", _?), ("unkeep", _?), ("scaler", _?), ("scale", _?), ("fault", _?), ("numerics", _?), ("what-if", _?):
      return runPrecisionCommand(name, arguments)
    case ("add", _?), ("clone", _), ("drop", _), ("batch", _?), ("clip", _?): return runLaneCommand(name, arguments)
    case ("target", nil): lossTarget = nil
    case ("target", let loss?):
      guard let number = Double(loss), number.isFinite, number > 0 else {
        return refuse("target wants a loss above 0, found \"\(loss)\"")
      }
      lossTarget = number
    case ("goto", let attempt?):
      guard let number = Int(attempt), number >= 0, let last = lastAttempt else {
        return refuse("goto wants the number of an attempt, found \"\(attempt)\"")
      }
      placeCursor(min(number, last))
    case ("zoom", "all"): window = .all
    case ("zoom", let length?):
      guard let number = Double(length), number > 0, number.isFinite else {
        return refuse("zoom wants a length in \(progressUnit.label) or \"all\", found \"\(length)\"")
      }
      window = number < progress(in: progressUnit) ? .newest(number) : .all
    case ("export", let format?):
      guard let format = ExportFormat(rawValue: format) else {
        let hint = NearestName.hint(for: format, among: ExportFormat.allCases.map(\.rawValue))
        return refuse("no format \"\(format)\"\(hint)")
      }
      return [.export(format)]
    case ("pane", let title?):
      guard let pane = Pane.allCases.first(where: { $0.commandName == title }) else {
        return refuse("no pane \"\(title)\"\(NearestName.hint(for: title, among: Pane.allCases.map(\.commandName)))")
      }
      return perform(.togglePane(pane))
    case ("set", let setting?):
      guard let known = Setting(rawValue: setting) else {
        let hint = NearestName.hint(for: setting, among: Setting.allCases.map(\.rawValue))
        return refuse("no setting \"\(setting)\"\(hint)")
      }
      guard arguments.count > 1 else { return refuse("\(setting) is \(text(of: known))") }
      return change(known, to: arguments[1])
    case ("theme", let value?): return change(.theme, to: value)
    case ("view", let value?): return change(.lossView, to: value)
    case ("x-axis", let value?): return change(.xAxis, to: value)
    case ("preset", let value?): return change(.panes, to: value)
    case ("mouse", let value?): return change(.mouse, to: value)
    default: return refuse("\(name) wants \(command.arguments.map(\.placeholder).joined(separator: " "))")
    }
    return []
  }

  /// Changes a setting and tells the terminal where that concerns it.
  mutating func change(_ setting: Setting, to value: String) -> [DashboardEffect] {
    if let problem = set(setting, to: value) { return refuse(problem) }
    return setting == .mouse ? [.setMouse(hasMouse)] : []
  }

  // MARK: - Training

  private mutating func control(_ name: String) -> [DashboardEffect] {
    if replay != nil { return refuse("a recorded run is moved through by Space, s, comma, dot and brackets") }
    guard isTraining else { return refuse("the run is over, or has not begun") }
    switch name {
    case "pause":
      isPausePending = !isPaused
      return [.send(.pause)]
    case "resume":
      isPausePending = false
      return [.send(.resume)]
    case "step": return perform(.singleStep)
    default:
      show(hint: "stopping: the final evaluation follows")
      return [.send(.stop)]
    }
  }

  func track(named name: String?) -> LaneTrack? {
    guard let name else { return focusedTrack }
    return lanes.first { $0.lane.description.lowercased() == name.lowercased() }
  }

  private mutating func setLearningRate(_ text: String, lane: String?) -> [DashboardEffect] {
    if let trainingRefusal { return refuse(trainingRefusal) }
    guard let rate = Double(text), rate > 0, rate.isFinite else {
      return refuse("a learning rate is a number above 0, found \"\(text)\"")
    }
    guard let lane else { return [.send(.setLearningRate(nil, rate))] }
    guard let track = track(named: lane) else { return refuse("there is no lane \(lane)") }
    return [.send(.setLearningRate(track.lane, rate))]
  }

  private mutating func setPrecision(_ text: String, lane: String?) -> [DashboardEffect] {
    if let trainingRefusal { return refuse(trainingRefusal) }
    guard let precision = knownPrecisions.first(where: { $0.rawValue == text }) else {
      return refuse("no precision \"\(text)\"\(NearestName.hint(for: text, among: precisionChoices.map(\.rawValue)))")
    }
    guard let track = track(named: lane) else { return refuse("there is no lane \(lane ?? "")") }
    return choose(precision, for: track)
  }

  private mutating func setSchedule(_ text: String) -> [DashboardEffect] {
    if let trainingRefusal { return refuse(trainingRefusal) }
    guard let wanted = Schedule(rawValue: text) else {
      return refuse("no schedule \"\(text)\"\(NearestName.hint(for: text, among: Schedule.allCases.map(\.rawValue)))")
    }
    pendingSchedule = wanted == schedule ? nil : wanted
    return [.send(.setSchedule(wanted))]
  }
}

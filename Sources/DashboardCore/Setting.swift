/// Everything about the look of the dashboard that can be changed while it runs, and saved.
///
/// The one list: the options menu, `:set` and the settings file are written from it.
enum Setting: String, CaseIterable, Sendable, Hashable {
  case theme
  case xAxis = "x-axis"
  case xScale = "x-scale"
  case yAxis = "y-axis"
  case lossView = "loss-view"
  case smoothing
  case panes
  case leftShare = "left-share"
  case mouse

  /// What it does, for the options menu.
  var help: String {
    switch self {
    case .theme: "colours"
    case .xAxis: "what charts count"
    case .xScale: "how that is spread"
    case .yAxis: "loss axis"
    case .lossView: "how the lanes' losses are drawn"
    case .smoothing: "weight of the past in the average"
    case .panes: "which panes are shown"
    case .leftShare: "width of the left column in percent"
    case .mouse: "on: ours, off: the terminal selects text"
    }
  }
}

/// Panes that are shown together.
enum Preset: String, CaseIterable, Sendable, Hashable {
  case standard, all, curves, speed, race, numerics, loss

  var panes: Set<Pane> {
    switch self {
    case .standard: Set(Pane.allCases).subtracting([.race, .numerics])
    case .all: Set(Pane.allCases)
    case .curves: [.loss, .lossScale, .log]
    case .speed: [.loss, .speedup, .stepTime, .memory]
    case .race: [.loss, .speedup, .race, .stepTime, .log]
    case .numerics: [.numerics, .lossScale, .log]
    case .loss: [.loss]
    }
  }
}

extension DashboardState {
  /// A setting's value as text, in the spelling that `set` takes.
  func text(of setting: Setting) -> String {
    switch setting {
    case .theme: theme.name
    case .xAxis: progressUnit.rawValue
    case .xScale: hasLogProgress ? "log" : "linear"
    case .yAxis: hasLogAxis ? "log" : "linear"
    case .lossView: lossView.rawValue
    case .smoothing: Format.fixed(smoothing.weight, decimals: 3)
    case .panes:
      Preset.allCases.first { $0.panes == shownPanes }?.rawValue
        ?? shownPanes.map(\.rawValue).sorted().reduce("") { $0 + "\($1)" }
    case .leftShare: "\(leftShare)"
    case .mouse: hasMouse ? "on" : "off"
    }
  }

  /// The values that a setting can take, in order.
  func choices(of setting: Setting) -> [String] {
    switch setting {
    case .theme: themes.map(\.theme.name)
    case .xAxis: ProgressUnit.allCases.map(\.rawValue)
    case .xScale, .yAxis: ["linear", "log"]
    case .lossView: LossView.allCases.map(\.rawValue)
    case .smoothing: Smoothing.weights.map { Format.fixed($0, decimals: 3) }
    case .panes: Preset.allCases.map(\.rawValue)
    case .leftShare: stride(from: 30, through: 75, by: 5).map { "\($0)" }
    case .mouse: ["on", "off"]
    }
  }

  var shownPanes: Set<Pane> { Set(Pane.allCases).subtracting(hiddenPanes) }

  /// Changes a setting to a value as text; the reason where there is no such value.
  mutating func set(_ setting: Setting, to value: String) -> String? {
    switch setting {
    case .smoothing:
      guard let weight = Double(value), let index = Smoothing.index(nearest: weight) else {
        return "smoothing is a number from 0 to 0.995, found \"\(value)\""
      }
      setSmoothing(Smoothing(index: index))
      return nil
    case .leftShare:
      guard let share = Int(value) else { return "left-share is a percentage, found \"\(value)\"" }
      leftShare = min(max(share, Layout.shares.lowerBound), Layout.shares.upperBound)
      return nil
    case .panes:
      if let preset = Preset(rawValue: value) {
        show(preset.panes)
        return nil
      }
      let digits = value.compactMap { $0.wholeNumberValue.flatMap { Pane(rawValue: $0) } }
      if !digits.isEmpty, digits.count == value.count {
        show(Set(digits))
        return nil
      }
    default: break
    }
    guard let index = choices(of: setting).firstIndex(of: value) else {
      return "no \(setting.rawValue) \"\(value)\"\(NearestName.hint(for: value, among: choices(of: setting)))"
    }
    switch setting {
    case .theme: themeIndex = index
    case .xAxis: setUnit(ProgressUnit.allCases[index])
    case .xScale: hasLogProgress = value == "log"
    case .yAxis: hasLogAxis = value == "log"
    case .lossView: lossView = LossView.allCases[index]
    case .mouse: hasMouse = value == "on"
    case .smoothing, .panes, .leftShare: break
    }
    return nil
  }

  /// Moves a setting to a neighbouring value.
  mutating func step(_ setting: Setting, by step: Int) {
    let choices = choices(of: setting)
    guard !choices.isEmpty else { return }
    let current = choices.firstIndex(of: text(of: setting)) ?? (step > 0 ? -1 : choices.count)
    _ = set(setting, to: choices[((current + step) % choices.count + choices.count) % choices.count])
  }

  /// Shows these panes and hides the others; the numerics pane takes keys of its own and is focused when it appears.
  mutating func show(_ panes: Set<Pane>) {
    let isNew = panes.contains(.numerics) && hiddenPanes.contains(.numerics)
    hiddenPanes = Set(Pane.allCases).subtracting(panes)
    if let zoomed = zoomedPane, hiddenPanes.contains(zoomed) { zoomedPane = nil }
    if case .pane(let pane) = focus, hiddenPanes.contains(pane) { focus = .lane }
    if isNew { focus = .pane(.numerics) }
  }
}

import TrainingEvents

/// What an argument of a command can be, for completion.
enum CommandArgument: Sendable, Hashable {
  case theme, setting, value, lane, precision, schedule, unit, view, preset, pane, exportFormat, onOff
  case layer, keptPattern, scaler, fault, interval, format, clipping
  /// A number or a text, which cannot be completed.
  case free(String)

  /// How the argument is written in help.
  var placeholder: String {
    switch self {
    case .theme: "THEME"
    case .setting: "SETTING"
    case .value: "VALUE"
    case .lane: "LANE"
    case .precision: "PRECISION"
    case .schedule: "SCHEDULE"
    case .unit: "UNIT"
    case .view: "VIEW"
    case .preset: "PRESET"
    case .pane: "PANE"
    case .exportFormat: "FORMAT"
    case .onOff: "on|off"
    case .layer: "PATTERN"
    case .keptPattern: "PATTERN|all"
    case .scaler: "NAME"
    case .fault: "FAULT"
    case .interval: "N|off"
    case .format: "FORMAT"
    case .clipping: "NORM|off"
    case .free(let name): name
    }
  }
}

/// A command of the command line.
struct TypedCommand: Sendable, Hashable {
  var name: String
  var arguments: [CommandArgument]
  var help: String
}

/// The commands of the command line, and what completes them.
enum CommandTable {
  static let commands: [TypedCommand] = [
    TypedCommand(name: "add", arguments: [.precision], help: "a lane from the first weights"),
    TypedCommand(name: "batch", arguments: [.free("SAMPLES"), .lane], help: "samples of a step, of a lane or of all"),
    TypedCommand(name: "clip", arguments: [.clipping, .lane], help: "clip a lane's gradients to a norm"),
    TypedCommand(name: "clone", arguments: [.precision, .lane], help: "a lane that goes on from where another is"),
    TypedCommand(name: "copy", arguments: [], help: "copy what c copies"),
    TypedCommand(name: "drop", arguments: [.lane], help: "take a lane out"),
    TypedCommand(name: "export", arguments: [.exportFormat], help: "write a file into the working directory"),
    TypedCommand(
      name: "fault", arguments: [.fault], help: "break something: nan:LAYER@ATTEMPT, lr*FACTOR, scale=VALUE, /LANE"),
    TypedCommand(name: "filter", arguments: [.free("TEXT")], help: "show events that hold a text; none shows all"),
    TypedCommand(name: "goto", arguments: [.free("ATTEMPT")], help: "put the cursor on an attempt"),
    TypedCommand(name: "help", arguments: [], help: "all keys"),
    TypedCommand(name: "keep", arguments: [.layer, .lane], help: "keep layers in fp32; * and ? allowed"),
    TypedCommand(name: "lr", arguments: [.free("RATE"), .lane], help: "learning rate of a lane, or of all"),
    TypedCommand(name: "mouse", arguments: [.onOff], help: "on: ours, off: the terminal selects text"),
    TypedCommand(name: "numerics", arguments: [.interval], help: "look at every element once in N attempts"),
    TypedCommand(name: "pane", arguments: [.pane], help: "show or hide a pane"),
    TypedCommand(name: "pause", arguments: [], help: "hold all lanes"),
    TypedCommand(name: "precision", arguments: [.precision, .lane], help: "of a lane, or of the focused one"),
    TypedCommand(name: "preset", arguments: [.preset], help: "panes that belong together"),
    TypedCommand(name: "quit", arguments: [], help: "as q"),
    TypedCommand(name: "resume", arguments: [], help: "go on"),
    TypedCommand(name: "save", arguments: [], help: "save the settings"),
    TypedCommand(name: "scale", arguments: [.free("SCALE"), .lane], help: "set the loss scale, as 65536 or 2^16"),
    TypedCommand(name: "scaler", arguments: [.scaler, .lane], help: "give a lane another loss scaler"),
    TypedCommand(name: "schedule", arguments: [.schedule], help: "how lanes share the device"),
    TypedCommand(name: "set", arguments: [.setting, .value], help: "change a setting"),
    TypedCommand(name: "step", arguments: [], help: "one attempt while paused"),
    TypedCommand(name: "stop", arguments: [], help: "end the run, evaluate, stay here"),
    TypedCommand(name: "target", arguments: [.free("LOSS")], help: "the race's loss; none: what all lanes reached"),
    TypedCommand(name: "theme", arguments: [.theme], help: "change the theme"),
    TypedCommand(name: "unkeep", arguments: [.keptPattern, .lane], help: "let layers go that are kept in fp32"),
    TypedCommand(name: "view", arguments: [.view], help: "overlay, split, difference"),
    TypedCommand(
      name: "what-if", arguments: [.format, .free("LOG2SCALE")], help: "see tensors in a format, at a scale; or off"),
    TypedCommand(name: "x-axis", arguments: [.unit], help: "steps, samples, time, epochs"),
    TypedCommand(name: "zoom", arguments: [.free("LENGTH")], help: "show the newest so much of the axis, or all"),
  ]

  static func command(named name: String) -> TypedCommand? { commands.first { $0.name == name } }
}

extension DashboardState {
  /// What the last word of a command line could become, in order; empty where it cannot be completed.
  func completions(of line: String) -> [String] {
    var words = line.split(separator: " ", omittingEmptySubsequences: true).map { String($0) }
    let last = line.hasSuffix(" ") || words.isEmpty ? "" : words.removeLast()
    let candidates: [String]
    if let name = words.first {
      guard let command = CommandTable.command(named: name), command.arguments.indices.contains(words.count - 1) else {
        return []
      }
      candidates = values(of: command.arguments[words.count - 1], after: words)
    } else {
      candidates = CommandTable.commands.map(\.name)
    }
    return candidates.filter { $0.lowercased().hasPrefix(last.lowercased()) }
  }

  private func values(of argument: CommandArgument, after words: [String]) -> [String] {
    switch argument {
    case .theme: choices(of: .theme)
    case .setting: Setting.allCases.map(\.rawValue)
    case .value: words.last.flatMap { Setting(rawValue: $0) }.map { choices(of: $0) } ?? []
    case .lane: lanes.map(\.lane.description)
    case .precision: precisionChoices.map(\.rawValue)
    case .schedule: Schedule.allCases.map(\.rawValue)
    case .unit: choices(of: .xAxis)
    case .view: choices(of: .lossView)
    case .preset: choices(of: .panes)
    case .pane: Pane.allCases.map(\.commandName)
    case .exportFormat: ExportFormat.allCases.map(\.rawValue)
    case .onOff: ["on", "off"]
    case .layer: focusedTrack?.numerics.layers ?? []
    case .keptPattern: (focusedTrack?.wantedOverrides.keepFP32 ?? []) + ["all"]
    case .scaler: ScalerDescription.policyNames
    case .fault: faultChoices
    case .interval: ["\(DashboardState.numericsInterval)", "off"]
    case .format: NumericFormat.allCases.map(\.rawValue) + ["off"]
    case .clipping: ["off"]
    case .free: []
    }
  }
}

extension DashboardState {
  /// What can be broken: the batch, and the layers that reports named.
  private var faultChoices: [String] {
    let layers = focusedTrack?.numerics.layers ?? []
    let tensors = ["x"] + layers + layers.map { "grad:\($0)" }
    return ["lr*", "scale="] + ["nan:", "inf:"].flatMap { value in tensors.map { value + $0 } }
  }
}

extension Pane {
  /// The title in one word.
  var commandName: String { title.split(separator: " ").joined(separator: "-") }
}

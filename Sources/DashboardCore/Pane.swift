/// The panes of the dashboard, in the order of their digits.
public enum Pane: Int, CaseIterable, Sendable, Hashable {
  /// Loss of all lanes, overlaid.
  case loss = 1
  /// Loss scale on a log2 axis.
  case lossScale
  /// Step time and where it goes.
  case stepTime
  /// Memory by category.
  case memory
  /// The speedup in large digits.
  case speedup
  /// The event log.
  case log
  /// How far the lanes came in the same time, and when they reached a loss.
  case race
  /// What the tensors of the focused lane hold.
  case numerics

  /// The digit that shows and hides it, raised.
  var digit: String {
    switch self {
    case .loss: "¹"
    case .lossScale: "²"
    case .stepTime: "³"
    case .memory: "⁴"
    case .speedup: "⁵"
    case .log: "⁶"
    case .race: "⁷"
    case .numerics: "⁸"
    }
  }

  /// Title in the border.
  var title: String {
    switch self {
    case .loss: "loss"
    case .lossScale: "loss scale"
    case .stepTime: "step time"
    case .memory: "memory"
    case .speedup: "speedup"
    case .log: "events"
    case .race: "race"
    case .numerics: "numerics"
    }
  }
}

/// What Tab moves between: lanes first, then panes.
public enum Focus: Sendable, Hashable {
  /// The lane that precision keys act on.
  case lane
  /// The pane that `z` enlarges.
  case pane(Pane)
}

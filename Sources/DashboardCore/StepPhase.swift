import TrainingEvents

/// The phases that a step's time is split into, in the order in which they are drawn.
enum StepPhase: Int, CaseIterable {
  case forward, backward, optimizer, cast, data, numerics, idle

  /// Short name for labels.
  var label: String {
    switch self {
    case .forward: "forward"
    case .backward: "backward"
    case .optimizer: "optim"
    case .cast: "cast"
    case .data: "data"
    case .numerics: "numerics"
    case .idle: "idle"
    }
  }

  /// Three or four letters, where there is no room for more.
  var shortLabel: String {
    switch self {
    case .forward: "fwd"
    case .backward: "bwd"
    case .optimizer: "opt"
    case .cast: "cast"
    case .data: "data"
    case .numerics: "num"
    case .idle: "idle"
    }
  }

  /// Fills the phase's part of a bar where there are no colours.
  var pattern: Unicode.Scalar {
    switch self {
    case .forward: "█"
    case .backward: "▓"
    case .optimizer: "▒"
    case .cast: "░"
    case .data: "═"
    case .numerics: "━"
    case .idle: "·"
    }
  }

  /// Milliseconds of the phase.
  func milliseconds(in times: PhaseTimes) -> Double {
    switch self {
    case .forward: times.forward
    case .backward: times.backward
    case .optimizer: times.optimizer
    case .cast: times.cast
    case .data: times.data
    case .numerics: times.numerics ?? 0
    case .idle: times.idle
    }
  }
}

/// The owners of memory, in the order in which they are drawn.
enum MemoryCategory: Int, CaseIterable {
  case parameters, masters, lowPrecisionCopies, gradients, optimizerState, activations, workspace

  /// Name for labels.
  var label: String {
    switch self {
    case .parameters: "parameters"
    case .masters: "masters"
    case .lowPrecisionCopies: "16-bit copies"
    case .gradients: "gradients"
    case .optimizerState: "optimizer"
    case .activations: "activations"
    case .workspace: "workspace"
    }
  }

  /// At most six letters, where there is no room for more.
  var shortLabel: String {
    switch self {
    case .parameters: "param"
    case .masters: "master"
    case .lowPrecisionCopies: "copy"
    case .gradients: "grad"
    case .optimizerState: "opt"
    case .activations: "act"
    case .workspace: "work"
    }
  }

  /// Fills the category's part of a bar where there are no colours.
  var pattern: Unicode.Scalar {
    switch self {
    case .parameters: "█"
    case .masters: "━"
    case .lowPrecisionCopies: "═"
    case .gradients: "▒"
    case .optimizerState: "░"
    case .activations: "▓"
    case .workspace: "·"
    }
  }

  /// Bytes of all categories; the largest integer where the sum has no room in one, as only a damaged file has it.
  static func total(of breakdown: MemoryBreakdown) -> Int {
    allCases.reduce(0) { sum, category in
      let (next, overflows) = sum.addingReportingOverflow(category.bytes(in: breakdown))
      return overflows ? Int.max : next
    }
  }

  /// Bytes of the category.
  func bytes(in breakdown: MemoryBreakdown) -> Int {
    switch self {
    case .parameters: breakdown.parameters
    case .masters: breakdown.masters
    case .lowPrecisionCopies: breakdown.lowPrecisionCopies
    case .gradients: breakdown.gradients
    case .optimizerState: breakdown.optimizerState
    case .activations: breakdown.activations
    case .workspace: breakdown.workspace
    }
  }
}

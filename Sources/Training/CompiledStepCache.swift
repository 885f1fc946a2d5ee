import TrainingEvents

/// Compiled steps of the policies that ran last, so that toggling between them compiles nothing.
///
/// An executable holds kernels but no tensors; live edits of layers would gather them without end.
struct CompiledStepCache {
  /// Policies that are remembered.
  static let capacity = 12
  /// Oldest use first.
  private var steps: [CompiledStep] = []

  /// The step of a policy, batch and clipping; nil where it is not remembered.
  subscript(_ policy: PrecisionPolicy, _ configuration: Trainer.Configuration) -> CompiledStep? {
    steps.last { $0.isFor(policy, configuration) }
  }

  /// Remembers a step as the one used last.
  mutating func insert(_ step: CompiledStep) {
    steps.removeAll { $0.isFor(step.policy, step.configuration) }
    steps.append(step)
    if steps.count > Self.capacity { steps.removeFirst() }
  }
}

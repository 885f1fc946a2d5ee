import BackendAPI
import GraphCompiler
import TrainingEvents

/// Bytes of a lane by owner, from the layout of the persistent state and the plan of the arena.
///
/// The parts add up to the peak: what the arena has beyond the bytes in use at its peak (gaps), and what alignment adds
/// to the state, counts as workspace.
func memoryBreakdown(layout: StateLayout, plan: MemoryPlan) -> MemoryBreakdown {
  let parameters = layout.byteCount(of: .parameter) + layout.byteCount(of: .statistic)
  let optimizer = layout.byteCount(of: .optimizer)
  let gaps = plan.arenaBytes - plan.lowerBound + layout.byteCount - parameters - optimizer
  return MemoryBreakdown(
    parameters: parameters, lowPrecisionCopies: plan.peakByOwner[.lowPrecisionCopy] ?? 0,
    gradients: plan.peakByOwner[.gradient] ?? 0, optimizerState: optimizer,
    activations: plan.peakByOwner[.activation] ?? 0, workspace: (plan.peakByOwner[.workspace] ?? 0) + gaps)
}

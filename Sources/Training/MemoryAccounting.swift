import BackendAPI
import GraphCompiler
import GraphIR
public import TrainingEvents

/// What a training step takes, as planned, in bytes.
public struct PlannedMemory: Sendable, Hashable {
  /// By owner, at the peak.
  public var bytes: MemoryBreakdown
  /// At the peak: persistent state and arena.
  public var peak: Int
  /// What the same buffers would take without sharing.
  public var unshared: Int
  /// Activations that the formats of the operations imply (`Graph.impliedActivationBytes`).
  public var impliedActivations: Int
  /// Most activations in use at one time, which need not be that of the peak.
  public var mostActivations: Int

  init(_ executable: any Executable, layout: StateLayout, policy: PrecisionPolicy) {
    let plan = executable.plan
    bytes = memoryBreakdown(executable, layout: layout, policy: policy)
    peak = layout.byteCount + plan.arenaBytes
    unshared = layout.byteCount + plan.unsharedBytes
    impliedActivations = executable.graph.impliedActivationBytes
    mostActivations = plan.mostByOwner[.activation] ?? 0
  }
}

/// Bytes of a lane by owner, from the layout of the persistent state and the plan of the arena.
///
/// Under autocast the fp32 parameters are the parameters, and their 16-bit copies an owner of their own. Where the model
/// as a whole is 16 bits (O2) the copies are the parameters, and what they are rounded from are the masters.
/// The parts add up to the peak: what the arena has beyond the bytes in use at its peak (gaps), and what alignment adds
/// to the state, counts as workspace.
func memoryBreakdown(_ executable: any Executable, layout: StateLayout, policy: PrecisionPolicy) -> MemoryBreakdown {
  let plan = executable.plan
  var parameters = layout.byteCount(of: .parameter) + layout.byteCount(of: .statistic)
  let optimizer = layout.byteCount(of: .optimizer)
  let gaps = plan.arenaBytes - plan.lowerBound + layout.byteCount - parameters - optimizer
  var copies = plan.peakByOwner[.lowPrecisionCopy] ?? 0
  var masters = 0
  if !policy.mode.isAutocast, policy.hasMasterWeights {
    masters = executable.graph.copiedParameters.reduce(0) { $0 + (layout[$1]?.byteCount ?? 0) }
    parameters += copies - masters
    copies = 0
  }
  return MemoryBreakdown(
    parameters: parameters, masters: masters, lowPrecisionCopies: copies,
    gradients: plan.peakByOwner[.gradient] ?? 0, optimizerState: optimizer,
    activations: plan.peakByOwner[.activation] ?? 0, workspace: (plan.peakByOwner[.workspace] ?? 0) + gaps)
}

extension Graph {
  /// Names of the parameters that have a 16-bit copy.
  var copiedParameters: Set<String> {
    var names = Set<String>()
    for value in values {
      if case .lowPrecisionCopy(let name) = value.origin { names.insert(name) }
    }
    return names
  }
}

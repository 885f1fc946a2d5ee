import BackendAPI
import CKernels
import GraphIR
import TensorCore

/// What a commit leaves for the executable to report.
final class CommitScratch {
  var skip: StepOutcome.Skip?
  var gradNorm = 0.0
}

/// Kernel of the end of a step. One transaction:
///
/// 1. One pass over every gradient: non-finite elements, norm and largest magnitude of the unscaled values.
/// 2. Judge. A non-finite loss, a non-finite gradient or a non-finite reciprocal of the scale skips the step; so does a
///    pending statistic that is not finite, and an update that would write a non-finite weight or state.
/// 3. Skip: the scaler backs off (for an update it stays), nothing else changes. Commit: update every parameter with its
///    16-bit copy, take over statistics, count the step, let the scaler grow.
///
/// That an update cannot overflow is proved from bounds (`UpdateBound`); only where the proof fails, the update runs
/// once without writing.
extension KernelContext {
  func commit(_ attributes: CommitAttributes) -> Kernel {
    let threads = threads
    let graph = graph
    let inputs = node.inputs
    return own { place in
      let states = attributes.optimizer.stateNames
      var targets: [UpdateTarget] = []
      for (index, name) in attributes.parameters.enumerated() {
        let gradient = graph[inputs[1 + index]].type
        targets.append(
          UpdateTarget(
            weight: try place.entry(name), gradient: place.inputs[1 + index],
            gradientType: gradient.dtype.kernelType,
            states: try states.map { try place.entry(StateLayout.optimizerEntry($0, of: name)) },
            copy: try attributes.copies[index].map(place.address),
            copyType: attributes.copies[index].map { graph[$0].type.dtype.kernelType } ?? AMP_F32,
            count: gradient.shape.count))
      }
      var statistics: [StatisticTarget] = []
      for (index, name) in attributes.statistics.enumerated() {
        let operand = 1 + attributes.parameters.count + index
        statistics.append(
          StatisticTarget(
            pending: place.inputs[operand], committed: try place.entry(name),
            count: graph[inputs[operand]].type.shape.count))
      }
      let transaction = CommitTransaction(
        optimizer: attributes.optimizer, threads: threads, loss: place.inputs[0], targets: targets,
        statistics: statistics)
      return { transaction.run($0) }
    }
  }
}

/// A parameter with all that its update reads and writes.
struct UpdateTarget {
  var weight: Address
  var gradient: Address
  var gradientType: amp_dtype
  var states: [Address]
  var copy: Address?
  var copyType: amp_dtype
  var count: Int
}

/// A running statistic and the value that waits to be committed.
struct StatisticTarget {
  var pending: Address
  var committed: Address
  var count: Int
}

import BackendAPI
import CKernels
import GraphIR
import TensorCore

/// What the end of a step leaves for the executable to report.
final class CommitScratch {
  var skip: StepOutcome.Skip?
  var gradNorm = 0.0
  /// The parameter or statistic that could not be updated.
  var culprit: String?
  /// Time of the optimizer phase that went into looking at tensors.
  var numericsNanoseconds: Int64 = 0
  let watch: TensorWatch

  init(watch: TensorWatch) { self.watch = watch }

  func reset() {
    skip = nil
    gradNorm = 0
    culprit = nil
    numericsNanoseconds = 0
  }
}

/// Kernels of the end of a step:
///
/// 1. `unscale`: one pass over every gradient finds non-finite elements, norm and largest magnitude of the unscaled values.
/// 2. `clip`: writes into the verdict how `commit` limits what it reads.
/// 3. `commit`: judges. A non-finite loss, a non-finite gradient or a non-finite reciprocal of the scale skips the step; so
///    does a pending statistic that is not finite, and an update that would write a non-finite weight or state. A skip
///    lets the scaler back off (for an update it stays) and changes nothing else. Otherwise every parameter is updated
///    with its 16-bit copy, statistics are taken over, the step is counted, and the scaler may grow.
///
/// That an update cannot overflow is proved from bounds (`UpdateBound`); only where the proof fails, the update runs
/// once without writing.
extension KernelContext {
  /// Gradients → verdict.
  func unscale() -> Kernel {
    let threads = threads
    let types = node.inputs.map { graph[$0].type }
    return own { place in
      let gradients = zip(place.inputs, types).map { ($0, $1.dtype.kernelType, $1.shape.count) }
      return { context in
        let inverseScale = context.host.control.scaler?.inverseScale ?? 1
        var (nonFinite, sumOfSquares, largest) = (UInt64(0), 0.0, Float(0))
        let isWatched = context.scratch.watch.inspection != .none
        for (number, (gradient, dtype, count)) in gradients.enumerated() {
          var found = amp_gradient_statistics()
          amp_gradient_scan(threads, dtype, gradient.pointer(context), count, inverseScale, &found)
          nonFinite += found.non_finite
          sumOfSquares += found.sum_of_squares
          largest = max(largest, found.largest)
          if isWatched {
            let began = now()
            context.scratch.watch.look(atGradient: number, found, context)
            context.scratch.numericsNanoseconds += now() - began
          }
        }
        // Infinite where an element is not finite, as torch's norm would be infinite or NaN.
        let norm = nonFinite > 0 ? .infinity : sumOfSquares.squareRoot()
        context.scratch.gradNorm = norm
        let verdict = place.outputs[0].floats(context)
        verdict[GradientVerdict.foundInf] = nonFinite > 0 || !inverseScale.isFinite ? 1 : 0
        verdict[GradientVerdict.norm] = Float(norm)
        verdict[GradientVerdict.largest] = largest
        verdict[GradientVerdict.inverseScale] = inverseScale
        verdict[GradientVerdict.clipFactor] = 1
        verdict[GradientVerdict.clipValue] = .infinity
      }
    }
  }

  /// Verdict → verdict.
  func clip(_ clipping: GradientClipping) -> Kernel {
    own { place in
      { context in
        let (source, verdict) = (place.inputs[0].floats(context), place.outputs[0].floats(context))
        verdict.update(from: source, count: GradientVerdict.count)
        // A clipping before this one has already made the gradients smaller.
        let factor = verdict[GradientVerdict.clipFactor]
        verdict[GradientVerdict.clipFactor] =
          factor * Float(clipping.factor(norm: Double(verdict[GradientVerdict.norm]) * Double(factor)))
        if case .value(let maximum) = clipping {
          verdict[GradientVerdict.clipValue] = min(verdict[GradientVerdict.clipValue], maximum)
        }
      }
    }
  }

  func commit(_ attributes: CommitAttributes) -> Kernel {
    let (threads, graph, inputs) = (threads, graph, node.inputs)
    return own { place in
      let states = attributes.optimizer.stateNames
      let stored = Dictionary(uniqueKeysWithValues: graph.parameters.map { ($0.name, $0.dtype.kernelType) })
      var targets: [UpdateTarget] = []
      for (index, name) in attributes.parameters.enumerated() {
        let operand = CommitAttributes.firstGradient + index
        let gradient = graph[inputs[operand]].type
        targets.append(
          UpdateTarget(
            name: name, type: stored[name] ?? AMP_F32, weight: try place.entry(name), gradient: place.inputs[operand],
            gradientType: gradient.dtype.kernelType,
            states: try states.map { try place.entry(StateLayout.optimizerEntry($0, of: name)) },
            copy: try attributes.copies[index].map(place.address),
            copyType: attributes.copies[index].map { graph[$0].type.dtype.kernelType } ?? AMP_F32,
            count: gradient.shape.count))
      }
      var statistics: [StatisticTarget] = []
      for (index, name) in attributes.statistics.enumerated() {
        let operand = attributes.firstStatistic + index
        statistics.append(
          StatisticTarget(
            name: name, pending: place.inputs[operand], committed: try place.entry(name),
            type: stored[name] ?? AMP_F32, count: graph[inputs[operand]].type.shape.count))
      }
      let transaction = CommitTransaction(
        optimizer: attributes.optimizer, rounding: attributes.rounding, threads: threads, loss: place.inputs[0],
        verdict: place.inputs[1], targets: targets, statistics: statistics)
      return { transaction.run($0) }
    }
  }
}

import BackendAPI
import CKernels
import GraphIR
import TensorCore

/// The end of a step with its addresses: see `KernelContext.commit`.
struct CommitTransaction {
  let optimizer: OptimizerKind
  let threads: Int32
  let loss: Address
  let verdict: Address
  let targets: [UpdateTarget]
  let statistics: [StatisticTarget]

  func run(_ context: borrowing CallContext) {
    let control = context.host.control
    let judged = Judged(verdict.floats(context))
    var magnitudes = control.magnitudes ?? measureMagnitudes(context)
    let skip = judge(context, judged, magnitudes: magnitudes)
    context.scratch.skip = skip
    guard skip == nil else {
      if skip != .update { context.host.control.scaler?.update(foundInf: true) }
      context.host.control.magnitudes = magnitudes
      return
    }
    let result = update(context, judged, dryRun: false)
    magnitudes = result.magnitudes
    for statistic in statistics {
      statistic.committed.pointer(context).copyMemory(
        from: statistic.pending.pointer(context), byteCount: statistic.count * DType.float32.size)
    }
    context.host.control.magnitudes = magnitudes
    context.host.control.committedSteps += 1
    context.host.control.scaler?.update(foundInf: false, largestGradient: judged.largest)
  }

  /// The verdict on the gradients.
  private struct Judged {
    let foundInf: Bool
    let largest: Float
    let inverseScale: Float
    let clipFactor: Float
    let clipValue: Float

    init(_ verdict: UnsafeMutablePointer<Float>) {
      foundInf = verdict[GradientVerdict.foundInf] != 0
      largest = verdict[GradientVerdict.largest]
      inverseScale = verdict[GradientVerdict.inverseScale]
      clipFactor = verdict[GradientVerdict.clipFactor]
      clipValue = verdict[GradientVerdict.clipValue]
    }

    /// Bound on what an update reads of any gradient.
    var largestClipped: Float { min(largest * clipFactor, clipValue) }
  }

  private func judge(
    _ context: borrowing CallContext, _ judged: Judged, magnitudes: StepControl.Magnitudes
  ) -> StepOutcome.Skip? {
    guard loss.floats(context).pointee.isFinite else { return .loss }
    guard !judged.foundInf else { return .gradient }
    for statistic in statistics {
      var found = amp_gradient_statistics()
      amp_gradient_scan(threads, AMP_F32, statistic.pending.pointer(context), statistic.count, 1, &found)
      if found.non_finite > 0 { return .update }
    }
    let bound = UpdateBound(
      optimizer: optimizer, learningRate: context.learningRate, gradient: judged.largestClipped, magnitudes: magnitudes)
    if bound.provesFinite { return nil }
    return update(context, judged, dryRun: true).nonFinite > 0 ? .update : nil
  }

  private struct UpdateResult {
    var nonFinite: UInt64 = 0
    var magnitudes = StepControl.Magnitudes(weight: 0, state: (0, 0))

    mutating func merge(_ found: amp_update_statistics) {
      nonFinite += found.non_finite
      magnitudes.weight = max(magnitudes.weight, found.largest_weight)
      magnitudes.state.first = max(magnitudes.state.first, found.largest_state.0)
      magnitudes.state.second = max(magnitudes.state.second, found.largest_state.1)
    }
  }

  private func update(_ context: borrowing CallContext, _ judged: Judged, dryRun: Bool) -> UpdateResult {
    var result = UpdateResult()
    let step = context.host.control.committedSteps + 1
    for target in targets {
      var found = amp_update_statistics()
      var tensors = target.tensors(context)
      switch optimizer {
      case .sgd(let momentum, let weightDecay, let nesterov):
        var settings = amp_sgd_settings(
          lr: context.learningRate, momentum: momentum, weight_decay: weightDecay, inverse_scale: judged.inverseScale,
          clip_factor: judged.clipFactor, clip_value: judged.clipValue, nesterov: nesterov, first_step: step == 1,
          dry_run: dryRun)
        amp_sgd_update(threads, &settings, &tensors, &found)
      case .adam(let beta1, let beta2, let eps, let weightDecay),
        .adamW(let beta1, let beta2, let eps, let weightDecay):
        var settings = amp_adam_settings(
          lr: context.learningRate, beta1: beta1, beta2: beta2, eps: eps, weight_decay: weightDecay,
          inverse_scale: judged.inverseScale, clip_factor: judged.clipFactor, clip_value: judged.clipValue, step: step,
          decoupled: optimizer.name == "adamw", dry_run: dryRun)
        amp_adam_update(threads, &settings, &tensors, &found)
      }
      result.merge(found)
    }
    return result
  }

  /// Looks once at everything an update reads, where nobody knows its size: at the start and after loading weights.
  private func measureMagnitudes(_ context: borrowing CallContext) -> StepControl.Magnitudes {
    func largest(_ address: Address, _ count: Int) -> Float {
      var found = amp_gradient_statistics()
      amp_gradient_scan(threads, AMP_F32, address.pointer(context), count, 1, &found)
      return found.non_finite > 0 ? .infinity : found.largest
    }
    var result = StepControl.Magnitudes(weight: 0, state: (0, 0))
    for target in targets {
      result.weight = max(result.weight, largest(target.weight, target.count))
      result.state.first = max(result.state.first, largest(target.states[0], target.count))
      if target.states.count > 1 {
        result.state.second = max(result.state.second, largest(target.states[1], target.count))
      }
    }
    return result
  }
}

extension UpdateTarget {
  /// What the kernel of the update reads and writes: weights and states in fp32.
  fileprivate func tensors(_ context: borrowing CallContext) -> amp_update_tensors {
    let second = states.count > 1 ? states[1].pointer(context) : nil
    return amp_update_tensors(
      storage_dtype: AMP_F32, weight: weight.pointer(context), state: (states[0].pointer(context), second),
      gradient_dtype: gradientType, gradient: gradient.pointer(context), copy_dtype: copyType,
      low_precision_copy: copy?.pointer(context), count: count, weight_rounding: AMP_ROUND_NEAREST, seed: 0, attempt: 0,
      stream: 0, count_changes: false)
  }
}

import BackendAPI
import CKernels
import GraphIR
import TensorCore

/// The end of a step with its addresses: see `KernelContext.commit`.
struct CommitTransaction {
  let optimizer: OptimizerKind
  let rounding: WeightRounding
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
    magnitudes = update(context, judged, dryRun: false).magnitudes
    for statistic in statistics {
      // Rounded to nearest where statistics are stored in 16 bits; `judge` has looked at what that makes of them.
      amp_cast(
        1, AMP_F32, statistic.pending.pointer(context), statistic.type, statistic.committed.pointer(context),
        statistic.count)
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
      if found.non_finite > 0 || found.largest >= statistic.limit {
        context.scratch.culprit = statistic.name
        return .update
      }
    }
    let bound = UpdateBound(
      optimizer: optimizer, learningRate: context.learningRate, gradient: judged.largestClipped, magnitudes: magnitudes)
    // The bound is about fp32's range, which bf16 shares.
    if bound.provesFinite, !targets.contains(where: { $0.type == AMP_F16 }) { return nil }
    let trial = update(context, judged, dryRun: true)
    context.scratch.culprit = trial.culprit
    return trial.culprit == nil ? nil : .update
  }

  private struct UpdateResult {
    /// The first parameter that would not be finite, or its state.
    var culprit: String?
    var magnitudes = StepControl.Magnitudes(weight: 0, state: (0, 0))

    mutating func merge(_ found: amp_update_statistics, of target: UpdateTarget) {
      if found.non_finite > 0, culprit == nil { culprit = target.name }
      magnitudes.weight = max(magnitudes.weight, found.largest_weight)
      magnitudes.state.first = max(magnitudes.state.first, found.largest_state.0)
      magnitudes.state.second = max(magnitudes.state.second, found.largest_state.1)
    }
  }

  private func update(_ context: borrowing CallContext, _ judged: Judged, dryRun: Bool) -> UpdateResult {
    var result = UpdateResult()
    let step = context.host.control.committedSteps + 1
    let isWatched = !dryRun && context.scratch.watch.inspection == .complete
    for (number, target) in targets.enumerated() {
      var found = amp_update_statistics()
      var tensors = target.tensors(context, rounding: rounding, number: number, countsChanges: isWatched)
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
          lr: context.learningRate, beta1: beta1, beta2: beta2, eps: target.stored(eps), weight_decay: weightDecay,
          inverse_scale: judged.inverseScale, clip_factor: judged.clipFactor, clip_value: judged.clipValue, step: step,
          decoupled: optimizer.name == "adamw", dry_run: dryRun)
        amp_adam_update(threads, &settings, &tensors, &found)
      }
      result.merge(found, of: target)
      if isWatched { context.scratch.watch.note(changed: found, ofWeight: number) }
    }
    return result
  }

  /// Looks once at everything an update reads, where nobody knows its size: at the start and after loading weights.
  private func measureMagnitudes(_ context: borrowing CallContext) -> StepControl.Magnitudes {
    func largest(_ address: Address, _ target: UpdateTarget) -> Float {
      var found = amp_gradient_statistics()
      amp_gradient_scan(threads, target.type, address.pointer(context), target.count, 1, &found)
      return found.non_finite > 0 ? .infinity : found.largest
    }
    var result = StepControl.Magnitudes(weight: 0, state: (0, 0))
    for target in targets {
      result.weight = max(result.weight, largest(target.weight, target))
      result.state.first = max(result.state.first, largest(target.states[0], target))
      if target.states.count > 1 {
        result.state.second = max(result.state.second, largest(target.states[1], target))
      }
    }
    return result
  }
}

/// A parameter with all that its update reads and writes.
struct UpdateTarget {
  var name: String
  /// Format of the weight and its states.
  var type: amp_dtype
  var weight: Address
  var gradient: Address
  var gradientType: amp_dtype
  var states: [Address]
  var copy: Address?
  var copyType: amp_dtype
  var count: Int

  /// A constant as the format of the weight holds it: an eps of 1e-8 is 0 in fp16, as it is where PyTorch adds it to a
  /// tensor of halves.
  func stored(_ constant: Float) -> Float {
    switch type {
    case AMP_F16: Float(Float16(constant))
    case AMP_BF16: BFloat16(constant).float
    default: constant
    }
  }

  /// The random bits of stochastic rounding come from streams above those of dropout, which are numbered from 0.
  func tensors(
    _ context: borrowing CallContext, rounding: WeightRounding, number: Int, countsChanges: Bool
  ) -> amp_update_tensors {
    amp_update_tensors(
      storage_dtype: type, weight: weight.pointer(context),
      state: (states[0].pointer(context), states.count > 1 ? states[1].pointer(context) : nil),
      gradient_dtype: gradientType, gradient: gradient.pointer(context), copy_dtype: copyType,
      low_precision_copy: copy?.pointer(context), count: count,
      weight_rounding: rounding == .stochastic && type == AMP_BF16 ? AMP_ROUND_STOCHASTIC : AMP_ROUND_NEAREST,
      seed: context.seed, attempt: context.attempt, stream: 0x8000_0000 | UInt32(truncatingIfNeeded: number),
      count_changes: countsChanges)
  }
}

/// A running statistic and the value that waits to be committed.
struct StatisticTarget {
  var name: String
  var pending: Address
  var committed: Address
  /// Format it is stored in.
  var type: amp_dtype
  var count: Int

  /// Magnitudes from here on are infinite in the format.
  var limit: Float { type == AMP_F16 ? 65520 : .infinity }
}

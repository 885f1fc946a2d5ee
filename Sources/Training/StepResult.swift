public import BackendAPI
public import TrainingEvents

/// What an attempt of a trainer did.
public struct StepResult {
  /// Its index.
  public let attempt: Int
  /// What the device says.
  public let outcome: StepOutcome
  /// Milliseconds waited for the batch.
  public let waitMilliseconds: Double
  /// Milliseconds in all.
  public let totalMilliseconds: Double
  /// Learning rate that was used.
  public let learningRate: Double
  /// Step count and scaler after the attempt.
  public let control: StepControl
  /// Where a skipped attempt went wrong, if it was looked for and found.
  public var finding: Finding?

  /// Mean loss of the batch, unscaled.
  public var loss: Double { Double(outcome.loss) }
  /// Whether the state changed.
  public var isCommitted: Bool { outcome.skip == nil }

  /// The attempt as an event.
  public func report(lane: LaneID, segment: Int, samples: Int) -> StepReport {
    let phases = phaseTimes
    return StepReport(
      lane: lane, attempt: attempt, committedStep: Int(control.committedSteps), committed: isCommitted,
      skipReason: outcome.skip.map(SkipReason.init), loss: loss, scale: outcome.scale.map(Double.init),
      stepsToGrowth: control.scaler?.stepsToGrowth,
      stepMilliseconds: totalMilliseconds, phases: phases, gradNorm: outcome.gradNorm,
      learningRate: learningRate, samples: samples, segment: segment)
  }

  /// Milliseconds by phase; what the device did not charge to a phase is idle.
  public var phaseTimes: PhaseTimes {
    let times = outcome.nanoseconds
    func milliseconds(_ nanoseconds: Int64) -> Double { Double(nanoseconds) * 1e-6 }
    let phases = PhaseTimes(
      forward: milliseconds(times.forward), backward: milliseconds(times.backward),
      optimizer: milliseconds(times.optimizer), cast: milliseconds(times.cast),
      data: milliseconds(times.data) + waitMilliseconds, numerics: milliseconds(times.numerics))
    let charged = phases.forward + phases.backward + phases.optimizer + phases.cast + phases.data
    var complete = phases
    complete.idle = max(0, totalMilliseconds - charged)
    return complete
  }
}

extension SkipReason {
  init(_ skip: StepOutcome.Skip) {
    switch skip {
    case .loss: self = .nonFiniteLoss
    case .gradient: self = .nonFiniteGradient
    case .update: self = .nonFiniteUpdate
    }
  }
}

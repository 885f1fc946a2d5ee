import ArgumentParser
import DashboardCore
import GraphCompiler
import GraphIR
import Training

/// How weights are updated: the options beside `--optimizer` and `--lr`.
struct TrainingOptions: ParsableArguments {
  @Option(
    name: .customLong("lr-schedule"), help: "Learning rate over committed steps: constant, step, cosine, one-cycle.")
  var learningRateSchedule = "constant"

  @Option(help: "Steps in which the learning rate rises linearly from nearly 0, before the schedule begins.")
  var warmup = 0

  @Option(name: .customLong("lr-steps"), help: "Length of cosine and one-cycle (default: --steps), period of step.")
  var scheduleSteps: Int?

  @Option(help: "What step multiplies the learning rate by.")
  var gamma = 0.1

  @Option(name: .customLong("min-lr"), help: "Where cosine ends.")
  var minimumRate = 0.0

  @Option(name: .customLong("clip-norm"), help: "Clip the unscaled gradients to this L2 norm over all of them.")
  var clipNorm: Float?

  @Option(name: .customLong("clip-value"), help: "Clip every element of the unscaled gradients to this magnitude.")
  var clipValue: Float?

  @Option(
    name: .customLong("accumulate"),
    help: "Micro-batches of --batch samples whose gradients are summed in a step; the loss scale waits for the last.")
  var gradientAccumulation = 1

  @Option(
    help: ArgumentHelp(
      "Keep fewer activations, compute them again in the backward pass: off, auto (whatever needs the least memory), or a "
        + "number of segments.", valueName: "segments"))
  var recompute = "off"

  /// The schedule; `steps` is the length of the run, nil where it is open-ended.
  func schedule(steps: Int?) throws -> LearningRateSchedule {
    let names = LearningRateSchedule.names
    guard names.contains(learningRateSchedule) else {
      throw ValidationError(
        "--lr-schedule: unknown schedule \"\(learningRateSchedule)\""
          + NearestName.hint(for: learningRateSchedule, among: names))
    }
    guard warmup >= 0 else { throw ValidationError("--warmup must be at least 0, found \(warmup)") }
    let main = try mainSchedule(steps: steps)
    return warmup > 0 ? .warmup(steps: warmup, startFactor: 1 / Double(warmup + 1), then: main) : main
  }

  private func mainSchedule(steps: Int?) throws -> LearningRateSchedule {
    if learningRateSchedule == "constant" {
      guard scheduleSteps == nil else {
        throw ValidationError("--lr-steps means nothing to the constant schedule; name one with --lr-schedule")
      }
      return .constant
    }
    guard let length = scheduleSteps ?? steps.map({ max(1, $0 - warmup) }) else {
      throw ValidationError("--lr-schedule \(learningRateSchedule) needs a length: give --steps or --lr-steps")
    }
    guard length >= 1 else { throw ValidationError("--lr-steps must be at least 1, found \(length)") }
    switch learningRateSchedule {
    case "step":
      guard gamma > 0, gamma <= 1 else {
        throw ValidationError("--gamma must be above 0 and at most 1, found \(gamma)")
      }
      return .step(size: length, gamma: gamma)
    case "cosine":
      guard minimumRate >= 0, minimumRate.isFinite else {
        throw ValidationError("--min-lr must be a finite number of at least 0, found \(minimumRate)")
      }
      return .cosine(steps: length, minimum: minimumRate)
    default: return .oneCycle(steps: length)
    }
  }

  /// Norm first, then value, as the options stand.
  func clipping() throws -> [GradientClipping] {
    for (name, limit) in [("--clip-norm", clipNorm), ("--clip-value", clipValue)] {
      if let limit, !(limit > 0 && limit.isFinite) {
        throw ValidationError("\(name) must be a positive finite number, found \(limit)")
      }
    }
    return [clipNorm.map(GradientClipping.norm), clipValue.map(GradientClipping.value)].compactMap { $0 }
  }

  /// What the backward pass computes again.
  func recomputation() throws -> Recompute {
    switch recompute {
    case "off": return .nothing
    case "auto": return .automatic
    default:
      guard let count = Int(recompute), (2...1000).contains(count) else {
        throw ValidationError("--recompute must be off, auto or 2 to 1000 segments, found \(recompute)")
      }
      return .segments(count)
    }
  }

  func microBatches() throws -> Int {
    guard (1...4096).contains(gradientAccumulation) else {
      throw ValidationError("--accumulate must be 1 to 4096, found \(gradientAccumulation)")
    }
    return gradientAccumulation
  }
}

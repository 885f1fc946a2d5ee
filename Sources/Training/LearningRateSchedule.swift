import Foundation

/// How the learning rate moves over committed steps.
///
/// A skipped attempt leaves it where it is: torch's users call `scheduler.step()` after every `scaler.step()`, skipped or
/// not, and are warned about it; here a schedule is part of what a step commits.
public enum LearningRateSchedule: Sendable, Hashable {
  /// The same at every step.
  case constant
  /// Times `gamma` after every `size` steps (torch.optim.lr_scheduler.StepLR).
  case step(size: Int, gamma: Double)
  /// Along half a cosine from the base rate to `minimum` in `steps` steps (CosineAnnealingLR; Loshchilov & Hutter 2017);
  /// beyond them it rises again, as torch's does.
  case cosine(steps: Int, minimum: Double)
  /// Up to the base rate and down to nearly nothing in `steps` steps, both along cosines (OneCycleLR with torch's
  /// constants, momentum left alone; Smith & Topin 2018); beyond them it stays at the end, where torch raises an error.
  case oneCycle(steps: Int)
  /// Linearly from `startFactor` of the base rate to all of it in `steps` steps (LinearLR), then another schedule from
  /// its beginning (SequentialLR).
  indirect case warmup(steps: Int, startFactor: Double, then: LearningRateSchedule)

  /// The rate of the next attempt when `committedSteps` steps are committed.
  public func rate(base: Double, committedSteps: Int) -> Double {
    switch self {
    case .constant: base
    case .step(let size, let gamma): base * pow(gamma, Double(committedSteps / max(size, 1)))
    case .cosine(let steps, let minimum):
      minimum + (base - minimum) * (1 + cos(Double.pi * Double(committedSteps) / Double(max(steps, 1)))) / 2
    case .oneCycle(let steps): Self.oneCycle(maximum: base, steps: steps, at: committedSteps)
    case .warmup(let steps, let startFactor, let next):
      committedSteps < steps
        ? base * (startFactor + (1 - startFactor) * Double(committedSteps) / Double(max(steps, 1)))
        : next.rate(base: base, committedSteps: committedSteps - steps)
    }
  }

  /// torch's constants: div_factor 25, final_div_factor 10⁴, pct_start 0.3.
  private static func oneCycle(maximum: Double, steps: Int, at step: Int) -> Double {
    let initial = maximum / 25
    let final = initial / 1e4
    let peak = 0.3 * Double(steps) - 1
    let last = Double(steps - 1)
    let position = min(Double(step), last)
    func anneal(_ start: Double, _ end: Double, _ share: Double) -> Double {
      end + (start - end) / 2 * (1 + cos(Double.pi * share))
    }
    if position <= peak { return anneal(initial, maximum, peak > 0 ? position / peak : 1) }
    return anneal(maximum, final, last > peak ? (position - peak) / (last - peak) : 1)
  }

  /// Names on the command line; `warmup` is an option of its own.
  public static let names = ["constant", "step", "cosine", "one-cycle"]

  /// For example "cosine over 400 steps to 0, after 20 steps of warm-up".
  public var text: String {
    switch self {
    case .constant: "constant"
    case .step(let size, let gamma): "times \(gamma) every \(size) steps"
    case .cosine(let steps, let minimum): "cosine over \(steps) steps to \(minimum)"
    case .oneCycle(let steps): "one cycle of \(steps) steps"
    case .warmup(let steps, _, let next): "\(next.text), after \(steps) steps of warm-up"
    }
  }
}

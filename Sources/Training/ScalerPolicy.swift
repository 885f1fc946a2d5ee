public import BackendAPI
import GraphIR
public import TrainingEvents

/// Which precision modes scale the loss.
public enum ScalerPolicy: Sendable, Hashable {
  /// Dynamic scaling in modes that need it (amp-fp16); elsewhere only the guard that skips non-finite steps.
  case automatic(GradScaler.Settings)
  /// Dynamic scaling in every autocast mode.
  case dynamic(GradScaler.Settings)
  /// No scaling at all. Non-finite steps are skipped all the same.
  case off

  /// The scaler a lane starts with in a mode; nil where it scales nothing.
  public func scaler(for precision: Precision) -> GradScaler? {
    switch self {
    case .automatic(let settings): precision == .ampFP16 ? GradScaler(settings) : nil
    case .dynamic(let settings): precision.autocastFormat != nil ? GradScaler(settings) : nil
    case .off: nil
    }
  }

  /// Growth interval for a run of a length: max(50, steps / 20), and 100 where it is open-ended.
  ///
  /// PyTorch's 2000 would never grow in a short run; both are shown.
  public static func growthInterval(steps: Int?) -> Int32 {
    guard let steps else { return 100 }
    return Int32(clamping: max(50, steps / 20))
  }
}

extension Optional<GradScaler> {
  /// The scaler after a precision change, and what became of it.
  func switched(to next: GradScaler?) -> (scaler: GradScaler?, fate: PrecisionReport.ScalerFate) {
    switch (self, next) {
    case (_, nil): (nil, .off)
    case (nil, let fresh?): (fresh, .reset)
    case (let current?, _?): (current, .kept)
    }
  }
}

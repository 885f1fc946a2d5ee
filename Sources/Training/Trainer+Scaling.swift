import BackendAPI
import TrainingEvents

/// Loss scaling that changes during a run, at step boundaries.
extension Trainer {
  /// Starts another loss scaler, in modes that have one, at its initial scale.
  ///
  /// Throws `TrainingError` where a constant is out of range; the old one then goes on.
  public func setScaler(_ policy: ScalerPolicy) throws {
    try policy.validate()
    scalerPolicy = policy
    state.control.scaler = policy.scaler(for: self.policy)
  }

  /// Takes over a policy of loss scaling whose scaler, if the mode has one, goes on as it is in the state.
  func continueScaling(_ policy: ScalerPolicy) throws {
    try policy.validate()
    scalerPolicy = policy
    state.control.scaler = state.control.scaler.switched(to: policy.scaler(for: self.policy)).scaler
  }

  /// Sets the loss scale; the scaler goes on from there, its tracker anew.
  ///
  /// Throws `TrainingError` where the lane scales nothing, or the scale is not one of `GradScaler.usefulScales`.
  public func setScale(_ scale: Float) throws {
    guard var scaler = state.control.scaler else {
      throw TrainingError("\(policy.mode.rawValue) scales nothing here: give the lane a scaler first")
    }
    guard GradScaler.usefulScales.contains(scale) else {
      throw TrainingError("a loss scale is a number from 2^-126 to 2^126, found \(scale)")
    }
    scaler.force(scale)
    state.control.scaler = scaler
  }
}

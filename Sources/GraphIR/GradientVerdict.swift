/// What `unscale` finds and `clip` adds: a tensor of six fp32 numbers, so that a device can judge without the host.
///
/// `commit` uses of each gradient: clamp(gradient · inverse scale · clip factor, ± clip value).
public enum GradientVerdict {
  /// Number of elements.
  public static let count = 6
  /// 1 where a gradient, or the reciprocal of the scale, is not finite; else 0.
  public static let foundInf = 0
  /// L2 norm of all unscaled gradients, before clipping.
  public static let norm = 1
  /// Largest magnitude among the finite elements of the unscaled gradients.
  public static let largest = 2
  /// Reciprocal of the loss scale.
  public static let inverseScale = 3
  /// What clipping by norm multiplies by; 1 without.
  public static let clipFactor = 4
  /// What clipping by value limits to; infinite without.
  public static let clipValue = 5
}

/// How unscaled gradients are clipped.
public enum GradientClipping: Sendable, Hashable, CustomStringConvertible {
  /// All gradients times min(1, maximum / (norm + 1e-6)), the norm taken over all of them
  /// (torch.nn.utils.clip_grad_norm_).
  case norm(Float)
  /// Each element to ± maximum (torch.nn.utils.clip_grad_value_).
  case value(Float)

  /// torch's name.
  public var name: String {
    switch self {
    case .norm: "clip_grad_norm"
    case .value: "clip_grad_value"
    }
  }

  /// The limit.
  public var maximum: Float {
    switch self {
    case .norm(let maximum), .value(let maximum): maximum
    }
  }

  /// For example "maximum 1.0".
  public var description: String { "maximum \(maximum)" }

  /// Whether gradients of a norm leave this clipping smaller, and by which factor; 1 for clipping by value.
  ///
  /// The constant keeps torch's factor finite for a norm of 0.
  public func factor(norm: Double) -> Double {
    switch self {
    case .norm(let maximum): min(1, Double(maximum) / (norm + 1e-6))
    case .value: 1
    }
  }
}

public import GraphIR

/// The rules of torch.nn.init that layers start by.
extension Initializer {
  /// Uniform on ±1/√fan_in: what torch's linear and convolution layers start with (kaiming_uniform_ with a = √5).
  public static func uniform(fanIn: Int) -> Initializer { .uniform(bound: 1 / Float(fanIn).squareRoot()) }

  /// Normal with standard deviation √(2/fan): torch's kaiming_normal_ before a ReLU (He, Zhang, Ren & Sun 2015).
  ///
  /// With `fan` the elements that one input takes part in (outputs · kernel) it is mode "fan_out".
  public static func kaimingNormal(fan: Int) -> Initializer {
    .normal(standardDeviation: (2 / Float(fan)).squareRoot())
  }

  /// Uniform on ±√(6/(fan_in + fan_out)): torch's xavier_uniform_ (Glorot & Bengio 2010).
  public static func xavierUniform(fanIn: Int, fanOut: Int) -> Initializer {
    .uniform(bound: (6 / Float(fanIn + fanOut)).squareRoot())
  }
}

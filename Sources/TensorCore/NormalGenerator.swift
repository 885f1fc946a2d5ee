#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Normally distributed numbers from a stream of uniform ones (Box & Muller 1958).
public struct NormalGenerator: Sendable {
  private var uniform: PhiloxGenerator
  private var spare: Double?

  /// Takes the numbers of a stream, from where it stands.
  public init(_ uniform: PhiloxGenerator) { self.uniform = uniform }

  /// The next number, of mean 0 and variance 1.
  public mutating func next() -> Double {
    if let spare {
      self.spare = nil
      return spare
    }
    // 1 - u lies in (0, 1]: its logarithm is finite.
    let radius = (-2 * log(1 - Double(uniform.nextUniform()))).squareRoot()
    let angle = 2 * Double.pi * Double(uniform.nextUniform())
    spare = radius * sin(angle)
    return radius * cos(angle)
  }

  /// The next number of mean 0 and a standard deviation, drawn again until its magnitude is at most `limit`.
  ///
  /// A deviation far above the limit would be drawn often: from 32 tries on the number is cut to the limit.
  public mutating func next(deviation: Float, within limit: Float) -> Float {
    var value = Float(next()) * deviation
    var tries = 1
    while abs(value) > limit, tries < 32 {
      value = Float(next()) * deviation
      tries += 1
    }
    return max(-limit, min(limit, value))
  }
}

/// A bfloat16 value: the upper half of a binary32.
///
/// Storage only; arithmetic happens in `Float`.
public struct BFloat16: Sendable, Hashable {
  /// Sign, 8 exponent bits, 7 significand bits.
  public var bits: UInt16

  /// The value with these bits.
  public init(bits: UInt16) { self.bits = bits }

  /// The nearest bfloat16, ties to even; NaN stays a (quiet) NaN; too large a magnitude becomes infinity.
  public init(_ value: Float) {
    let pattern = value.bitPattern
    if value.isNaN {
      bits = UInt16(truncatingIfNeeded: pattern >> 16) | 0x0040
    } else {
      let roundUp = 0x7FFF + ((pattern >> 16) & 1)
      bits = UInt16(truncatingIfNeeded: (pattern &+ roundUp) >> 16)
    }
  }

  /// The nearest bfloat16 to a Double, rounded once.
  ///
  /// Rounding to Float first could round twice; so the Float step rounds to odd (Boldo & Melquiond 2005), which keeps
  /// the information that the second rounding needs.
  public init(_ value: Double) {
    let nearest = Float(value)
    guard nearest.isFinite, Double(nearest) != value else {
      self.init(nearest)
      return
    }
    let towardZero = abs(Double(nearest)) > abs(value) ? Float(bitPattern: nearest.bitPattern - 1) : nearest
    self.init(Float(bitPattern: towardZero.bitPattern | 1))
  }

  /// The same value as a Float; exact.
  public var float: Float { Float(bitPattern: UInt32(bits) << 16) }
}

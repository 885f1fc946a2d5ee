/// A colour of a cell: the terminal's own, or 24 bits of sRGB.
public struct Color: Sendable, Hashable {
  /// Red, green and blue in a byte each, red the highest; 2²⁴ for the terminal's own.
  ///
  /// One number, because screens compare thousands of colours a frame.
  public let bits: UInt32

  private init(bits: UInt32) { self.bits = bits }

  /// The terminal's own foreground or background, whatever the user chose it to be.
  public static let `default` = Color(bits: 1 << 24)

  /// Red, green and blue in sRGB, 0 to 255 each.
  public static func rgb(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> Color {
    Color(bits: UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue))
  }

  /// Red, green and blue; nil for the terminal's own.
  var channels: (UInt8, UInt8, UInt8)? {
    guard bits < 1 << 24 else { return nil }
    return (
      UInt8(truncatingIfNeeded: bits >> 16), UInt8(truncatingIfNeeded: bits >> 8), UInt8(truncatingIfNeeded: bits)
    )
  }

  /// The colour between this one (at 0) and another (at 1), linear in sRGB; the nearer one where either is `default`.
  func mixed(with other: Color, at fraction: Double) -> Color {
    guard let (r0, g0, b0) = channels, let (r1, g1, b1) = other.channels else {
      return fraction < 0.5 ? self : other
    }
    let f = min(max(fraction.isFinite ? fraction : 0, 0), 1)
    func channel(_ a: UInt8, _ b: UInt8) -> UInt8 {
      UInt8((Double(a) + (Double(b) - Double(a)) * f).rounded())
    }
    return .rgb(channel(r0, r1), channel(g0, g1), channel(b0, b1))
  }
}

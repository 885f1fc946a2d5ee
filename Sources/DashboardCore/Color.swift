/// A colour of a cell: the terminal's own, or 24 bits of sRGB.
public enum Color: Sendable, Hashable {
  /// The terminal's own foreground or background, whatever the user chose it to be.
  case `default`
  /// Red, green and blue in sRGB, 0 to 255 each.
  case rgb(UInt8, UInt8, UInt8)

  /// The colour between this one (at 0) and another (at 1), linear in sRGB; the nearer one where either is `default`.
  func mixed(with other: Color, at fraction: Double) -> Color {
    guard case .rgb(let r0, let g0, let b0) = self, case .rgb(let r1, let g1, let b1) = other else {
      return fraction < 0.5 ? self : other
    }
    let f = min(max(fraction.isFinite ? fraction : 0, 0), 1)
    func channel(_ a: UInt8, _ b: UInt8) -> UInt8 {
      UInt8((Double(a) + (Double(b) - Double(a)) * f).rounded())
    }
    return .rgb(channel(r0, r1), channel(g0, g1), channel(b0, b1))
  }
}

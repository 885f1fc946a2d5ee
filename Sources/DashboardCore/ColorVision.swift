import Glibc

/// Kinds of colour vision, simulated on linear sRGB.
///
/// Source: Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency",
/// IEEE TVCG 15(6), 2009, table 1, severity 1.0.
enum ColorVision: CaseIterable {
  case normal, deuteranopia, protanopia

  /// Row by row.
  private var matrix: [Double] {
    switch self {
    case .normal: [1, 0, 0, 0, 1, 0, 0, 0, 1]
    case .deuteranopia:
      [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881]
    case .protanopia:
      [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998]
    }
  }

  /// A linear sRGB colour as seen; channels that leave 0 to 1 are moved to the nearer end.
  func seen(_ c: (Double, Double, Double)) -> (Double, Double, Double) {
    let m = matrix
    func channel(_ row: Int) -> Double {
      min(max(m[row] * c.0 + m[row + 1] * c.1 + m[row + 2] * c.2, 0), 1)
    }
    return (channel(0), channel(3), channel(6))
  }
}

/// A colour in CIE L*a*b* under D65.
struct LabColor: Sendable, Hashable {
  var l: Double
  var a: Double
  var b: Double

  init(l: Double, a: Double, b: Double) { (self.l, self.a, self.b) = (l, a, b) }

  /// From linear sRGB (IEC 61966-2-1).
  init(linear c: (Double, Double, Double)) {
    func f(_ t: Double) -> Double { t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116 }
    let x = f((0.4124 * c.0 + 0.3576 * c.1 + 0.1805 * c.2) / 0.9505)
    let y = f(0.2126 * c.0 + 0.7152 * c.1 + 0.0722 * c.2)
    let z = f((0.0193 * c.0 + 0.1192 * c.1 + 0.9505 * c.2) / 1.089)
    (l, a, b) = (116 * y - 16, 500 * (x - y), 200 * (y - z))
  }

  /// The CIEDE2000 difference, with all weights 1: 1 is just noticeable, above 20 colours have different names.
  ///
  /// Source: Sharma, Wu and Dalal, "The CIEDE2000 Color-Difference Formula", Color Research and Application 30(1), 2005;
  /// the numbers in comments are its equations.
  func difference(from other: LabColor) -> Double {
    let meanChroma = (hypot(a, b) + hypot(other.a, other.b)) / 2
    let g = 0.5 * (1 - (pow(meanChroma, 7) / (pow(meanChroma, 7) + pow(25, 7))).squareRoot())  // (4)
    let (a1, a2) = ((1 + g) * a, (1 + g) * other.a)  // (5)
    let (c1, c2) = (hypot(a1, b), hypot(a2, other.b))  // (6)
    let (h1, h2) = (Self.hue(a1, b), Self.hue(a2, other.b))  // (7)
    let isGrey = c1 * c2 == 0
    var dh = isGrey ? 0 : h2 - h1  // (10)
    if dh > 180 { dh -= 360 } else if dh < -180 { dh += 360 }
    let (dL, dC) = (other.l - l, c2 - c1)  // (8), (9)
    let dH = 2 * (c1 * c2).squareRoot() * Self.sine(dh / 2)  // (11)
    let (meanL, meanC) = ((l + other.l) / 2, (c1 + c2) / 2)  // (12), (13)
    var meanH = h1 + h2  // (14)
    if !isGrey {
      if abs(h1 - h2) > 180 { meanH += meanH < 360 ? 360 : -360 }
      meanH /= 2
    }
    let t =
      1 - 0.17 * Self.cosine(meanH - 30) + 0.24 * Self.cosine(2 * meanH) + 0.32 * Self.cosine(3 * meanH + 6)
      - 0.2 * Self.cosine(4 * meanH - 63)  // (15)
    let turn = 30 * exp(-pow((meanH - 275) / 25, 2))  // (16)
    let rC = 2 * (pow(meanC, 7) / (pow(meanC, 7) + pow(25, 7))).squareRoot()  // (17)
    let fromMiddle = pow(meanL - 50, 2)
    let sL = 1 + 0.015 * fromMiddle / (20 + fromMiddle).squareRoot()  // (18)
    let (sC, sH) = (1 + 0.045 * meanC, 1 + 0.015 * meanC * t)  // (19), (20)
    let rT = -Self.sine(2 * turn) * rC  // (21)
    let (x, y, z) = (dL / sL, dC / sC, dH / sH)
    return max(0, x * x + y * y + z * z + rT * y * z).squareRoot()  // (22)
  }

  private static func hue(_ a: Double, _ b: Double) -> Double {
    guard a != 0 || b != 0 else { return 0 }
    let degrees = atan2(b, a) * 180 / .pi
    return degrees < 0 ? degrees + 360 : degrees
  }

  private static func sine(_ degrees: Double) -> Double { sin(degrees * .pi / 180) }
  private static func cosine(_ degrees: Double) -> Double { cos(degrees * .pi / 180) }
}

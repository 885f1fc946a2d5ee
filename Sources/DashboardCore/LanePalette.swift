import Glibc

/// Chooses colours for lanes that tell them apart: on the background, and from each other, also for people with
/// deuteranopia or protanopia.
///
/// btop's themes promise nothing of the kind: no fixed pair of keys works in all of them.
enum LanePalette {
  /// Colours chosen for the lanes, best told apart first.
  static let count = 6
  /// Smallest CIE76 difference between two lanes that counts as safe, in each kind of vision.
  static let safeDifference = 25.0
  /// Smallest WCAG contrast of a lane with the background.
  static let safeContrast = 3.0

  /// Takes candidates in their order: each one that contrasts with the background and differs from those taken, then
  /// whichever differ most.
  static func choose(from candidates: [Color], on background: Color) -> [Color] {
    let legible = candidates.filter { $0.contrast(with: background) >= safeContrast }
    let pool = legible.isEmpty ? candidates : legible
    var chosen: [Color] = []
    for _ in 0..<count {
      let safe = pool.first { candidate in
        chosen.allSatisfy { difference(candidate, $0) >= safeDifference }
      }
      let next = safe ?? pool.max { least($0, chosen) < least($1, chosen) }
      guard let next, !chosen.contains(next) else { break }
      chosen.append(next)
    }
    return chosen.isEmpty ? [.default] : chosen
  }

  /// The smallest CIE76 difference of two colours over normal, deuteranopic and protanopic vision.
  static func difference(_ a: Color, _ b: Color) -> Double {
    guard let first = a.linear, let second = b.linear else { return a == b ? 0 : 100 }
    return ColorVision.allCases.map { vision in
      let (p, q) = (vision.lab(first), vision.lab(second))
      return ((p.0 - q.0) * (p.0 - q.0) + (p.1 - q.1) * (p.1 - q.1) + (p.2 - q.2) * (p.2 - q.2)).squareRoot()
    }.min() ?? 0
  }

  private static func least(_ color: Color, _ others: [Color]) -> Double {
    others.map { difference(color, $0) }.min() ?? 0
  }
}

/// Kinds of colour vision, as matrices on linear sRGB (Machado, Oliveira and Fernandes 2009, severity 1).
private enum ColorVision: CaseIterable {
  case normal, deuteranopia, protanopia

  private var matrix: [Double] {
    switch self {
    case .normal: [1, 0, 0, 0, 1, 0, 0, 0, 1]
    case .deuteranopia:
      [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881]
    case .protanopia:
      [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998]
    }
  }

  /// CIE L*a*b* (D65) of a linear sRGB colour as seen.
  func lab(_ c: (Double, Double, Double)) -> (Double, Double, Double) {
    let m = matrix
    let r = m[0] * c.0 + m[1] * c.1 + m[2] * c.2
    let g = m[3] * c.0 + m[4] * c.1 + m[5] * c.2
    let b = m[6] * c.0 + m[7] * c.1 + m[8] * c.2
    func f(_ t: Double) -> Double { t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116 }
    let x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505)
    let y = f(0.2126 * r + 0.7152 * g + 0.0722 * b)
    let z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089)
    return (116 * y - 16, 500 * (x - y), 200 * (y - z))
  }
}

extension Color {
  /// Linear-light channels; nil for the terminal's own colour, which is unknown.
  var linear: (Double, Double, Double)? {
    guard case .rgb(let r, let g, let b) = self else { return nil }
    func channel(_ value: UInt8) -> Double {
      let v = Double(value) / 255
      return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4)
    }
    return (channel(r), channel(g), channel(b))
  }

  /// WCAG 2 contrast ratio, 1 to 21; 21 where one of the two is unknown.
  func contrast(with other: Color) -> Double {
    guard let a = linear, let b = other.linear else { return 21 }
    let first = 0.2126 * a.0 + 0.7152 * a.1 + 0.0722 * a.2
    let second = 0.2126 * b.0 + 0.7152 * b.1 + 0.0722 * b.2
    return (max(first, second) + 0.05) / (min(first, second) + 0.05)
  }

  /// The colour moved towards another in tenths until its contrast with a background is at least 4.5.
  func legible(on background: Color, towards target: Color) -> Color {
    for tenth in 0...10 {
      let candidate = mixed(with: target, at: Double(tenth) / 10)
      if candidate.contrast(with: background) >= 4.5 { return candidate }
    }
    return target
  }
}

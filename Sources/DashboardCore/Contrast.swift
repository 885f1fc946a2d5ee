import Glibc

extension Color {
  /// Linear-light channels; nil for the terminal's own colour, which is unknown.
  var linear: (Double, Double, Double)? {
    guard let (r, g, b) = channels else { return nil }
    func channel(_ value: UInt8) -> Double {
      let v = Double(value) / 255
      return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4)
    }
    return (channel(r), channel(g), channel(b))
  }

  /// WCAG 2 relative luminance, 0 to 1; nil for the terminal's own colour.
  var luminance: Double? { linear.map { 0.2126 * $0.0 + 0.7152 * $0.1 + 0.0722 * $0.2 } }

  /// WCAG 2 contrast ratio, 1 to 21; 21 where one of the two is unknown.
  func contrast(with other: Color) -> Double {
    guard let first = luminance, let second = other.luminance else { return 21 }
    return (max(first, second) + 0.05) / (min(first, second) + 0.05)
  }

  /// The smallest CIEDE2000 difference from another colour over normal, deuteranopic and protanopic vision; 100 where
  /// one of the two is unknown and they are not the same.
  func difference(from other: Color) -> Double {
    guard let first = linear, let second = other.linear else { return self == other ? 0 : 100 }
    return ColorVision.allCases.map { vision in
      LabColor(linear: vision.seen(first)).difference(from: LabColor(linear: vision.seen(second)))
    }.min() ?? 0
  }

  /// Black or white, whichever stands out more from this colour.
  var opposite: Color { contrast(with: .black) >= contrast(with: .white) ? .black : .white }

  static let black = Color.rgb(0, 0, 0)
  static let white = Color.rgb(255, 255, 255)

  /// The colour moved towards a target in twentieths, and from there on towards black or white, until its contrast with
  /// a background is at least `minimum`.
  ///
  /// Themes are made by people who look at them; most set some text below the 4.5 that WCAG asks for.
  func legible(on background: Color, towards target: Color? = nil, minimum: Double = Contrast.text) -> Color {
    for end in [target, background.opposite].compactMap({ $0 }) {
      for step in 0...20 {
        let candidate = mixed(with: end, at: Double(step) / 20)
        if candidate.contrast(with: background) >= minimum { return candidate }
      }
    }
    return background.opposite
  }
}

/// Smallest contrasts with the background (WCAG 2.1, success criteria 1.4.3 and 1.4.11).
enum Contrast {
  /// Text.
  static let text = 4.5
  /// Curves, marks, and bold words that are coloured.
  static let graphics = 3.0
}

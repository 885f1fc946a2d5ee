/// How many colours a terminal can show.
public enum ColorDepth: String, CaseIterable, Sendable, Hashable {
  /// 24 bits a cell.
  case trueColor
  /// The 256 colours of xterm; only 16 to 255 are used, for 0 to 15 are the user's own.
  case palette256
  /// The 16 ANSI colours as the user's terminal draws them.
  case palette16
  /// The 8 ANSI colours.
  case palette8
  /// No colours: bold, dim, underline and reverse only.
  case monochrome
}

/// The index of the xterm-256 colour nearest to a colour: 16 to 255, never the 16 that users redefine; nil for
/// `default`, which every terminal has.
///
/// Candidates are the 6×6×6 cube with levels 0, 95, 135, 175, 215, 255 and the 24 greys 8, 18, … 238; distance is
/// squared Euclidean in sRGB.
public func nearest256(_ color: Color) -> Int? {
  guard let (r, g, b) = color.channels else { return nil }
  let levels = [0, 95, 135, 175, 215, 255]
  func level(_ value: UInt8) -> Int {
    levels.indices.min { abs(levels[$0] - Int(value)) < abs(levels[$1] - Int(value)) } ?? 0
  }
  let (i, j, k) = (level(r), level(g), level(b))
  let cube = squaredDistance(color, (levels[i], levels[j], levels[k]))
  let mean = (Int(r) + Int(g) + Int(b)) / 3
  let grey = min(max((mean - 3) / 10, 0), 23)
  let greyValue = 8 + 10 * grey
  let greyDistance = squaredDistance(color, (greyValue, greyValue, greyValue))
  return greyDistance < cube ? 232 + grey : 16 + 36 * i + 6 * j + k
}

/// The index of the ANSI colour nearest to a colour among 16, by xterm's default palette; nil for `default`.
///
/// Only what is darker than `darkest` becomes black: borders and secondary text would vanish on a dark background.
public func nearest16(_ color: Color) -> Int? {
  guard let (r, g, b) = color.channels else { return nil }
  return nearest(color, among: ansiPalette, from: max(r, g, b) < darkest ? 0 : 1)
}

/// The index of the ANSI colour nearest to a colour among the first 8; nil for `default`.
///
/// The eight are compared at full brightness, for that is how terminals with 8 colours draw them when bold, and hue
/// matters more here than brightness. Greys become white, and black where they are darker than `darkest`.
public func nearest8(_ color: Color) -> Int? {
  guard let (r, g, b) = color.channels else { return nil }
  if max(r, g, b) < darkest { return 0 }
  if max(r, g, b) - min(r, g, b) < 40 { return 7 }
  return nearest(color, among: brightPalette, from: 1)
}

/// Brightest channel from which on a colour is not black.
private let darkest: UInt8 = 56

/// xterm's default values of the ANSI colours 0 to 15.
private let ansiPalette: [(Int, Int, Int)] = [
  (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229),
  (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255),
  (255, 255, 255),
]

private let brightPalette: [(Int, Int, Int)] = [
  (0, 0, 0), (255, 64, 64), (64, 255, 64), (255, 255, 64), (64, 64, 255), (255, 64, 255), (64, 255, 255),
  (255, 255, 255),
]

private func nearest(_ color: Color, among palette: [(Int, Int, Int)], from first: Int) -> Int? {
  (first..<palette.count).min { squaredDistance(color, palette[$0]) < squaredDistance(color, palette[$1]) }
}

private func squaredDistance(_ color: Color, _ other: (Int, Int, Int)) -> Int {
  guard let (r, g, b) = color.channels else { return Int.max }
  let (dr, dg, db) = (Int(r) - other.0, Int(g) - other.1, Int(b) - other.2)
  return dr * dr + dg * dg + db * db
}

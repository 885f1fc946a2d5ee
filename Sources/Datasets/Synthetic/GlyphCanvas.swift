import Glibc

/// One image being drawn: ink from 0 to 1, row-major.
struct GlyphCanvas {
  private let extent: Int
  private var ink: [Float]

  /// A blank square of `extent` by `extent` pixels.
  init(extent: Int) {
    self.extent = extent
    ink = [Float](repeating: 0, count: extent * extent)
  }

  /// Draws a glyph under a random affine map, then a stray stroke, then an occluding block.
  mutating func draw(_ glyph: Glyph, random: inout KeyedRandom) {
    for index in ink.indices { ink[index] = 0 }
    let map = AffineMap(random: &random, extent: extent)
    let width = random.uniform(1.2, 2.8)
    let strength = random.uniform(0.55, 1)
    for stroke in glyph.strokes {
      drawStroke(from: map(stroke.from), to: map(stroke.to), width: width, strength: strength)
    }
    let side = Float(extent)
    drawStroke(
      from: [random.uniform(0, side), random.uniform(0, side)], to: [random.uniform(0, side), random.uniform(0, side)],
      width: random.uniform(0.8, 1.6), strength: random.uniform(0.3, 0.9))
    occlude(random: &random)
  }

  /// Adds noise and writes the image as bytes.
  ///
  /// Overwrites every pixel.
  func write(to pixels: UnsafeMutableBufferPointer<UInt8>, _ random: inout KeyedRandom) {
    let deviation = random.uniform(0.05, 0.2)
    PixelNoise.write(ink, deviation: deviation, to: pixels, &random)
  }

  /// A straight stroke with round ends; the edge fades over one pixel.
  ///
  /// Touches only its bounding box.
  private mutating func drawStroke(from a: SIMD2<Float>, to b: SIMD2<Float>, width: Float, strength: Float) {
    let reach = width / 2 + 0.5
    let columns = pixelRange(min(a.x, b.x) - reach, max(a.x, b.x) + reach)
    let rows = pixelRange(min(a.y, b.y) - reach, max(a.y, b.y) + reach)
    let dx = b.x - a.x
    let dy = b.y - a.y
    let inverse = 1 / max(dx * dx + dy * dy, 1e-6)
    let extent = extent
    ink.withUnsafeMutableBufferPointer { ink in
      for row in rows {
        let y = Float(row) + 0.5 - a.y
        for column in columns {
          let x = Float(column) + 0.5 - a.x
          let along = min(max((x * dx + y * dy) * inverse, 0), 1)
          let ex = x - along * dx
          let ey = y - along * dy
          let square = ex * ex + ey * ey
          guard square < reach * reach else { continue }
          let coverage = min(1, reach - square.squareRoot()) * strength
          let index = row * extent + column
          ink[index] = max(ink[index], coverage)
        }
      }
    }
  }

  /// Covers a rectangle with an even shade.
  private mutating func occlude(random: inout KeyedRandom) {
    let side = Float(extent)
    let left = random.uniform(0, side)
    let top = random.uniform(0, side)
    let columns = pixelRange(left, left + random.uniform(3, 9))
    let rows = pixelRange(top, top + random.uniform(3, 9))
    let shade = random.uniform(0, 0.5)
    for row in rows {
      for column in columns { ink[row * extent + column] = shade }
    }
  }

  private func pixelRange(_ low: Float, _ high: Float) -> Range<Int> {
    let first = min(max(Int(low.rounded(.down)), 0), extent)
    return first..<min(max(Int(high.rounded(.up)), first), extent)
  }
}

/// Rotation, shear, stretch and shift of a glyph into pixel coordinates.
private struct AffineMap {
  private let x: SIMD2<Float>
  private let y: SIMD2<Float>
  private let centre: SIMD2<Float>

  init(random: inout KeyedRandom, extent: Int) {
    let angle = random.uniform(-0.25, 0.25)
    let shear = random.uniform(-0.25, 0.25)
    let half = Float(extent) / 2
    let width = half * random.uniform(0.5, 0.8)
    let height = half * random.uniform(0.5, 0.8)
    let cosine = cosf(angle)
    let sine = sinf(angle)
    x = [cosine * width, sine * width]
    y = [(shear * cosine - sine) * height, (shear * sine + cosine) * height]
    centre = [half + random.uniform(-2.5, 2.5), half + random.uniform(-2.5, 2.5)]
  }

  func callAsFunction(_ point: SIMD2<Float>) -> SIMD2<Float> {
    centre + x * point.x + y * point.y
  }
}

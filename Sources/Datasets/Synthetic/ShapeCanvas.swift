import Glibc

/// One image of bright shapes being drawn, with the class of every pixel.
struct ShapeCanvas {
  /// Classes of pixels, in the order of their labels.
  enum Class: UInt16, CaseIterable {
    case background, disc, box, triangle
  }

  private let channels: Int
  private let extent: Int
  /// (C, H, W), from 0 to 1.
  private var ink: [Float]
  /// (H, W).
  private(set) var labels: [UInt16]

  /// A black image of `extent` by `extent` pixels.
  init(channels: Int, extent: Int) {
    self.channels = channels
    self.extent = extent
    ink = [Float](repeating: 0, count: channels * extent * extent)
    labels = [UInt16](repeating: 0, count: extent * extent)
  }

  /// Draws a dark slope, two or three shapes of random colour, each over those before it, and a dark bar over all.
  ///
  /// Any shape may have any colour: only its outline tells its class.
  mutating func draw(_ random: inout KeyedRandom) {
    drawBackground(&random)
    let side = Float(extent)
    for _ in 0..<(2 + random.index(below: 2)) {
      let kind = Class.allCases[1 + Int(random.index(below: 3))]
      let frame = Frame(
        centre: [random.uniform(side / 8, side * 7 / 8), random.uniform(side / 8, side * 7 / 8)],
        angle: random.uniform(-0.35, 0.35))
      let outline = Outline(kind, radius: random.uniform(side * 5 / 32, side * 9 / 32), aspect: random.uniform(0.6, 1))
      paint(color(0.45, 1, &random), kind) { outline.contains(frame.local($0)) }
    }
    let frame = Frame(
      centre: [random.uniform(side / 5, side * 4 / 5), random.uniform(side / 5, side * 4 / 5)],
      angle: random.uniform(0, .pi))
    let halfWidth = random.uniform(0.8, 1.6)
    paint(color(0, 0.4, &random), .background) { abs(frame.local($0).x) < halfWidth }
  }

  /// Adds noise and writes the image as bytes (C, H, W).
  ///
  /// Overwrites every pixel.
  func write(to pixels: UnsafeMutableBufferPointer<UInt8>, _ random: inout KeyedRandom) {
    let deviation = random.uniform(0.04, 0.12)
    PixelNoise.write(ink, deviation: deviation, to: pixels, &random)
  }

  private mutating func drawBackground(_ random: inout KeyedRandom) {
    let base = color(0.05, 0.4, &random)
    let slope: SIMD2<Float> = [random.uniform(-0.15, 0.15), random.uniform(-0.15, 0.15)]
    let half = Float(extent) / 2
    var index = 0
    for channel in 0..<channels {
      for row in 0..<extent {
        for column in 0..<extent {
          ink[index] = base[channel] + slope.x * (Float(column) / half - 1) + slope.y * (Float(row) / half - 1)
          index += 1
        }
      }
    }
    for index in labels.indices { labels[index] = Class.background.rawValue }
  }

  /// Colours the pixels whose centres a region contains, and gives them a class.
  private mutating func paint(_ color: SIMD4<Float>, _ kind: Class, where contains: (SIMD2<Float>) -> Bool) {
    let plane = extent * extent
    for row in 0..<extent {
      for column in 0..<extent where contains([Float(column) + 0.5, Float(row) + 0.5]) {
        let index = row * extent + column
        labels[index] = kind.rawValue
        for channel in 0..<channels { ink[channel * plane + index] = color[channel] }
      }
    }
  }

  /// A brightness for each channel; there are at most four.
  private func color(_ low: Float, _ high: Float, _ random: inout KeyedRandom) -> SIMD4<Float> {
    var color = SIMD4<Float>()
    for channel in 0..<channels { color[channel] = random.uniform(low, high) }
    return color
  }
}

/// Where a shape stands and how it is turned.
private struct Frame {
  let centre: SIMD2<Float>
  let axis: SIMD2<Float>

  init(centre: SIMD2<Float>, angle: Float) {
    self.centre = centre
    axis = [cosf(angle), sinf(angle)]
  }

  /// A point of the image in the shape's own coordinates.
  func local(_ point: SIMD2<Float>) -> SIMD2<Float> {
    let offset = point - centre
    return [offset.x * axis.x + offset.y * axis.y, offset.y * axis.x - offset.x * axis.y]
  }
}

/// The inside of a shape around the origin, in sizes at which the three cover about the same area.
private struct Outline {
  let kind: ShapeCanvas.Class
  let radius: Float
  let aspect: Float

  init(_ kind: ShapeCanvas.Class, radius: Float, aspect: Float) {
    self.kind = kind
    self.radius = radius
    self.aspect = aspect
  }

  func contains(_ point: SIMD2<Float>) -> Bool {
    switch kind {
    case .background: return false
    case .disc: return point.x * point.x + point.y * point.y < 0.81 * radius * radius
    case .box: return abs(point.x) < 0.85 * radius && abs(point.y) < 0.85 * aspect * radius
    case .triangle:
      // Equilateral around its centre: three half-planes.
      let slant = Float(3).squareRoot() * point.x
      let reach = 1.2 * radius
      return point.y > -reach / 2 && point.y + slant < reach && point.y - slant < reach
    }
  }
}

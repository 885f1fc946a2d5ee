import GraphIR
import TensorCore

extension ReferenceInterpreter {
  /// x (N, C, H, W) → y (N, C, scale H, scale W) (torch.nn.functional.interpolate, align_corners false).
  static func upsample(
    _ x: ReferenceTensor, into zeros: ReferenceTensor, _ attributes: UpsampleAttributes
  ) -> ReferenceTensor {
    var y = zeros
    forEachTerm(x: x.shape, y: y.shape, attributes) { source, weight, index in
      y.elements[index] += weight * x.elements[source]
    }
    return y
  }

  /// dy (N, C, scale H, scale W) → dx (N, C, H, W): each pixel gets back what it gave, by the same weights.
  static func upsampleBackward(
    _ dy: ReferenceTensor, into zeros: ReferenceTensor, _ attributes: UpsampleAttributes
  ) -> ReferenceTensor {
    var dx = zeros
    forEachTerm(x: dx.shape, y: dy.shape, attributes) { source, weight, index in
      dx.elements[source] += weight * dy.elements[index]
    }
    return dx
  }

  /// Visits every term of y[y] = Σ weight · x[x].
  private static func forEachTerm(
    x: Shape, y: Shape, _ attributes: UpsampleAttributes, _ body: (_ x: Int, _ weight: Double, _ y: Int) -> Void
  ) {
    for index in 0..<y.count {
      let (ow, oh, plane) = (index % y[3], index / y[3] % y[2], index / (y[3] * y[2]))
      for (h, rowWeight) in sources(of: oh, extent: x[2], attributes) {
        for (w, columnWeight) in sources(of: ow, extent: x[3], attributes) {
          body((plane * x[2] + h) * x[3] + w, rowWeight * columnWeight, index)
        }
      }
    }
  }

  /// The places that a place of the enlarged dimension is made of, with their weights.
  ///
  /// Bilinear: pixel centres stand at half-odd places, so that `place` lies at (place + ½)/scale - ½ of the original,
  /// before the first centre at the first, beyond the last at the last.
  private static func sources(
    of place: Int, extent: Int, _ attributes: UpsampleAttributes
  ) -> [(place: Int, weight: Double)] {
    switch attributes.mode {
    case .nearest: return [(place / attributes.scale, 1)]
    case .bilinear:
      let position = max((Double(place) + 0.5) / Double(attributes.scale) - 0.5, 0)
      let first = Int(position)
      let fraction = position - Double(first)
      return [(first, 1 - fraction), (min(first + 1, extent - 1), fraction)]
    }
  }
}

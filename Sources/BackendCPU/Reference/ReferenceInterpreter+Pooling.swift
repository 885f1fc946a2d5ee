import GraphIR
import TensorCore

extension ReferenceInterpreter {
  /// Visits the windows of a pooling: the index in y, then the elements of x within the window, each with its position
  /// in the window (row-major).
  ///
  /// Padding is left out.
  static func forEachWindow(
    x: Shape, y: Shape, _ attributes: PoolingAttributes,
    _ body: (_ y: Int, _ elements: [(position: Int, x: Int)]) -> Void
  ) {
    for index in 0..<y.count {
      let (ow, oh, plane) = (index % y[3], index / y[3] % y[2], index / (y[3] * y[2]))
      var elements: [(position: Int, x: Int)] = []
      for kh in 0..<attributes.kernel[0] {
        let h = oh * attributes.stride[0] - attributes.padding[0] + kh
        guard (0..<x[2]).contains(h) else { continue }
        for kw in 0..<attributes.kernel[1] {
          let w = ow * attributes.stride[1] - attributes.padding[1] + kw
          guard (0..<x[3]).contains(w) else { continue }
          elements.append((kh * attributes.kernel[1] + kw, (plane * x[2] + h) * x[3] + w))
        }
      }
      body(index, elements)
    }
  }

  /// x (N, C, H, W) → y (N, C, OH, OW) and the position of the maximum within each window.
  ///
  /// The first among equals wins; NaN wins over everything, as in torch.
  static func maxPool(
    _ x: ReferenceTensor, into zeros: ReferenceTensor, _ attributes: PoolingAttributes
  ) -> [ReferenceTensor] {
    var (y, positions) = (zeros, zeros)
    forEachWindow(x: x.shape, y: y.shape, attributes) { index, elements in
      var best: (position: Int, x: Int)?
      for candidate in elements {
        guard let current = best else {
          best = candidate
          continue
        }
        let value = x.elements[candidate.x]
        if value > x.elements[current.x] || value.isNaN { best = candidate }
      }
      // Padding is at most half the window, so no window is empty.
      guard let best else { return }
      y.elements[index] = x.elements[best.x]
      positions.elements[index] = Double(best.position)
    }
    return [y, positions]
  }

  /// dy (N, C, OH, OW), positions → dx (N, C, H, W): each dy goes to the maximum of its window.
  static func maxPoolBackward(
    _ dy: ReferenceTensor, positions: ReferenceTensor, into zeros: ReferenceTensor, _ attributes: PoolingAttributes
  ) -> ReferenceTensor {
    var dx = zeros
    forEachWindow(x: dx.shape, y: dy.shape, attributes) { index, elements in
      for element in elements where Double(element.position) == positions.elements[index] {
        dx.elements[element.x] += dy.elements[index]
      }
    }
    return dx
  }

  /// x (N, C, H, W) → y (N, C, OH, OW); padding counts as zeros.
  static func averagePool(
    _ x: ReferenceTensor, into zeros: ReferenceTensor, _ attributes: PoolingAttributes
  ) -> ReferenceTensor {
    let windowSize = Double(attributes.kernel.reduce(1, *))
    var y = zeros
    forEachWindow(x: x.shape, y: y.shape, attributes) { index, elements in
      for element in elements { y.elements[index] += x.elements[element.x] }
      y.elements[index] /= windowSize
    }
    return y
  }

  /// dy (N, C, OH, OW) → dx (N, C, H, W): each dy is spread evenly over its window.
  static func averagePoolBackward(
    _ dy: ReferenceTensor, into zeros: ReferenceTensor, _ attributes: PoolingAttributes
  ) -> ReferenceTensor {
    let windowSize = Double(attributes.kernel.reduce(1, *))
    var dx = zeros
    forEachWindow(x: dx.shape, y: dy.shape, attributes) { index, elements in
      for element in elements { dx.elements[element.x] += dy.elements[index] / windowSize }
    }
    return dx
  }

  /// x (N, C, H, W) → y (N, C, 1, 1), the means of the planes.
  static func globalAveragePool(_ x: ReferenceTensor) -> ReferenceTensor {
    let spatial = x.shape[2] * x.shape[3]
    var y = ReferenceTensor(zeros: [x.shape[0], x.shape[1], 1, 1])
    for (index, element) in x.elements.enumerated() { y.elements[index / spatial] += element / Double(spatial) }
    return y
  }

  /// dy (N, C, 1, 1) → dx (N, C, H, W).
  static func globalAveragePoolBackward(_ dy: ReferenceTensor, into zeros: ReferenceTensor) -> ReferenceTensor {
    let spatial = zeros.shape[2] * zeros.shape[3]
    var dx = zeros
    for index in dx.elements.indices { dx.elements[index] = dy.elements[index / spatial] / Double(spatial) }
    return dx
  }
}

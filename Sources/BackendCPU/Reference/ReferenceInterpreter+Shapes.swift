import TensorCore

extension ReferenceInterpreter {
  /// x (N, C, H, W) → (N, H·W, C): pixels as a sequence.
  static func toSequence(_ x: ReferenceTensor) -> ReferenceTensor {
    let (channels, spatial) = (x.shape[1], x.shape[2] * x.shape[3])
    var y = ReferenceTensor(zeros: [x.shape[0], spatial, channels])
    forEachPixel(x.shape) { image, sequence in y.elements[sequence] = x.elements[image] }
    return y
  }

  /// dy (N, H·W, C) → dx (N, C, H, W).
  static func fromSequence(_ dy: ReferenceTensor, into zeros: ReferenceTensor) -> ReferenceTensor {
    var dx = zeros
    forEachPixel(dx.shape) { image, sequence in dx.elements[image] = dy.elements[sequence] }
    return dx
  }

  /// Visits the elements of an image (N, C, H, W), each with its place in the sequence (N, H·W, C).
  private static func forEachPixel(_ image: Shape, _ body: (_ image: Int, _ sequence: Int) -> Void) {
    let (channels, spatial) = (image[1], image[2] * image[3])
    for index in 0..<image.count {
      let (n, c, position) = (index / (channels * spatial), index / spatial % channels, index % spatial)
      body(index, (n * spatial + position) * channels + c)
    }
  }

  /// Tensors that differ in one extent → one after the other along that dimension.
  static func concat(_ operands: [ReferenceTensor], into zeros: ReferenceTensor, _ dimension: Int) -> ReferenceTensor {
    var (y, start) = (zeros, 0)
    for operand in operands {
      forEachElement(ofSlice: operand.shape, from: start, of: y.shape, dimension) { part, whole in
        y.elements[whole] = operand.elements[part]
      }
      start += operand.shape[dimension]
    }
    return y
  }

  /// x → the places of one dimension from `start` on that the result has room for.
  static func slice(
    _ x: ReferenceTensor, into zeros: ReferenceTensor, _ dimension: Int, _ start: Int
  ) -> ReferenceTensor {
    var y = zeros
    forEachElement(ofSlice: y.shape, from: start, of: x.shape, dimension) { part, whole in
      y.elements[part] = x.elements[whole]
    }
    return y
  }

  /// dy → dx, zero outside the slice.
  static func sliceBackward(
    _ dy: ReferenceTensor, into zeros: ReferenceTensor, _ dimension: Int, _ start: Int
  ) -> ReferenceTensor {
    var dx = zeros
    forEachElement(ofSlice: dy.shape, from: start, of: dx.shape, dimension) { part, whole in
      dx.elements[whole] = dy.elements[part]
    }
    return dx
  }

  /// Visits the elements of a slice that begins at place `start` of a dimension of the whole, each with its index there.
  private static func forEachElement(
    ofSlice part: Shape, from start: Int, of whole: Shape, _ dimension: Int,
    _ body: (_ part: Int, _ whole: Int) -> Void
  ) {
    let inner = part.dimensions[(dimension + 1)...].reduce(1, *)
    let extent = part[dimension]
    for index in 0..<part.count {
      let (outer, place, rest) = (index / (extent * inner), index / inner % extent, index % inner)
      body(index, (outer * whole[dimension] + start + place) * inner + rest)
    }
  }
}

import GraphIR
import TensorCore

extension ReferenceInterpreter {
  /// Indices of the factors and the sum of one product of a convolution: y[y] += x[x] · weight[weight].
  struct ConvolutionTerm {
    var x: Int
    var weight: Int
    var y: Int
  }

  /// Visits every product of a cross-correlation, padding left out; all three passes sum over the same products.
  ///
  /// Shapes: x (N, C, H, W), weight (O, C, KH, KW), y (N, O, OH, OW).
  static func forEachTerm(
    x: Shape, weight: Shape, y: Shape, _ attributes: ConvolutionAttributes, _ body: (ConvolutionTerm) -> Void
  ) {
    let (channels, height, width) = (x[1], x[2], x[3])
    let (kernelHeight, kernelWidth) = (weight[2], weight[3])
    for index in 0..<y.count {
      let (ow, oh) = (index % y[3], index / y[3] % y[2])
      let (o, n) = (index / (y[3] * y[2]) % y[1], index / (y[3] * y[2] * y[1]))
      for kh in 0..<kernelHeight {
        let h = oh * attributes.stride[0] - attributes.padding[0] + kh
        guard (0..<height).contains(h) else { continue }
        for kw in 0..<kernelWidth {
          let w = ow * attributes.stride[1] - attributes.padding[1] + kw
          guard (0..<width).contains(w) else { continue }
          for c in 0..<channels {
            body(
              ConvolutionTerm(
                x: ((n * channels + c) * height + h) * width + w,
                weight: ((o * channels + c) * kernelHeight + kh) * kernelWidth + kw, y: index))
          }
        }
      }
    }
  }

  /// x (N, C, H, W), weight (O, C, KH, KW), bias (O) → y (N, O, OH, OW).
  static func convolution(
    _ x: ReferenceTensor, _ weight: ReferenceTensor, _ bias: ReferenceTensor?, into zeros: ReferenceTensor,
    _ attributes: ConvolutionAttributes
  ) -> ReferenceTensor {
    var y = zeros
    forEachTerm(x: x.shape, weight: weight.shape, y: y.shape, attributes) { term in
      y.elements[term.y] += x.elements[term.x] * weight.elements[term.weight]
    }
    return addingBias(bias, to: y)
  }

  private static func addingBias(_ bias: ReferenceTensor?, to y: ReferenceTensor) -> ReferenceTensor {
    guard let bias else { return y }
    var y = y
    for index in y.elements.indices { y.elements[index] += bias.elements[y.channel(ofElement: index)] }
    return y
  }

  /// x (N, I, H, W), weight (I, O, KH, KW), bias (O) → y (N, O, OH, OW) (torch.nn.ConvTranspose2d).
  ///
  /// The transpose of the convolution that leads from y to x. The product is rounded to the format `stored` of the
  /// operands before the bias is added to it, as in torch on CUDA (cudnn_convolution_transpose, then add_).
  func transposedConvolution(
    _ x: ReferenceTensor, _ weight: ReferenceTensor, _ bias: ReferenceTensor?, into zeros: ReferenceTensor,
    _ attributes: ConvolutionAttributes, stored: DType
  ) -> ReferenceTensor {
    let product = Self.convolutionBackwardData(x, weight, into: zeros, attributes)
    return Self.addingBias(bias, to: product.map(rounder(to: stored)))
  }

  /// dy (N, O, OH, OW), weight (O, C, KH, KW) → dx (N, C, H, W).
  static func convolutionBackwardData(
    _ dy: ReferenceTensor, _ weight: ReferenceTensor, into zeros: ReferenceTensor, _ attributes: ConvolutionAttributes
  ) -> ReferenceTensor {
    var dx = zeros
    forEachTerm(x: dx.shape, weight: weight.shape, y: dy.shape, attributes) { term in
      dx.elements[term.x] += dy.elements[term.y] * weight.elements[term.weight]
    }
    return dx
  }

  /// x (N, C, H, W), dy (N, O, OH, OW) → dweight (O, C, KH, KW), and dbias (O) if `bias`.
  static func convolutionBackwardWeights(
    _ x: ReferenceTensor, _ dy: ReferenceTensor, into zeros: ReferenceTensor, bias: Bool,
    _ attributes: ConvolutionAttributes
  ) -> [ReferenceTensor] {
    var dweight = zeros
    forEachTerm(x: x.shape, weight: dweight.shape, y: dy.shape, attributes) { term in
      dweight.elements[term.weight] += x.elements[term.x] * dy.elements[term.y]
    }
    guard bias else { return [dweight] }
    var dbias = ReferenceTensor(zeros: [dy.shape[1]])
    for (index, element) in dy.elements.enumerated() { dbias.elements[dy.channel(ofElement: index)] += element }
    return [dweight, dbias]
  }
}

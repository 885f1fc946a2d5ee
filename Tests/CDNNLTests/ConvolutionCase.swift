import CDNNL
import Testing

/// A convolution with the reference values of its three passes.
struct ConvolutionCase: Sendable, CustomTestStringConvertible {
  let name: String
  var n = 2
  let c: Int
  let h: Int
  let w: Int
  let o: Int
  let kernel: (h: Int, w: Int)
  var stride = (h: 1, w: 1)
  var padding = (h: 0, w: 0)
  var dilation = (h: 1, w: 1)

  static let all = [
    ConvolutionCase(name: "3x3", c: 16, h: 7, w: 5, o: 32, kernel: (3, 3), padding: (1, 1)),
    ConvolutionCase(name: "3x3 stride 2", c: 8, h: 9, w: 7, o: 16, kernel: (3, 3), stride: (2, 2), padding: (1, 1)),
    ConvolutionCase(name: "1x1", c: 24, h: 5, w: 5, o: 8, kernel: (1, 1)),
    ConvolutionCase(name: "first layer, C = 1", c: 1, h: 8, w: 8, o: 16, kernel: (5, 5), padding: (2, 2)),
    ConvolutionCase(name: "dilation 2", c: 8, h: 9, w: 9, o: 8, kernel: (3, 3), padding: (2, 2), dilation: (2, 2)),
    ConvolutionCase(name: "2x2 stride 2", c: 16, h: 8, w: 6, o: 8, kernel: (2, 2), stride: (2, 2)),
    ConvolutionCase(name: "4x4 stride 2", c: 8, h: 8, w: 10, o: 16, kernel: (4, 4), stride: (2, 2), padding: (1, 1)),
    ConvolutionCase(
      name: "dilation 2, stride 2", c: 8, h: 9, w: 11, o: 8, kernel: (3, 3), stride: (2, 2), padding: (2, 2),
      dilation: (2, 2)),
    ConvolutionCase(
      name: "odd everything", n: 3, c: 3, h: 7, w: 6, o: 5, kernel: (3, 2), stride: (2, 1), padding: (1, 0)),
    ConvolutionCase(name: "rows left over by the stride", c: 4, h: 8, w: 8, o: 8, kernel: (3, 3), stride: (3, 3)),
  ]

  var testDescription: String { name }

  var oh: Int { (h + 2 * padding.h - dilation.h * (kernel.h - 1) - 1) / stride.h + 1 }
  var ow: Int { (w + 2 * padding.w - dilation.w * (kernel.w - 1) - 1) / stride.w + 1 }
  var xCount: Int { n * c * h * w }
  var weightCount: Int { o * c * kernel.h * kernel.w }
  var yCount: Int { n * o * oh * ow }

  func shape(_ dtypes: PrecisionPair, bias: Precision?) -> cdnnl_convolution {
    cdnnl_convolution(
      n: Int64(n), c: Int64(c), h: Int64(h), w: Int64(w), o: Int64(o), kh: Int64(kernel.h), kw: Int64(kernel.w),
      stride_h: Int64(stride.h), stride_w: Int64(stride.w), pad_h: Int64(padding.h), pad_w: Int64(padding.w),
      dilation_h: Int64(dilation.h), dilation_w: Int64(dilation.w), input_dtype: dtypes.input.dtype,
      output_dtype: dtypes.output.dtype, has_bias: bias != nil, bias_dtype: (bias ?? .f32).dtype)
  }

  /// Calls `body` with the places of x (N, H, W, C), weight (O, C, KH, KW) and y (N, OH, OW, O) of every product.
  func forEachProduct(_ body: (_ x: Int, _ weight: Int, _ y: Int) -> Void) {
    for image in 0..<n {
      for (row, column) in (0..<oh).flatMap({ row in (0..<ow).map { (row, $0) } }) {
        for (kernelRow, kernelColumn) in (0..<kernel.h).flatMap({ row in (0..<kernel.w).map { (row, $0) } }) {
          let y = row * stride.h - padding.h + kernelRow * dilation.h
          let x = column * stride.w - padding.w + kernelColumn * dilation.w
          guard (0..<h).contains(y), (0..<w).contains(x) else { continue }
          for output in 0..<o {
            for input in 0..<c {
              body(
                ((image * h + y) * w + x) * c + input,
                ((output * c + input) * kernel.h + kernelRow) * kernel.w + kernelColumn,
                ((image * oh + row) * ow + column) * o + output)
            }
          }
        }
      }
    }
  }
}

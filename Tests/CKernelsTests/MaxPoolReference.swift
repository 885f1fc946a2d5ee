import CKernels
import Testing

extension KernelTests.MaxPool {
  /// Calls the kernel; positions come as bytes for the gradient and as numbers for comparison.
  static func pool(
    _ x: Tensor, _ shape: amp_pool_shape, threads: Int32
  ) -> (y: Tensor, bytes: [UInt8], positions: [Int]) {
    var shape = shape
    var y = Tensor(x.dtype, count: shape.outputCount)
    let size = amp_pool_position_size(&shape)
    var bytes = [UInt8](repeating: Tensor.guardByte, count: shape.outputCount * size + Tensor.guardCount)
    amp_max_pool(threads, x.dtype, x.bytes, &y.bytes, &bytes, &shape)
    #expect(y.isGuardIntact && bytes.suffix(Tensor.guardCount).allSatisfy { $0 == Tensor.guardByte })
    let positions = bytes.withUnsafeBytes { memory in
      size == 1
        ? memory.prefix(shape.outputCount).map { Int($0) }
        : memory.bindMemory(to: Int32.self).prefix(shape.outputCount).map { Int($0) }
    }
    return (y, bytes, positions)
  }

  static func gradient(_ dy: Tensor, _ positions: [UInt8], _ shape: amp_pool_shape, threads: Int32) -> Tensor {
    var shape = shape
    var dx = Tensor(dy.dtype, count: shape.inputCount)
    amp_max_pool_backward(threads, dy.dtype, dy.bytes, positions, &dx.bytes, &shape)
    #expect(dx.isGuardIntact)
    return dx
  }

  /// torch's loop: a value replaces the maximum so far where it is larger or NaN.
  static func expected(_ x: [Float], _ shape: amp_pool_shape) -> (maxima: [Float], positions: [Int]) {
    var (maxima, positions) = ([Float](), [Int]())
    for output in 0..<shape.outputCount {
      var best: (value: Float, position: Int)?
      for (position, pixel) in shape.window(of: output) {
        if let current = best, !(x[pixel] > current.value || x[pixel].isNaN) { continue }
        best = (x[pixel], position)
      }
      maxima.append(best?.value ?? 0)
      positions.append(best?.position ?? -1)
    }
    return (maxima, positions)
  }

  /// Sums in Double, not rounded.
  static func expectedGradient(_ dy: [Float], _ positions: [Int], _ shape: amp_pool_shape) -> [Double] {
    var dx = [Double](repeating: 0, count: shape.inputCount)
    for output in 0..<shape.outputCount {
      for (position, pixel) in shape.window(of: output) where position == positions[output] {
        dx[pixel] += Double(dy[output])
      }
    }
    return dx
  }
}

extension amp_pool_shape {
  /// x (n, h, w, channels), window, stride and padding (height, width).
  init(
    _ x: (n: Int, h: Int, w: Int, channels: Int), kernel: (Int, Int), stride: (Int, Int), padding: (Int, Int) = (0, 0)
  ) {
    self.init(
      n: x.n, h: x.h, w: x.w, channels: x.channels, kernel_h: kernel.0, kernel_w: kernel.1, stride_h: stride.0,
      stride_w: stride.1, padding_h: padding.0, padding_w: padding.1)
  }

  var outputHeight: Int { (h + 2 * padding_h - kernel_h) / stride_h + 1 }
  var outputWidth: Int { (w + 2 * padding_w - kernel_w) / stride_w + 1 }
  var inputCount: Int { n * h * w * channels }
  var outputCount: Int { n * outputHeight * outputWidth * channels }

  /// The elements of x under element `output` of y (N, OH, OW, C), each with its position in the window, row by row.
  func window(of output: Int) -> [(position: Int, x: Int)] {
    let (channel, column) = (output % channels, output / channels % outputWidth)
    let row = output / (channels * outputWidth) % outputHeight
    let sample = output / (channels * outputWidth * outputHeight)
    var elements: [(position: Int, x: Int)] = []
    for down in 0..<kernel_h {
      for right in 0..<kernel_w {
        let (y, x) = (row * stride_h + down - padding_h, column * stride_w + right - padding_w)
        guard (0..<h).contains(y), (0..<w).contains(x) else { continue }
        elements.append((down * kernel_w + right, ((sample * h + y) * w + x) * channels + channel))
      }
    }
    return elements
  }
}

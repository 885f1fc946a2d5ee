import CDNNL
import Testing

@Suite("Pooling")
struct PoolingTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let c: Int
    let h: Int
    let w: Int
    let kernel: Int
    let stride: Int
    var padding = 0

    static let all = [
      Case(name: "2x2 stride 2", c: 16, h: 8, w: 6, kernel: 2, stride: 2),
      Case(name: "3x3 stride 2 padding 1, windows overlap", c: 5, h: 7, w: 9, kernel: 3, stride: 2, padding: 1),
      Case(name: "2x2 stride 2, a row left over", c: 3, h: 7, w: 7, kernel: 2, stride: 2),
    ]

    let n = 2
    var oh: Int { (h + 2 * padding - kernel) / stride + 1 }
    var ow: Int { (w + 2 * padding - kernel) / stride + 1 }
    var xCount: Int { n * c * h * w }
    var yCount: Int { n * c * oh * ow }
    var testDescription: String { name }

    func shape(_ kind: cdnnl_pool_kind, _ dtype: Precision) -> cdnnl_pooling {
      let (kernel, stride, padding) = (Int64(kernel), Int64(stride), Int64(padding))
      return cdnnl_pooling(
        kind: kind, n: Int64(n), c: Int64(c), h: Int64(h), w: Int64(w), kh: kernel, kw: kernel, stride_h: stride,
        stride_w: stride, pad_h: padding, pad_w: padding, dtype: dtype.dtype)
    }

    /// The places in x (N, H, W, C) under the window of every place of y (N, OH, OW, C), row by row, without padding.
    var windows: [[Int]] {
      (0..<yCount).map { index in
        let channel = index % c
        let column = index / c % ow
        let row = index / c / ow % oh
        let image = index / c / ow / oh
        return (0..<kernel * kernel).compactMap { offset in
          let y = row * stride - padding + offset / kernel
          let x = column * stride - padding + offset % kernel
          guard (0..<h).contains(y), (0..<w).contains(x) else { return nil }
          return ((image * h + y) * w + x) * c + channel
        }
      }
    }

    /// A gradient is a sum over the windows that hold its place, and oneDNN rounds the sum to the dtype after each.
    var overlap: Int { (kernel + stride - 1) / stride * ((kernel + stride - 1) / stride) }
  }

  @Test("maxima are exact and each gradient goes to the first maximum", arguments: Case.all, [Precision.f32, .bf16])
  func maximum(pooling: Case, dtype: Precision) throws {
    // Few distinct values, as behind a relu, so that most windows have ties.
    let tied = TensorBuffer(
      TensorBuffer(randomCount: pooling.xCount, seed: 1, .f32).values.map { max(0, ($0 * 4).rounded() / 4) }, dtype)
    for x in [TensorBuffer(randomCount: pooling.xCount, seed: 2, .f32), tied] {
      guard let (y, dy, dx) = try run(pooling, CDNNL_POOL_MAX, TensorBuffer(x.values, dtype)) else { return }
      let values = TensorBuffer(x.values, dtype).values
      let dyValues = dy.values
      var expected: [Double] = []
      var gradient = Reference(count: pooling.xCount)
      for (index, window) in pooling.windows.enumerated() {
        let maximum = try #require(window.map { values[$0] }.max())
        let first = try #require(window.first { values[$0] == maximum })
        expected.append(maximum)
        gradient.add(dyValues[index], at: first)
      }
      #expect(y.values == expected)
      expectGradient(dx, gradient, pooling)
    }
  }

  @Test("average pooling counts padding in its divisor", arguments: Case.all, [Precision.f32, .bf16])
  func average(pooling: Case, dtype: Precision) throws {
    let x = TensorBuffer(randomCount: pooling.xCount, seed: 1, dtype)
    guard let (y, dy, dx) = try run(pooling, CDNNL_POOL_AVERAGE, x) else { return }
    let divisor = Double(pooling.kernel * pooling.kernel)
    let (values, dyValues) = (x.values, dy.values)
    var mean = Reference(count: pooling.yCount)
    var gradient = Reference(count: pooling.xCount)
    for (index, window) in pooling.windows.enumerated() {
      for place in window {
        mean.add(values[place] / divisor, at: index)
        gradient.add(dyValues[index] / divisor, at: place)
      }
    }
    mean.expect(y, terms: pooling.kernel * pooling.kernel + 1)
    expectGradient(dx, gradient, pooling)
  }

  private func expectGradient(_ dx: TensorBuffer, _ reference: Reference, _ pooling: Case) {
    let agrees = zip(dx.values, zip(reference.sums, reference.magnitudes)).allSatisfy { value, expected in
      abs(value - expected.0) <= Double(pooling.overlap) * dx.precision.unit * expected.1
    }
    #expect(agrees, "a gradient is off by more than one rounding a window")
  }

  private func run(
    _ pooling: Case, _ kind: cdnnl_pool_kind, _ x: TensorBuffer
  ) throws -> (y: TensorBuffer, dy: TensorBuffer, dx: TensorBuffer)? {
    var shape = pooling.shape(kind, x.precision)
    guard
      let forward = try Primitive.ifSupported(x.precision, { cdnnl_pooling_forward_create(&shape, &$0) }),
      let backward = try Primitive.ifSupported(x.precision, { cdnnl_pooling_backward_create(&shape, &$0) })
    else { return nil }
    let workspaceSize = cdnnl_workspace_size(forward.handle)
    #expect(workspaceSize == cdnnl_workspace_size(backward.handle))
    #expect((workspaceSize > 0) == (kind == CDNNL_POOL_MAX))

    let workspace = TensorBuffer(count: (workspaceSize + 3) / 4, .f32)
    let workspacePointer = workspaceSize > 0 ? workspace.pointer : nil
    let y = TensorBuffer(count: pooling.yCount, x.precision)
    let dy = TensorBuffer(randomCount: pooling.yCount, seed: 3, x.precision)
    let dx = TensorBuffer(count: pooling.xCount, x.precision)
    try check(
      cdnnl_pooling_forward_execute(
        forward.handle, x.pointer, y.pointer, workspacePointer, forward.scratch.pointer))
    try check(
      cdnnl_pooling_backward_execute(
        backward.handle, dy.pointer, workspacePointer, dx.pointer, backward.scratch.pointer))
    return (y, dy, dx)
  }
}

import CDNNL
import CKernels
import GraphIR
import TensorCore

/// Convolutions as one product of the whole team, in every format.
extension KernelContext {
  /// The product that a convolution is computed as; nil where it is computed in another way.
  func convolutionMatrix(_ sizes: ConvolutionSizes) -> ConvolutionMatrix? {
    guard convolutions != .library, let matrix = ConvolutionMatrix(sizes) else { return nil }
    return convolutions == .others || matrix.isFaster ? matrix : nil
  }

  /// y = X · Dᵀ, without bias.
  func convolutionForward(_ sizes: ConvolutionMatrix) throws -> Kernel {
    let (threads, compute) = (threads, computeFormat(input(0).dtype))
    let product = try BatchedProduct(
      self, m: sizes.rows, n: sizes.columns, k: sizes.inner, transposeB: true, a: .init(leading: sizes.inner),
      b: .init(leading: sizes.inner), c: .init(leading: sizes.columns), input: compute, output: compute)
    var layout = ScratchLayout()
    let library = layout.reserve(product.scratch)
    let matrix = layout.reserve(sizes.shape == nil ? 0 : sizes.count * compute.size)
    let rows = layout.reserve(sizes.copiedCount * compute.size)
    return widening([input(0), input(1)], [output(0)], product.primitive, scratch: layout.byteCount) {
      operands, results, scratch in
      try product(
        sizes.rows(of: operands[0], threads, compute, in: scratch + rows),
        sizes.matrix(of: operands[1], threads, compute, in: scratch + matrix), results[0], scratch + library)
    }
  }

  /// dx: dX = dy · D, and zero where no window sees x.
  func convolutionBackwardData(_ sizes: ConvolutionMatrix) throws -> Kernel {
    let (threads, dx, compute) = (threads, output(0), computeFormat(input(0).dtype))
    let product = try BatchedProduct(
      self, m: sizes.rows, n: sizes.inner, k: sizes.columns, a: .init(leading: sizes.columns),
      b: .init(leading: sizes.inner), c: .init(leading: sizes.inner), input: compute, output: compute)
    var layout = ScratchLayout()
    let library = layout.reserve(product.scratch)
    let matrix = layout.reserve(sizes.shape == nil ? 0 : sizes.count * compute.size)
    let rows = layout.reserve(sizes.copiedCount * compute.size)
    return widening([input(0), input(1)], [dx], product.primitive, scratch: layout.byteCount) {
      operands, results, scratch in
      let isPart = sizes.places != nil
      try product(
        operands[0], sizes.matrix(of: operands[1], threads, compute, in: scratch + matrix),
        isPart ? scratch + rows : results[0], scratch + library)
      if isPart {
        amp_fill_zero(threads, results[0], dx.shape.count * compute.size)
        sizes.forEachLine(compute) { line in
          amp_copy_rows(
            threads, scratch + rows + line.dense, line.row, results[0] + line.offset, line.stride, line.count, line.row)
        }
      }
    }
  }

  /// dweight from dD = dyᵀ · X, zero for taps that see nothing, and dbias.
  func convolutionBackwardWeights(_ sizes: ConvolutionMatrix, bias: Bool) throws -> Kernel {
    let (threads, compute) = (threads, computeFormat(input(0).dtype))
    if sizes.shape == nil, sizes.places == nil, !bias, compute == input(0).dtype {
      let shape = cdnnl_matmul(
        m: Int64(sizes.columns), n: Int64(sizes.inner), k: Int64(sizes.rows), transpose_a: true, transpose_b: false,
        has_bias: false, relu: false, input_dtype: compute.libraryType, bias_dtype: compute.libraryType,
        output_dtype: compute.libraryType)
      if sumsRows(shape) { return try sumOfRows(shape, a: 1, b: 0) }
    }
    // Several places add to a tap: in fp32, and what is rounded is their sum.
    let adds = sizes.shape.map { $0.places > 1 } ?? false
    let product = try BatchedProduct(
      self, m: sizes.columns, n: sizes.inner, k: sizes.rows, transposeA: true, a: .init(leading: sizes.columns),
      b: .init(leading: sizes.inner), c: .init(leading: sizes.inner), input: compute,
      output: adds ? .float32 : compute)
    var layout = ScratchLayout()
    let library = layout.reserve(product.scratch)
    let matrix = layout.reserve(sizes.shape == nil ? 0 : sizes.count * (adds ? DType.float32 : compute).size)
    let rows = layout.reserve(sizes.copiedCount * compute.size)
    let (filters, places) = (output(0).shape.count, input(1).shape.rows)
    let sums = layout.reserve(adds && compute != .float32 ? filters * DType.float32.size : 0)
    let biasScratch = layout.reserve(bias ? amp_column_sum_scratch(threads, places, sizes.outputs) : 0)
    return widening(
      [input(0), input(1)], node.outputs.indices.map(output), product.primitive, scratch: layout.byteCount
    ) { operands, results, scratch in
      let gradient = sizes.shape == nil ? results[0] : scratch + matrix
      try product(
        operands[1], sizes.rows(of: operands[0], threads, compute, in: scratch + rows), gradient, scratch + library)
      if var shape = sizes.shape {
        if adds {
          let total = compute == .float32 ? results[0] : scratch + sums
          amp_matrix_sums_to_filters(
            threads, gradient.assumingMemoryBound(to: Float.self), &shape, sizes.outputs, sizes.channels,
            total.assumingMemoryBound(to: Float.self))
          if total != results[0] { amp_cast(threads, AMP_F32, total, compute.kernelType, results[0], filters) }
        } else {
          amp_matrix_to_filters(
            threads, compute.kernelType, gradient, &shape, sizes.outputs, sizes.channels, results[0])
        }
      }
      if bias {
        amp_column_sum(
          threads, compute.kernelType, operands[1], compute.kernelType, results[1], places, sizes.outputs,
          scratch + biasScratch)
      }
    }
  }
}

extension ConvolutionMatrix {
  /// D of filters: themselves, or in `target`.
  fileprivate func matrix(
    of filters: UnsafeMutableRawPointer, _ threads: Int32, _ compute: DType, in target: UnsafeMutableRawPointer
  ) -> UnsafeRawPointer {
    guard var shape else { return UnsafeRawPointer(filters) }
    amp_filters_to_matrix(threads, compute.kernelType, filters, &shape, outputs, channels, target)
    return UnsafeRawPointer(target)
  }

  /// X of x: itself, or in `target`.
  fileprivate func rows(
    of x: UnsafeMutableRawPointer, _ threads: Int32, _ compute: DType, in target: UnsafeMutableRawPointer
  ) -> UnsafeRawPointer {
    if places == nil { return UnsafeRawPointer(x) }
    forEachLine(compute) { line in
      amp_copy_rows(threads, x + line.offset, line.stride, target + line.dense, line.row, line.count, line.row)
    }
    return UnsafeRawPointer(target)
  }

  /// Rows of X that lie equally far apart in x, in bytes: the first in x and in X, from one to the next, and the length.
  fileprivate struct Line {
    let (offset, dense, stride, row): (Int, Int, Int, Int)
    let count: Int
  }

  /// Calls `body` for every line of rows, or once where every sample has a single row.
  fileprivate func forEachLine(_ format: DType, _ body: (Line) -> Void) {
    guard let places else { return }
    let row = inner * format.size
    if places.lines * places.columns == 1 {
      body(Line(offset: 0, dense: 0, stride: places.sample * format.size, row: row, count: places.samples))
      return
    }
    for sample in 0..<places.samples {
      for line in 0..<places.lines {
        body(
          Line(
            offset: (sample * places.sample + line * places.line) * format.size,
            dense: (sample * places.lines + line) * places.columns * row, stride: places.column * format.size, row: row,
            count: places.columns))
      }
    }
  }
}

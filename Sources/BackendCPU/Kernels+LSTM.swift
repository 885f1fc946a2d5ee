import CKernels
import GraphIR
import TensorCore

/// Kernels of one LSTM layer over (N, T, I), batch first.
///
/// The products with the input weights run over all time steps at once, those with the recurrent weights step by step;
/// the cell itself is one fused kernel a step, as torch's _thnn_fused_lstm_cell. Storage-only formats widen what a product
/// reads; gates, cells and hidden states are rounded to the format at every step all the same.
extension KernelContext {
  /// Operands: x, weight_ih, weight_hh, bias_ih, bias_hh; results: y, gates, cells.
  func lstm() throws -> Kernel {
    let sizes = LSTMSizes(x: input(0), recurrent: input(2))
    let (dtype, threads) = (input(0).dtype, threads)
    let isWidened = isStorageOnly(dtype)
    let compute = isWidened ? DType.float32 : dtype
    let inputProduct = try BatchedProduct(
      self, m: sizes.rows, n: sizes.gates, k: sizes.inputs, transposeB: true, a: .init(leading: sizes.inputs),
      b: .init(leading: sizes.inputs), c: .init(leading: sizes.gates), input: compute, output: .float32)
    let recurrentProduct = try BatchedProduct(
      self, m: sizes.batch, n: sizes.gates, k: sizes.hidden, transposeB: true, a: .init(leading: sizes.hidden),
      b: .init(leading: sizes.hidden), c: .init(leading: sizes.gates), input: compute, output: .float32)

    var layout = ScratchLayout()
    let library = layout.reserve(max(inputProduct.scratch, recurrentProduct.scratch))
    let sums = layout.reserve(max(sizes.rows, sizes.batch) * sizes.gates * DType.float32.size)
    let recurrentGates = layout.reserve(sizes.batch * sizes.gates * dtype.size)
    let state = layout.reserve(sizes.batch * sizes.hidden * dtype.size)
    let widening = Widening(isWidened: isWidened, dtype: dtype, threads: threads)
    let wideX = widening.reserve(sizes.rows * sizes.inputs, in: &layout)
    let wideInput = widening.reserve(sizes.gates * sizes.inputs, in: &layout)
    let wideRecurrent = widening.reserve(sizes.gates * sizes.hidden, in: &layout)
    let wideState = widening.reserve(sizes.batch * sizes.hidden, in: &layout)
    let format = dtype.kernelType
    let cell = sizes.cellShape
    let title = implementation(of: inputProduct, isWidened)
    return Kernel(scratch: layout.byteCount, implementation: title) { place in
      { context in
        let base = place.scratch.pointer(context)
        let (y, gates, cells) = (
          place.outputs[0].pointer(context), place.outputs[1].pointer(context), place.outputs[2].pointer(context)
        )
        try inputProduct(
          widening(place.inputs[0].pointer(context), wideX, base),
          widening(place.inputs[1].pointer(context), wideInput, base), base + sums, base + library)
        // The cell activates the gates in place.
        amp_bias_activation(
          threads, AMP_F32, base + sums, format, place.inputs[3].pointer(context), false, format, gates, sizes.rows,
          sizes.gates)
        let recurrentWeight = widening(place.inputs[2].pointer(context), wideRecurrent, base)
        for step in 0..<sizes.length {
          let hiddenOffset = step * sizes.hidden * dtype.size
          let gateOffset = step * sizes.gates * dtype.size
          if step == 0 {
            amp_fill_zero(threads, base + sums, sizes.batch * sizes.gates * DType.float32.size)
          } else {
            amp_copy_rows(
              threads, y + hiddenOffset - sizes.hidden * dtype.size, sizes.length * sizes.hidden * dtype.size,
              base + state, sizes.hidden * dtype.size, sizes.batch, sizes.hidden * dtype.size)
            try recurrentProduct(
              widening(base + state, wideState, base), recurrentWeight, base + sums, base + library)
          }
          amp_bias_activation(
            threads, AMP_F32, base + sums, format, place.inputs[4].pointer(context), false, format,
            base + recurrentGates, sizes.batch, sizes.gates)
          let before = step == 0 ? nil : UnsafeRawPointer(cells + hiddenOffset - sizes.hidden * dtype.size)
          withUnsafePointer(to: cell) {
            amp_lstm_cell(
              threads, format, gates + gateOffset, base + recurrentGates, before, gates + gateOffset,
              cells + hiddenOffset, y + hiddenOffset, $0)
          }
        }
      }
    }
  }

  /// Operands: dy, x, weight_ih, weight_hh, y, gates, cells; results: dx, dweight_ih, dweight_hh, dbias.
  func lstmBackward() throws -> Kernel {
    let sizes = LSTMSizes(x: input(1), recurrent: input(3))
    let (dtype, threads) = (input(1).dtype, threads)
    let isWidened = isStorageOnly(dtype)
    let compute = isWidened ? DType.float32 : dtype
    let (rows, gateCount, hidden, inputs) = (sizes.rows, sizes.gates, sizes.hidden, sizes.inputs)
    // dh of the step before = dgates of this one times the recurrent weights.
    let recurrentProduct = try BatchedProduct(
      self, m: sizes.batch, n: hidden, k: gateCount,
      a: .init(leading: isWidened ? gateCount : sizes.length * gateCount),
      b: .init(leading: hidden), c: .init(leading: hidden), input: compute, output: compute)
    func weightProduct(_ columns: Int) throws -> BatchedProduct {
      try BatchedProduct(
        self, m: gateCount, n: columns, k: rows, transposeA: true, a: .init(leading: gateCount),
        b: .init(leading: columns), c: .init(leading: columns), input: compute, output: compute)
    }
    let (inputWeights, recurrentWeights) = (try weightProduct(inputs), try weightProduct(hidden))
    let dataProduct = try BatchedProduct(
      self, m: rows, n: inputs, k: gateCount, a: .init(leading: gateCount), b: .init(leading: inputs),
      c: .init(leading: inputs), input: compute, output: compute)

    var layout = ScratchLayout()
    let library = layout.reserve(
      [recurrentProduct, inputWeights, recurrentWeights, dataProduct].map(\.scratch).max() ?? 0)
    let dgates = layout.reserve(rows * gateCount * dtype.size)
    let dhBytes = layout.reserve(sizes.batch * hidden * dtype.size)
    let dcBytes = layout.reserve(sizes.batch * hidden * dtype.size)
    let previous = layout.reserve(rows * hidden * dtype.size)
    let sums = layout.reserve(amp_column_sum_scratch(threads, rows, gateCount))
    let widening = Widening(isWidened: isWidened, dtype: dtype, threads: threads)
    let wideGates = widening.reserve(rows * gateCount, in: &layout)
    let wideX = widening.reserve(rows * inputs, in: &layout)
    let widePrevious = widening.reserve(rows * hidden, in: &layout)
    let wideInput = widening.reserve(gateCount * inputs, in: &layout)
    let wideRecurrent = widening.reserve(gateCount * hidden, in: &layout)
    let wideResult = widening.reserve(
      max(rows * inputs, gateCount * inputs, gateCount * hidden, sizes.batch * hidden), in: &layout)
    let format = dtype.kernelType
    let cell = sizes.cellShape
    let title = implementation(of: inputWeights, isWidened)
    return Kernel(scratch: layout.byteCount, implementation: title) { place in
      { context in
        let base = place.scratch.pointer(context)
        let dy = place.inputs[0].pointer(context)
        let y = place.inputs[4].pointer(context)
        let (gates, cells) = (place.inputs[5].pointer(context), place.inputs[6].pointer(context))
        let recurrentWeight = widening(place.inputs[3].pointer(context), wideRecurrent, base)
        for step in (0..<sizes.length).reversed() {
          let hiddenOffset = step * hidden * dtype.size
          let gateOffset = step * gateCount * dtype.size
          let isLast = step == sizes.length - 1
          if !isLast {
            // Only the rows of one step are needed; they lie a whole sequence apart.
            let after = widening.rows(
              base + dgates + gateOffset + gateCount * dtype.size, stride: sizes.length * gateCount,
              rows: sizes.batch, columns: gateCount, wideGates, base)
            try recurrentProduct(
              after, recurrentWeight, isWidened ? base + wideResult : base + dhBytes, base + library)
            widening.narrow(wideResult, base, to: base + dhBytes, sizes.batch * hidden)
          }
          let before = step == 0 ? nil : UnsafeRawPointer(cells + hiddenOffset - hidden * dtype.size)
          withUnsafePointer(to: cell) {
            amp_lstm_cell_backward(
              threads, format, dy + hiddenOffset, isLast ? nil : UnsafeRawPointer(base + dhBytes), base + dcBytes,
              isLast, gates + gateOffset, before, cells + hiddenOffset, base + dgates + gateOffset, $0)
          }
        }
        previousStates(sizes, of: y, to: base + previous, dtype, threads)
        let allGates = widening(base + dgates, wideGates, base)
        func product(
          _ product: BatchedProduct, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ result: Address, _ count: Int
        ) throws {
          let target = result.pointer(context)
          try product(a, b, isWidened ? base + wideResult : target, base + library)
          widening.narrow(wideResult, base, to: target, count)
        }
        try product(
          inputWeights, allGates, widening(place.inputs[1].pointer(context), wideX, base), place.outputs[1],
          gateCount * inputs)
        try product(
          recurrentWeights, allGates, widening(base + previous, widePrevious, base), place.outputs[2],
          gateCount * hidden)
        try product(
          dataProduct, allGates, widening(place.inputs[2].pointer(context), wideInput, base), place.outputs[0],
          rows * inputs)
        amp_column_sum(
          threads, format, base + dgates, format, place.outputs[3].pointer(context), rows, gateCount, base + sums)
      }
    }
  }

  /// y one step later: h of the step before, zero at the first step.
  private func previousStates(
    _ sizes: LSTMSizes, of y: UnsafeRawPointer, to result: UnsafeMutableRawPointer, _ dtype: DType, _ threads: Int32
  ) {
    let step = sizes.hidden * dtype.size
    let sample = sizes.length * step
    amp_fill_zero(threads, result, sizes.batch * sample)
    amp_copy_rows(threads, y, sample, result + step, sample, sizes.batch, sample - step)
  }
}

/// Extents of one layer.
private struct LSTMSizes {
  let batch: Int
  let length: Int
  let inputs: Int
  let hidden: Int

  init(x: TensorType, recurrent: TensorType) {
    (batch, length, inputs) = (x.shape[0], x.shape[1], x.shape[2])
    hidden = recurrent.shape[1]
  }

  var gates: Int { 4 * hidden }
  var rows: Int { batch * length }

  /// One step of the fused cell: samples lie a whole sequence apart.
  var cellShape: amp_lstm_shape {
    amp_lstm_shape(
      n: batch, hidden: hidden, input_gates_stride: length * gates, gates_stride: length * gates,
      cells_stride: length * hidden, y_stride: length * hidden)
  }
}

import CKernels
import GraphIR
import TensorCore

/// The gradient of one LSTM layer.
///
/// As in the forward pass each member of the team takes its samples back through time on its own. The gradients of the
/// weights are sums over all samples and steps: products of the whole team, once everyone has arrived. dx comes last, sample
/// by sample again. So dgates may lie over the gates, whose step has been read when its gradient is written, and dx over x.
extension KernelContext {
  /// Operands: dy, x, weight_ih, weight_hh, y, gates, cells; results: dx, dweight_ih, dweight_hh, dbias, dgates.
  func lstmBackward() throws -> Kernel {
    let sizes = LSTMSizes(x: input(1), recurrent: input(3), threads: threads)
    let (dtype, threads) = (input(1).dtype, threads)
    let isWidened = isStorageOnly(dtype)
    let compute = isWidened ? DType.float32 : dtype
    let (rows, gateCount, hidden, inputs) = (sizes.rows, sizes.gates, sizes.hidden, sizes.inputs)
    // dh of the step before = dgates of this one times the recurrent weights; dx = dgates times the input weights.
    let products = try sizes.forEachMember { samples in
      (
        recurrent: try sizes.product(
          self, rows: samples, columns: hidden, inner: gateCount, transposeB: false, compute, compute),
        data: try sizes.product(
          self, rows: sizes.length, columns: inputs, inner: gateCount, transposeB: false, compute, compute)
      )
    }
    func weightProduct(_ columns: Int) throws -> BatchedProduct {
      try BatchedProduct(
        self, m: gateCount, n: columns, k: rows, transposeA: true, a: .init(leading: gateCount),
        b: .init(leading: columns), c: .init(leading: columns), input: compute, output: compute)
    }
    let (inputWeights, recurrentWeights) = (try weightProduct(inputs), try weightProduct(hidden))

    // What a member has for itself.
    var ofMember = ScratchLayout()
    let library = ofMember.reserve(
      products.compactMap { $0 }.map { max($0.recurrent.scratch, $0.data.scratch) }.max() ?? 0)
    let (dh, dc) = (
      ofMember.reserve(sizes.mostSamples * hidden * dtype.size),
      ofMember.reserve(sizes.mostSamples * hidden * dtype.size)
    )
    let denseGates = ofMember.reserve(max(sizes.mostSamples, isWidened ? sizes.length : 0) * gateCount * compute.size)
    let wideWeights = ofMember.reserve(isWidened ? gateCount * max(inputs, hidden) * compute.size : 0)
    let wideResult = ofMember.reserve(
      isWidened ? max(sizes.mostSamples * hidden, sizes.length * inputs) * compute.size : 0)
    let memberBytes = ofMember.byteCount

    // What all share: what the products of the weights need.
    var layout = ScratchLayout()
    let previous = layout.reserve(rows * hidden * dtype.size)
    let members = layout.reserve(memberBytes * sizes.members)
    let teamLibrary = layout.reserve(max(inputWeights.scratch, recurrentWeights.scratch))
    let sums = layout.reserve(amp_column_sum_scratch(threads, rows, gateCount))
    let widening = Widening(isWidened: isWidened, dtype: dtype, threads: threads)
    let wideGates = widening.reserve(rows * gateCount, in: &layout)
    let wideX = widening.reserve(rows * inputs, in: &layout)
    let widePrevious = widening.reserve(rows * hidden, in: &layout)
    let wideGradient = widening.reserve(gateCount * max(inputs, hidden), in: &layout)
    let format = dtype.kernelType
    let dense = DenseRows(dtype, compute)
    let title = implementation(of: inputWeights, isWidened)

    return Kernel(scratch: layout.byteCount, implementation: title) { place in
      let throughTime = TeamWork(threads: threads) { context, member in
        guard let product = products[member] else { return }
        let samples = sizes.samples(of: member)
        let base = place.scratch.pointer(context) + members + member * memberBytes
        let (dy, dgates) = (place.inputs[0].pointer(context), place.outputs[4].pointer(context))
        let (gates, cells) = (place.inputs[5].pointer(context), place.inputs[6].pointer(context))
        try product.recurrent.pack(
          dense.whole(place.inputs[3].pointer(context), gateCount * hidden, base + wideWeights), base + library)
        let cell = sizes.cellShape(samples: samples.count)
        for step in (0..<sizes.length).reversed() {
          let row = samples.lowerBound * sizes.length + step
          let hiddenOffset = row * hidden * dtype.size
          let gateOffset = row * gateCount * dtype.size
          let isLast = step == sizes.length - 1
          if !isLast {
            dense.copy(
              dgates + gateOffset + gateCount * dtype.size, stride: sizes.length * gateCount,
              rows: samples.count, columns: gateCount, to: base + denseGates)
            try product.recurrent(
              base + denseGates, nil, dense.isWidened ? base + wideResult : base + dh, base + library)
            dense.narrow(base + wideResult, samples.count * hidden, to: base + dh)
          }
          let before = step == 0 ? nil : UnsafeRawPointer(cells + hiddenOffset - hidden * dtype.size)
          withUnsafePointer(to: cell) {
            amp_lstm_cell_backward(
              1, format, dy + hiddenOffset, isLast ? nil : UnsafeRawPointer(base + dh), base + dc, isLast,
              gates + gateOffset, before, cells + hiddenOffset, dgates + gateOffset, $0)
          }
        }
      }
      let ofData = TeamWork(threads: threads) { context, member in
        guard let product = products[member] else { return }
        let base = place.scratch.pointer(context) + members + member * memberBytes
        let (dx, dgates) = (place.outputs[0].pointer(context), place.outputs[4].pointer(context))
        try product.data.pack(
          dense.whole(place.inputs[2].pointer(context), gateCount * inputs, base + wideWeights), base + library)
        for sample in sizes.samples(of: member) {
          let ofSample = dgates + sample * sizes.length * gateCount * dtype.size
          let result = dx + sample * sizes.length * inputs * dtype.size
          try product.data(
            dense.whole(ofSample, sizes.length * gateCount, base + denseGates), nil,
            dense.isWidened ? base + wideResult : result, base + library)
          dense.narrow(base + wideResult, sizes.length * inputs, to: result)
        }
      }
      return { context in
        try throughTime.run(context)
        let (base, dgates) = (place.scratch.pointer(context), place.outputs[4].pointer(context))
        previousStates(sizes, of: place.inputs[4].pointer(context), to: base + previous, dtype, threads)
        let allGates = widening(dgates, wideGates, base)
        func product(_ product: BatchedProduct, _ b: UnsafeRawPointer, _ result: Address, _ count: Int) throws {
          let target = result.pointer(context)
          try product(allGates, b, isWidened ? base + wideGradient : target, base + teamLibrary)
          widening.narrow(wideGradient, base, to: target, count)
        }
        try product(
          inputWeights, widening(place.inputs[1].pointer(context), wideX, base), place.outputs[1], gateCount * inputs)
        try product(
          recurrentWeights, widening(base + previous, widePrevious, base), place.outputs[2], gateCount * hidden)
        amp_column_sum(
          threads, format, dgates, format, place.outputs[3].pointer(context), rows, gateCount, base + sums)
        try ofData.run(context)
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

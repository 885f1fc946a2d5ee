import CKernels
import GraphIR
import TensorCore

/// Kernels of one LSTM layer over (N, T, I), batch first.
///
/// Samples are independent, so each member of the team takes its share of them through all time steps: the steps follow one
/// another without the team meeting in between, and the recurrent weights, packed once, stay in the member's cache. The cell
/// itself is one fused kernel a step, as torch's _thnn_fused_lstm_cell. Storage-only formats widen what a product reads;
/// gates, cells and hidden states are rounded to the format at every step all the same.
extension KernelContext {
  /// Operands: x, weight_ih, weight_hh, bias_ih, bias_hh; results: y, gates, cells.
  func lstm() throws -> Kernel {
    let sizes = LSTMSizes(x: input(0), recurrent: input(2), threads: threads)
    let (dtype, threads) = (input(0).dtype, threads)
    let isWidened = isStorageOnly(dtype)
    let compute = isWidened ? DType.float32 : dtype
    // The input's product runs a sample at a time, so that its fp32 sums stay in the cache where our own kernel adds the
    // bias: where the format is storage-only. Else the product does.
    let products = try sizes.forEachMember { samples in
      (
        input: try sizes.product(
          self, rows: sizes.length, columns: sizes.gates, inner: sizes.inputs, transposeB: true, compute,
          isWidened ? .float32 : dtype, bias: isWidened ? nil : dtype),
        recurrent: try sizes.product(
          self, rows: samples, columns: sizes.gates, inner: sizes.hidden, transposeB: true, compute, .float32)
      )
    }
    // The last member has a sample wherever there is one.
    guard let last = products[sizes.members - 1] else { throw failure("there are no samples") }

    var layout = ScratchLayout()
    let library = layout.reserve(
      products.compactMap { $0 }.map { max($0.input.scratch, $0.recurrent.scratch) }.max() ?? 0)
    let sums = layout.reserve(max(isWidened ? sizes.length : 0, sizes.mostSamples) * sizes.gates * DType.float32.size)
    let dense = DenseRows(dtype, compute)
    let rows = layout.reserve(
      max(sizes.length * sizes.inputs, sizes.mostSamples * sizes.hidden) * compute.size)
    let weights = layout.reserve(isWidened ? sizes.gates * max(sizes.inputs, sizes.hidden) * compute.size : 0)
    let memberBytes = layout.byteCount
    let format = dtype.kernelType
    let title = implementation(of: last.recurrent, isWidened)
    return Kernel(scratch: memberBytes * sizes.members, implementation: title) { place in
      let work = TeamWork(threads: threads) { context, member in
        guard let product = products[member] else { return }
        let samples = sizes.samples(of: member)
        let base = place.scratch.pointer(context) + member * memberBytes
        let x = place.inputs[0].pointer(context)
        let (y, gates, cells) = (
          place.outputs[0].pointer(context), place.outputs[1].pointer(context), place.outputs[2].pointer(context)
        )
        try product.input.pack(
          dense.whole(place.inputs[1].pointer(context), sizes.gates * sizes.inputs, base + weights), base + library)
        for sample in samples {
          let ofSample = x + sample * sizes.length * sizes.inputs * dtype.size
          let (bias, sampleGates) = (
            UnsafeRawPointer(place.inputs[3].pointer(context)), gates + sample * sizes.length * sizes.gates * dtype.size
          )
          // The cell activates the gates in place.
          guard isWidened else {
            try product.input(ofSample, nil, bias: bias, sampleGates, base + library)
            continue
          }
          try product.input(
            dense.whole(ofSample, sizes.length * sizes.inputs, base + rows), nil, base + sums, base + library)
          amp_bias_activation(
            1, AMP_F32, base + sums, format, bias, false, format, sampleGates, sizes.length, sizes.gates)
        }
        try product.recurrent.pack(
          dense.whole(place.inputs[2].pointer(context), sizes.gates * sizes.hidden, base + weights), base + library)
        let cell = sizes.cellShape(samples: samples.count)
        for step in 0..<sizes.length {
          let row = samples.lowerBound * sizes.length + step
          let hiddenOffset = row * sizes.hidden * dtype.size
          let gateOffset = row * sizes.gates * dtype.size
          // h and c of a step before the first are zeros.
          let before = step == 0 ? nil : hiddenOffset - sizes.hidden * dtype.size
          if let before {
            dense.copy(
              y + before, stride: sizes.length * sizes.hidden, rows: samples.count, columns: sizes.hidden,
              to: base + rows)
            try product.recurrent(base + rows, nil, base + sums, base + library)
          }
          withUnsafePointer(to: cell) {
            amp_lstm_cell(
              1, format, gates + gateOffset,
              step == 0 ? nil : UnsafePointer((base + sums).assumingMemoryBound(to: Float.self)),
              place.inputs[4].pointer(context), before.map { UnsafeRawPointer(cells + $0) }, gates + gateOffset,
              cells + hiddenOffset, y + hiddenOffset, $0)
          }
        }
      }
      return { context in try work.run(context) }
    }
  }
}

/// Rows for a product that one thread computes: dense, and in fp32 where the format is storage-only.
struct DenseRows {
  private let dtype: DType
  private let compute: DType

  init(_ dtype: DType, _ compute: DType) { (self.dtype, self.compute) = (dtype, compute) }

  /// Whether anything is converted.
  var isWidened: Bool { dtype != compute }

  /// A tensor that is dense: itself, or its fp32 copy in `target`, made now.
  func whole(_ source: UnsafeRawPointer, _ count: Int, _ target: UnsafeMutableRawPointer) -> UnsafeRawPointer {
    guard isWidened else { return source }
    amp_cast(1, dtype.kernelType, source, compute.kernelType, target, count)
    return UnsafeRawPointer(target)
  }

  /// Copies rows that lie `stride` elements apart, one below the other.
  func copy(_ source: UnsafeRawPointer, stride: Int, rows: Int, columns: Int, to target: UnsafeMutableRawPointer) {
    guard isWidened else {
      amp_copy_rows(1, source, stride * dtype.size, target, columns * dtype.size, rows, columns * dtype.size)
      return
    }
    for row in 0..<rows {
      amp_cast(
        1, dtype.kernelType, source + row * stride * dtype.size, compute.kernelType,
        target + row * columns * compute.size, columns)
    }
  }

  /// Rounds a dense result to its place; nothing where the product wrote there itself.
  func narrow(_ source: UnsafeRawPointer, _ count: Int, to target: UnsafeMutableRawPointer) {
    guard isWidened else { return }
    amp_cast(1, compute.kernelType, source, dtype.kernelType, target, count)
  }
}

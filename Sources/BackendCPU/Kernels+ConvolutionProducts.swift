import CKernels
import GraphIR
import TensorCore

/// Convolutions as products of matrices, each member of the team taking samples through all of it.
///
/// oneDNN 2.6 computes the gradient of the weight far from AMX's peak where pictures are small, filters stride or see a
/// single channel; see `ConvolutionSizes`.
extension KernelContext {
  /// Whether a convolution is computed in another way than by the library's own, where `isFaster` says that this pays
  /// with AMX.
  func avoidsLibrary(_ dtype: DType, _ isFaster: Bool) -> Bool {
    switch convolutions {
    case .library: false
    case .others: !isStorageOnly(dtype)
    case .fastest: isFaster && dtype == .bfloat16 && nativeBF16 && amp_detect_cpu().amx_bf16
    }
  }

  /// dweight (O, C, KH, KW) = Σ dyᵀ · windows of x, and dbias (O).
  ///
  /// Sums are fp32: over the chunks of a member by the product itself, over members in their order.
  func convolutionWeightGradientByProducts(_ sizes: ConvolutionSizes, bias: Bool) throws -> Kernel {
    let (dtype, threads) = (input(0).dtype, threads)
    let (rows, columns) =
      sizes.isSingleChannel ? (sizes.windowSize, sizes.outputs) : (sizes.outputs, sizes.windowSize)
    let products = try sizes.shares(windowSize: sizes.windowSize, dtype) { samples in
      let places = samples * sizes.places
      return try BatchedProduct(
        self, isForOneThread: true, addsToC: true, m: rows, n: columns, k: places, transposeA: !sizes.isSingleChannel,
        a: .init(leading: sizes.isSingleChannel ? places : rows), b: .init(leading: columns),
        c: .init(leading: columns), input: dtype, output: .float32)
    }
    guard let product = products.lazy.compactMap(\.first).first else {
      throw failure("there are no samples")
    }

    let count = rows * columns
    var member = ScratchLayout()
    let sums = member.reserve(count * DType.float32.size)
    let library = member.reserve(products.map { $0.most(\.scratch) }.max() ?? 0)
    let windows = member.reserve(products[0].chunk * sizes.places * sizes.windowSize * dtype.size)
    let memberBytes = member.byteCount
    var layout = ScratchLayout()
    let team = layout.reserve(memberBytes * sizes.members)
    let ordered = layout.reserve(count * DType.float32.size)
    let places = input(1).shape.rows
    let biasScratch = layout.reserve(bias ? amp_column_sum_scratch(threads, places, sizes.outputs) : 0)

    let (weightFormat, biasFormat) = (output(0).dtype.kernelType, bias ? output(1).dtype.kernelType : AMP_F32)
    let title = "oneDNN \(product.primitive.implementation) on unfolded windows"
    return Kernel(scratch: layout.byteCount, implementation: title) { place in
      let work = TeamWork(threads: threads) { context, index in
        let base = place.scratch.pointer(context) + team + index * memberBytes
        let (x, dy) = (place.inputs[0].pointer(context), place.inputs[1].pointer(context))
        amp_fill_zero(1, base + sums, count * DType.float32.size)
        try products[index].forEach { samples, product in
          let gradient = dy + samples.lowerBound * sizes.places * sizes.outputs * dtype.size
          let unfolded = sizes.unfold(
            x + samples.lowerBound * sizes.sampleSize * dtype.size, samples.count, dtype, into: base + windows)
          if sizes.isSingleChannel {
            try product(unfolded, gradient, base + sums, base + library)
          } else {
            try product(gradient, unfolded, base + sums, base + library)
          }
        }
      }
      return { context in
        try work.run(context)
        let base = place.scratch.pointer(context)
        let total = base + team + sums
        KernelContext.addSums(threads, total, memberBytes: memberBytes, members: sizes.members, count: count)
        // (O, KH · KW, C) or, of a single channel, (KH · KW, O), to (O, C, KH · KW).
        if sizes.isSingleChannel {
          amp_channels_last_to_first(threads, AMP_F32, total, base + ordered, 1, sizes.outputs, sizes.taps)
        } else {
          amp_channels_last_to_first(
            threads, AMP_F32, total, base + ordered, sizes.outputs, sizes.channels, sizes.taps)
        }
        amp_cast(threads, AMP_F32, base + ordered, weightFormat, place.outputs[0].pointer(context), count)
        if bias {
          amp_column_sum(
            threads, dtype.kernelType, place.inputs[1].pointer(context), biasFormat,
            place.outputs[1].pointer(context), places, sizes.outputs, base + biasScratch)
        }
      }
    }
  }

  /// y = x ⋆ weight for a single channel and few taps, without bias: windows · Wᵀ, both filled up with zeros to a tile.
  func convolutionForwardByProducts(_ sizes: ConvolutionSizes) throws -> Kernel {
    let (dtype, threads, tile) = (input(0).dtype, threads, ConvolutionSizes.tile)
    let products = try sizes.shares(windowSize: tile, dtype) { samples in
      try BatchedProduct(
        self, isForOneThread: true, m: samples * sizes.places, n: sizes.outputs, k: tile, transposeB: true,
        a: .init(leading: tile), b: .init(leading: tile), c: .init(leading: sizes.outputs), input: dtype, output: dtype)
    }
    guard let product = products.lazy.compactMap(\.first).first else {
      throw failure("there are no samples")
    }

    var layout = ScratchLayout()
    let library = layout.reserve(products.map { $0.most(\.scratch) }.max() ?? 0)
    let span = Int(amp_window_span)
    let windows = layout.reserve((products[0].chunk * sizes.places * tile + span) * dtype.size)
    let picture = layout.reserve((sizes.paddedPicture + span) * dtype.size)
    let filters = layout.reserve(sizes.outputs * tile * dtype.size)
    let memberBytes = layout.byteCount
    let title = "oneDNN \(product.primitive.implementation) on unfolded windows"
    return Kernel(scratch: memberBytes * sizes.members, implementation: title) { place in
      let work = TeamWork(threads: threads) { context, index in
        let base = place.scratch.pointer(context) + index * memberBytes
        let (x, y) = (place.inputs[0].pointer(context), place.outputs[0].pointer(context))
        amp_fill_zero(1, base + filters, sizes.outputs * tile * dtype.size)
        amp_copy_rows(
          1, place.inputs[1].pointer(context), sizes.taps * dtype.size, base + filters, tile * dtype.size,
          sizes.outputs, sizes.taps * dtype.size)
        try products[index].forEach { samples, product in
          withUnsafePointer(to: sizes.windows) {
            amp_im2row_filled(
              dtype.kernelType, x + samples.lowerBound * sizes.sampleSize * dtype.size, $0, samples.count, tile,
              base + picture, base + windows)
          }
          try product(
            base + windows, base + filters, y + samples.lowerBound * sizes.places * sizes.outputs * dtype.size,
            base + library)
        }
      }
      return { context in try work.run(context) }
    }
  }
}

extension ConvolutionSizes {
  /// The windows of some samples, in `target`: rows, or columns of a single channel.
  fileprivate func unfold(
    _ x: UnsafeRawPointer, _ samples: Int, _ dtype: DType, into target: UnsafeMutableRawPointer
  ) -> UnsafeRawPointer {
    withUnsafePointer(to: windows) {
      if isSingleChannel {
        amp_im2col(dtype.kernelType, x, $0, samples, target)
      } else {
        amp_im2row(dtype.kernelType, x, $0, samples, target)
      }
    }
    return UnsafeRawPointer(target)
  }
}

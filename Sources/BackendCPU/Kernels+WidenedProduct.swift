import CDNNL
import CKernels
import GraphIR
import TensorCore

/// Products of storage-only formats: operands widen to fp32, oneDNN multiplies, and bias, relu and the one rounding follow.
///
/// A tensor that is widened as a whole passes memory three times more. So each member of the team widens some rows,
/// multiplies them and rounds the result while all of it is in its cache, where the other operand, or the result, is small
/// enough to stay there too.
extension KernelContext {
  /// C (m, n) = op(A) op(B) [+ bias] [then relu], as `shape` says.
  func widenedProduct(_ shape: cdnnl_matmul, relu: Bool) throws -> Kernel {
    let (m, n, k) = (Int(shape.m), Int(shape.n), Int(shape.k))
    let members = TeamWork.memberCount(threads(for: shape))
    if !shape.transpose_a, m >= members, n * k * DType.float32.size <= chunkBytes {
      return try widenedRows(shape, m, n, k, relu: relu)
    }
    if shape.transpose_a, !shape.transpose_b, k >= members, m * n * DType.float32.size <= chunkBytes {
      return try widenedSum(shape, m, n, k)
    }
    return try widenedWhole(shape, relu: relu)
  }

  /// Rows of A some at a time; B is widened and packed once by each member.
  private func widenedRows(_ shape: cdnnl_matmul, _ m: Int, _ n: Int, _ k: Int, relu: Bool) throws -> Kernel {
    let (threads, transposeB) = (threads(for: shape), shape.transpose_b)
    let shares = try ChunkedShare.shares(
      of: m, members: TeamWork.memberCount(threads), bytesOfEach: (k + n) * DType.float32.size
    ) { rows in
      try BatchedProduct(
        self, isForOneThread: true, packsB: true, m: rows, n: n, k: k, transposeB: transposeB, a: .init(leading: k),
        b: .init(leading: transposeB ? k : n), c: .init(leading: n), input: .float32, output: .float32)
    }
    var layout = ScratchLayout()
    // The product of a whole chunk and that of the rest each hold B packed.
    let library = shares.map { $0.most(\.scratch) }.max() ?? 0
    let (wholeLibrary, restLibrary) = (layout.reserve(library), layout.reserve(library))
    let wideB = layout.reserve(n * k * DType.float32.size)
    let wideA = layout.reserve(shares[0].chunk * k * DType.float32.size)
    let wideC = layout.reserve(shares[0].chunk * n * DType.float32.size)
    let memberBytes = layout.byteCount
    let (dtype, size) = (input(0).dtype.kernelType, input(0).dtype.size)
    let (out, outSize) = (output(0).dtype.kernelType, output(0).dtype.size)
    let hasBias = node.inputs.count == 3
    let title = widenedTitle(shares)
    return Kernel(scratch: memberBytes * shares.count, implementation: title) { place in
      let work = TeamWork(threads: threads) { context, member in
        let (share, base) = (shares[member], place.scratch.pointer(context) + member * memberBytes)
        let (a, c) = (place.inputs[0].pointer(context), place.outputs[0].pointer(context))
        let bias = hasBias ? place.inputs[2].pointer(context) : nil
        amp_cast(1, dtype, place.inputs[1].pointer(context), AMP_F32, base + wideB, n * k)
        try share.whole?.pack(base + wideB, base + wholeLibrary)
        try share.rest?.pack(base + wideB, base + restLibrary)
        try share.forEach { rows, product in
          amp_cast(1, dtype, a + rows.lowerBound * k * size, AMP_F32, base + wideA, rows.count * k)
          try product(
            base + wideA, nil, base + wideC, base + (rows.count == share.chunk ? wholeLibrary : restLibrary))
          amp_bias_activation(
            1, AMP_F32, base + wideC, dtype, bias, relu, out, c + rows.lowerBound * n * outSize, rows.count, n)
        }
      }
      return { context in try work.run(context) }
    }
  }

  /// C = Aᵀ B as a sum over rows of A and B, some at a time: in fp32 over the rows of a member, then over the members.
  private func widenedSum(_ shape: cdnnl_matmul, _ m: Int, _ n: Int, _ k: Int) throws -> Kernel {
    let threads = threads(for: shape)
    let shares = try ChunkedShare.shares(
      of: k, members: TeamWork.memberCount(threads), bytesOfEach: (m + n) * DType.float32.size
    ) { rows in
      try BatchedProduct(
        self, isForOneThread: true, addsToC: true, m: m, n: n, k: rows, transposeA: true, a: .init(leading: m),
        b: .init(leading: n), c: .init(leading: n), input: .float32, output: .float32)
    }
    var layout = ScratchLayout()
    let library = layout.reserve(shares.map { $0.most(\.scratch) }.max() ?? 0)
    let wideA = layout.reserve(shares[0].chunk * m * DType.float32.size)
    let wideB = layout.reserve(shares[0].chunk * n * DType.float32.size)
    let sums = layout.reserve(m * n * DType.float32.size)
    let memberBytes = layout.byteCount
    let (dtype, size, out) = (input(0).dtype.kernelType, input(0).dtype.size, output(0).dtype.kernelType)
    let title = widenedTitle(shares)
    return Kernel(scratch: memberBytes * shares.count, implementation: title) { place in
      let work = TeamWork(threads: threads) { context, member in
        let base = place.scratch.pointer(context) + member * memberBytes
        let (a, b) = (place.inputs[0].pointer(context), place.inputs[1].pointer(context))
        amp_fill_zero(1, base + sums, m * n * DType.float32.size)
        try shares[member].forEach { rows, product in
          amp_cast(1, dtype, a + rows.lowerBound * m * size, AMP_F32, base + wideA, rows.count * m)
          amp_cast(1, dtype, b + rows.lowerBound * n * size, AMP_F32, base + wideB, rows.count * n)
          try product(base + wideA, base + wideB, base + sums, base + library)
        }
      }
      return { context in
        try work.run(context)
        let total = place.scratch.pointer(context) + sums
        KernelContext.addSums(threads, total, memberBytes: memberBytes, members: shares.count, count: m * n)
        amp_cast(threads, AMP_F32, total, out, place.outputs[0].pointer(context), m * n)
      }
    }
  }

  private func widenedTitle(_ shares: [ChunkedShare<BatchedProduct>]) -> String {
    let product = shares.lazy.compactMap(\.first).first
    return "storage-only: widened, oneDNN \(product?.primitive.implementation ?? "none")"
  }

  /// Everything at once.
  private func widenedWhole(_ shape: cdnnl_matmul, relu: Bool) throws -> Kernel {
    var wide = shape
    (wide.input_dtype, wide.bias_dtype, wide.output_dtype) = (CDNNL_F32, CDNNL_F32, CDNNL_F32)
    (wide.has_bias, wide.relu) = (false, false)
    let primitive = try LibraryPrimitive(self) { out in withUnsafePointer(to: wide) { cdnnl_matmul_create($0, out) } }
    let (aType, bType, result) = (input(0), input(1), output(0))
    var layout = ScratchLayout()
    let wideA = layout.reserveFloats(aType)
    let wideB = layout.reserveFloats(bType)
    let wideC = layout.reserveFloats(result)
    let library = layout.reserve(primitive.scratch)
    let (dtype, threads) = (aType.dtype.kernelType, threads)
    let hasBias = node.inputs.count == 3
    return Kernel(
      scratch: layout.byteCount, implementation: "storage-only: widened, oneDNN \(primitive.implementation)"
    ) { place in
      let (a, b, c, scratch) = (place.inputs[0], place.inputs[1], place.outputs[0], place.scratch)
      let bias = hasBias ? place.inputs[2] : nil
      return { context in
        let base = scratch.pointer(context)
        amp_cast(threads, dtype, a.pointer(context), AMP_F32, base + wideA, aType.shape.count)
        amp_cast(threads, dtype, b.pointer(context), AMP_F32, base + wideB, bType.shape.count)
        try LibraryPrimitive.check(
          cdnnl_matmul_execute(primitive.handle, base + wideA, base + wideB, nil, base + wideC, base + library))
        amp_bias_activation(
          threads, AMP_F32, base + wideC, dtype, bias?.pointer(context), relu, result.dtype.kernelType,
          c.pointer(context), result.shape[0], result.shape[1])
      }
    }
  }
}

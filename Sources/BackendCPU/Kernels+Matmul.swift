import CDNNL
import CKernels
import GraphIR
import TensorCore

/// Kernels of linear and matmul.
extension KernelContext {
  /// y (N, out) = x (N, in) Wᵀ + b, then relu.
  func linear(relu: Bool) throws -> Kernel {
    let hasBias = node.inputs.count == 3
    let (x, weight) = (input(0), input(1))
    let shape = cdnnl_matmul(
      m: Int64(x.shape[0]), n: Int64(weight.shape[0]), k: Int64(x.shape[1]), transpose_a: false, transpose_b: true,
      has_bias: hasBias, relu: false, input_dtype: x.dtype.libraryType, bias_dtype: x.dtype.libraryType,
      output_dtype: x.dtype.libraryType)
    guard isStorageOnly(x.dtype) else { return try nativeProduct(shape, relu: relu) }
    return try widenedProduct(shape, relu: relu)
  }

  /// op(A) op(B), one product a sample where they are batches.
  func matmul(transposeA: Bool, transposeB: Bool) throws -> Kernel {
    guard output(0).shape.rank == 2 else {
      return try batchedMatmul(transposeA: transposeA, transposeB: transposeB)
    }
    let (a, result) = (input(0), output(0))
    let k = transposeA ? a.shape[0] : a.shape[1]
    let shape = cdnnl_matmul(
      m: Int64(result.shape[0]), n: Int64(result.shape[1]), k: Int64(k), transpose_a: transposeA,
      transpose_b: transposeB, has_bias: false, relu: false, input_dtype: a.dtype.libraryType,
      bias_dtype: a.dtype.libraryType, output_dtype: result.dtype.libraryType)
    if isStorageOnly(a.dtype) { return try widenedProduct(shape, relu: false) }
    if transposeA, !transposeB, sumsRows(shape) { return try sumOfRows(shape, a: 0, b: 1) }
    return try nativeProduct(shape, relu: false)
  }

  /// Whether C = Aᵀ B has so many more rows in A and B than in C that each member of the team sums its own.
  func sumsRows(_ shape: cdnnl_matmul) -> Bool {
    let members = Int64(TeamWork.memberCount(threads(for: shape)))
    return members > 1 && shape.m * shape.n * Int64(DType.float32.size) <= chunkBytes
      && shape.k >= members * max(shape.m, shape.n)
  }

  /// C = Aᵀ B, the gradient of a weight, as the sum of what each member of the team has for its share of the rows of A and
  /// B: they are those that it wrote, and the sums are small beside them.
  ///
  /// oneDNN shares out C instead, so that every member reads all rows of A or of B.
  ///
  /// - Parameters:
  ///   - a: the input that is A.
  ///   - b: the input that is B.
  func sumOfRows(_ shape: cdnnl_matmul, a: Int, b: Int) throws -> Kernel {
    let (threads, dtype, result) = (threads, input(0).dtype, output(0).dtype)
    let (m, n, k) = (Int(shape.m), Int(shape.n), Int(shape.k))
    let parts = (0..<TeamWork.memberCount(threads)).map {
      TeamWork.part(of: k, member: $0, members: TeamWork.memberCount(threads))
    }
    let products = try parts.map { rows in
      try BatchedProduct(
        self, isForOneThread: true, m: m, n: n, k: rows.count, transposeA: true, a: .init(leading: m),
        b: .init(leading: n), c: .init(leading: n), input: dtype, output: .float32)
    }
    var layout = ScratchLayout()
    let sums = layout.reserve(m * n * DType.float32.size)
    let library = layout.reserve(products.map(\.scratch).max() ?? 0)
    let memberBytes = layout.byteCount
    return Kernel(
      scratch: memberBytes * parts.count,
      implementation: "oneDNN \(products[0].primitive.implementation), summed over the team"
    ) { place in
      let work = TeamWork(threads: threads) { context, member in
        let base = place.scratch.pointer(context) + member * memberBytes
        let first = parts[member].lowerBound
        try products[member](
          place.inputs[a].pointer(context) + first * m * dtype.size,
          place.inputs[b].pointer(context) + first * n * dtype.size, base + sums, base + library)
      }
      return { context in
        try work.run(context)
        let total = place.scratch.pointer(context) + sums
        KernelContext.addSums(threads, total, memberBytes: memberBytes, members: parts.count, count: m * n)
        amp_cast(threads, AMP_F32, total, result.kernelType, place.outputs[0].pointer(context), m * n)
      }
    }
  }

  /// The threads that a product is worth: waking the team takes as long as a small one.
  func threads(for shape: cdnnl_matmul) -> Int32 { 2 * shape.m * shape.n * shape.k <= 1_500_000 ? 1 : threads }

  /// oneDNN multiplies in place.
  ///
  /// Its relu would turn NaN into 0 and hide an overflow, so relu is our own kernel's: exact after the rounding, and one
  /// pass over y is small beside the product.
  private func nativeProduct(_ shape: cdnnl_matmul, relu: Bool) throws -> Kernel {
    let primitive = try LibraryPrimitive(self, isForOneThread: threads(for: shape) == 1) { out in
      withUnsafePointer(to: shape) { cdnnl_matmul_create($0, out) }
    }
    let (result, dtype, threads) = (output(0), output(0).dtype.kernelType, threads)
    return Kernel(scratch: primitive.scratch, implementation: "oneDNN \(primitive.implementation)") { place in
      let (a, b, c, scratch) = (place.inputs[0], place.inputs[1], place.outputs[0], place.scratch)
      let bias = place.inputs.count == 3 ? place.inputs[2] : nil
      return { context in
        let y = c.pointer(context)
        try LibraryPrimitive.check(
          cdnnl_matmul_execute(
            primitive.handle, a.pointer(context), b.pointer(context), bias?.pointer(context), y,
            scratch.pointer(context)))
        if relu {
          amp_bias_activation(
            threads, dtype, y, dtype, nil, true, dtype, y, result.shape[0], result.shape[1])
        }
      }
    }
  }

  /// A (B, m, k), B (B, k, n), each transposed within its matrices where stated.
  private func batchedMatmul(transposeA: Bool, transposeB: Bool) throws -> Kernel {
    let (a, b, result) = (input(0), input(1), output(0))
    func dense(_ shape: Shape) -> BatchedProduct.View { .init(leading: shape[2], batch: shape[1] * shape[2]) }
    let isWidened = isStorageOnly(a.dtype)
    let compute = isWidened ? DType.float32 : a.dtype
    let product = try BatchedProduct(
      self, batch: result.shape[0], m: result.shape[1], n: result.shape[2], k: a.shape[transposeA ? 1 : 2],
      transposeA: transposeA, transposeB: transposeB, a: dense(a.shape), b: dense(b.shape), c: dense(result.shape),
      input: compute, output: compute)
    var layout = ScratchLayout()
    let library = layout.reserve(product.scratch)
    let widening = Widening(isWidened: isWidened, dtype: a.dtype, threads: threads)
    let wideA = widening.reserve(a.shape.count, in: &layout)
    let wideB = widening.reserve(b.shape.count, in: &layout)
    let wideC = widening.reserve(result.shape.count, in: &layout)
    let name = "oneDNN \(product.primitive.implementation)"
    return Kernel(
      scratch: layout.byteCount, implementation: isWidened ? "storage-only: widened, \(name)" : name
    ) { place in
      { context in
        let (base, target) = (place.scratch.pointer(context), place.outputs[0].pointer(context))
        try product(
          widening(place.inputs[0].pointer(context), wideA, base),
          widening(place.inputs[1].pointer(context), wideB, base), isWidened ? base + wideC : target, base + library)
        widening.narrow(wideC, base, to: target, result.shape.count)
      }
    }
  }
}

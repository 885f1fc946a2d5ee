import CKernels
import GraphIR
import TensorCore

/// Kernels of scaled dot-product attention over packed qkv (N, T, 3 C).
///
/// A few samples at a time: scores and probabilities (heads, T, T) exist in scratch only, never for the whole batch, and
/// backward computes them again from qkv and the saved logsumexp (Dao and others 2022). Storage-only formats widen the
/// samples to fp32; probabilities and their gradients are rounded to the format all the same.
extension KernelContext {
  func attention(_ attributes: AttentionAttributes) throws -> Kernel {
    let sizes = AttentionSizes(qkv: input(0), attributes)
    let (dtype, threads) = (input(0).dtype, threads)
    let isWidened = isStorageOnly(dtype)
    let compute = isWidened ? DType.float32 : dtype
    let scores = try sizes.scores(self, compute)
    let output = try sizes.columns(
      self, transposeA: false, b: 3 * sizes.channels, c: sizes.channels, compute, compute)

    var layout = ScratchLayout()
    let library = layout.reserve(max(scores.scratch, output.scratch))
    let scoreBytes = layout.reserve(sizes.scoreCount * DType.float32.size)
    let probabilities = layout.reserve(sizes.scoreCount * compute.size)
    let wideQKV = isWidened ? layout.reserve(sizes.qkvCount * DType.float32.size) : 0
    let wideO = isWidened ? layout.reserve(sizes.outputCount * DType.float32.size) : 0
    let (format, kept) = (dtype.kernelType, compute.kernelType)
    let title = implementation(of: scores, isWidened)
    return Kernel(scratch: layout.byteCount, implementation: title) { place in
      { context in
        let base = place.scratch.pointer(context)
        let matrix = (base + scoreBytes).assumingMemoryBound(to: Float.self)
        for sample in stride(from: 0, to: sizes.batch, by: sizes.chunk) {
          var qkv = place.inputs[0].pointer(context) + sample * sizes.qkvOfSample * dtype.size
          let o = place.outputs[0].pointer(context) + sample * sizes.outputOfSample * dtype.size
          let logsumexp = place.outputs[1].floats(context) + sample * sizes.rowsOfSample
          if isWidened {
            amp_cast(threads, format, qkv, AMP_F32, base + wideQKV, sizes.qkvCount)
            qkv = base + wideQKV
          }
          let part = sizes.channels * compute.size
          try scores(qkv, qkv + part, matrix, base + library)
          amp_attention_softmax(
            threads, matrix, sizes.scale, attributes.isCausal, format, kept, base + probabilities, logsumexp,
            sizes.chunk * sizes.heads, sizes.length, sizes.length)
          try output(base + probabilities, qkv + 2 * part, isWidened ? base + wideO : o, base + library)
          if isWidened { amp_cast(threads, AMP_F32, base + wideO, format, o, sizes.outputCount) }
        }
      }
    }
  }

  /// Operands: do, qkv, o, logsumexp.
  func attentionBackward(_ attributes: AttentionAttributes) throws -> Kernel {
    let sizes = AttentionSizes(qkv: input(1), attributes)
    let (dtype, threads) = (input(1).dtype, threads)
    let isWidened = isStorageOnly(dtype)
    let compute = isWidened ? DType.float32 : dtype
    let (packed, plain) = (3 * sizes.channels, sizes.channels)
    let scores = try sizes.scores(self, compute)
    // dP = do vᵀ; then dv = Pᵀ do, dq = dS k, dk = dSᵀ q.
    let gradientOfP = try sizes.products(self, a: plain, compute)
    let gradientOfV = try sizes.columns(self, transposeA: true, b: plain, c: packed, compute, compute)
    let gradientOfQ = try sizes.columns(self, transposeA: false, b: packed, c: packed, compute, compute)
    let gradientOfK = try sizes.columns(self, transposeA: true, b: packed, c: packed, compute, compute)

    var layout = ScratchLayout()
    let library = layout.reserve(
      [scores, gradientOfP, gradientOfV, gradientOfQ, gradientOfK].map(\.scratch).max() ?? 0)
    let scoreBytes = layout.reserve(sizes.scoreCount * DType.float32.size)
    let dpBytes = layout.reserve(sizes.scoreCount * DType.float32.size)
    let probabilities = layout.reserve(sizes.scoreCount * compute.size)
    let ds = layout.reserve(sizes.scoreCount * compute.size)
    let deltaBytes = layout.reserve(sizes.rowCount * DType.float32.size)
    let wideQKV = isWidened ? layout.reserve(sizes.qkvCount * DType.float32.size) : 0
    let wideDO = isWidened ? layout.reserve(sizes.outputCount * DType.float32.size) : 0
    let wideResult = isWidened ? layout.reserve(sizes.qkvCount * DType.float32.size) : 0
    let (format, kept) = (dtype.kernelType, compute.kernelType)
    let title = implementation(of: scores, isWidened)
    return Kernel(scratch: layout.byteCount, implementation: title) { place in
      { context in
        let base = place.scratch.pointer(context)
        let matrix = (base + scoreBytes).assumingMemoryBound(to: Float.self)
        let dp = (base + dpBytes).assumingMemoryBound(to: Float.self)
        let delta = (base + deltaBytes).assumingMemoryBound(to: Float.self)
        for sample in stride(from: 0, to: sizes.batch, by: sizes.chunk) {
          let outputBytes = sample * sizes.outputOfSample * dtype.size
          var gradient = place.inputs[0].pointer(context) + outputBytes
          var qkv = place.inputs[1].pointer(context) + sample * sizes.qkvOfSample * dtype.size
          let o = place.inputs[2].pointer(context) + outputBytes
          let logsumexp = place.inputs[3].floats(context) + sample * sizes.rowsOfSample
          let result = place.outputs[0].pointer(context) + sample * sizes.qkvOfSample * dtype.size
          for index in 0..<sizes.chunk {
            let offset = index * sizes.outputOfSample * dtype.size
            amp_attention_delta(
              threads, format, gradient + offset, o + offset, delta + index * sizes.rowsOfSample, sizes.length,
              sizes.heads, sizes.headSize)
          }
          if isWidened {
            amp_cast(threads, format, qkv, AMP_F32, base + wideQKV, sizes.qkvCount)
            amp_cast(threads, format, gradient, AMP_F32, base + wideDO, sizes.outputCount)
            (qkv, gradient) = (base + wideQKV, base + wideDO)
          }
          let dqkv = isWidened ? base + wideResult : result
          let part = sizes.channels * compute.size
          try scores(qkv, qkv + part, matrix, base + library)
          try gradientOfP(gradient, qkv + 2 * part, dp, base + library)
          amp_attention_softmax_backward(
            threads, matrix, logsumexp, dp, delta, sizes.scale, attributes.isCausal, format, kept,
            base + probabilities, base + ds, sizes.chunk * sizes.heads, sizes.length, sizes.length)
          try gradientOfV(base + probabilities, gradient, dqkv + 2 * part, base + library)
          try gradientOfQ(base + ds, qkv + part, dqkv, base + library)
          try gradientOfK(base + ds, qkv, dqkv + part, base + library)
          if isWidened { amp_cast(threads, AMP_F32, dqkv, format, result, sizes.qkvCount) }
        }
      }
    }
  }

  /// Names the product and the kernels around it.
  func implementation(of product: BatchedProduct, _ isWidened: Bool) -> String {
    let name = "oneDNN \(product.primitive.implementation) and \(ownKernel)"
    return isWidened ? "storage-only: widened, \(name)" : name
  }
}

/// Extents of one attention, and its products over a chunk of samples.
private struct AttentionSizes {
  let batch: Int
  let length: Int
  let channels: Int
  let heads: Int
  /// Samples at a time: as many as keep the scores of a chunk within the cache, and divide the batch.
  let chunk: Int

  /// Bytes of fp32 scores of a chunk, unless one sample has more: about a second-level cache.
  private static let scoreBytes = 2 << 20

  init(qkv: TensorType, _ attributes: AttentionAttributes) {
    let (batch, length) = (qkv.shape[0], qkv.shape[1])
    (self.batch, self.length, channels) = (batch, length, qkv.shape[2] / 3)
    heads = attributes.heads
    let bytesOfSample = attributes.heads * length * length * DType.float32.size
    let most = max(1, AttentionSizes.scoreBytes / max(bytesOfSample, 1))
    chunk = (1...max(1, min(most, batch))).last { batch % $0 == 0 } ?? 1
  }

  var headSize: Int { channels / heads }
  /// 1 / √d.
  var scale: Float { Float(1 / Double(headSize).squareRoot()) }
  var qkvOfSample: Int { length * 3 * channels }
  var outputOfSample: Int { length * channels }
  var rowsOfSample: Int { heads * length }
  // Of a chunk:
  var qkvCount: Int { chunk * qkvOfSample }
  var outputCount: Int { chunk * outputOfSample }
  var scoreCount: Int { chunk * heads * length * length }
  var rowCount: Int { chunk * rowsOfSample }

  private var square: BatchedProduct.View {
    BatchedProduct.View(leading: length, batch: length * length, outer: heads * length * length)
  }

  /// Columns of a head in rows of `width` elements.
  private func head(_ width: Int) -> BatchedProduct.View {
    BatchedProduct.View(leading: width, batch: headSize, outer: length * width)
  }

  /// S (chunk, heads, T, T) = q kᵀ, both inside packed qkv.
  func scores(_ context: KernelContext, _ compute: DType) throws -> BatchedProduct {
    try products(context, a: 3 * channels, compute)
  }

  /// (chunk, heads, T, T) = A Bᵀ in fp32, A in rows of `a` elements, B inside packed qkv.
  func products(_ context: KernelContext, a: Int, _ compute: DType) throws -> BatchedProduct {
    try BatchedProduct(
      context, outer: chunk, batch: heads, m: length, n: length, k: headSize, transposeB: true, a: head(a),
      b: head(3 * channels), c: square, input: compute, output: .float32)
  }

  /// Columns of every head = op(P) B: P (chunk, heads, T, T), B in rows of `b` elements, the result in rows of `c`.
  func columns(
    _ context: KernelContext, transposeA: Bool, b: Int, c: Int, _ compute: DType, _ output: DType
  ) throws -> BatchedProduct {
    try BatchedProduct(
      context, outer: chunk, batch: heads, m: length, n: headSize, k: length, transposeA: transposeA, a: square,
      b: head(b), c: head(c), input: compute, output: output)
  }
}

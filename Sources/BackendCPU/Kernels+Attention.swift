import CKernels
import GraphIR
import TensorCore

/// Kernels of scaled dot-product attention over packed qkv (N, T, 3 C).
///
/// Heads of all samples are independent: each member of the team takes its share of them, some at a time, and gathers them
/// into dense matrices that stay in its cache. Scores and probabilities (T, T) exist for those few only, never for the
/// whole batch, and backward computes them again from qkv and the saved logsumexp (Dao and others 2022). Storage-only
/// formats are widened to fp32 while heads are gathered; probabilities and their gradients are rounded to the format all
/// the same.
extension KernelContext {
  func attention(_ attributes: AttentionAttributes) throws -> Kernel {
    let sizes = AttentionSizes(qkv: input(0), attributes, threads: threads)
    let (dtype, threads) = (input(0).dtype, threads)
    let compute = isStorageOnly(dtype) ? DType.float32 : dtype
    let products = try sizes.forEachMember {
      (scores: try sizes.scores(self, compute), output: try sizes.columns(self, compute))
    }

    var layout = ScratchLayout()
    let library = layout.reserve(max(products[0].scores.scratch, products[0].output.scratch))
    let (q, k) = (layout.reserve(sizes.headBytes(compute)), layout.reserve(sizes.headBytes(compute)))
    let (v, o) = (layout.reserve(sizes.headBytes(compute)), layout.reserve(sizes.headBytes(compute)))
    let scores = layout.reserve(sizes.scoreBytes(.float32))
    let probabilities = layout.reserve(sizes.scoreBytes(compute))
    let memberBytes = layout.byteCount
    let (stored, computed) = (dtype.kernelType, compute.kernelType)
    let title = implementation(of: products[0].scores, isStorageOnly(dtype))
    return Kernel(scratch: memberBytes * products.count, implementation: title) { place in
      let work = TeamWork(threads: threads) { context, member in
        let product = products[member]
        let base = place.scratch.pointer(context) + member * memberBytes
        let qkv = PackedHeads(place.inputs[0].pointer(context), parts: 3, dtype, sizes)
        let output = PackedHeads(place.outputs[0].pointer(context), parts: 1, dtype, sizes)
        let matrix = (base + scores).assumingMemoryBound(to: Float.self)
        for heads in sizes.chunks(of: member) {
          qkv.gather(0, heads, into: base + q, computed)
          qkv.gather(1, heads, into: base + k, computed)
          qkv.gather(2, heads, into: base + v, computed)
          try product.scores(base + q, base + k, matrix, base + library)
          amp_attention_softmax(
            1, matrix, sizes.scale, attributes.isCausal, stored, computed, base + probabilities,
            place.outputs[1].floats(context) + heads.lowerBound * sizes.length, heads.count, sizes.length, sizes.length)
          try product.output(base + probabilities, base + v, base + o, base + library)
          output.scatter(0, heads, from: base + o, computed)
        }
      }
      return { context in try work.run(context) }
    }
  }

  /// Operands: do, qkv, o, logsumexp.
  func attentionBackward(_ attributes: AttentionAttributes) throws -> Kernel {
    let sizes = AttentionSizes(qkv: input(1), attributes, threads: threads)
    let (dtype, threads) = (input(1).dtype, threads)
    let compute = isStorageOnly(dtype) ? DType.float32 : dtype
    // S = q kᵀ and dP = do vᵀ; dq = dS k; dk = dSᵀ q and dv = Pᵀ do.
    let products = try sizes.forEachMember {
      (
        scores: try sizes.scores(self, compute), columns: try sizes.columns(self, compute),
        transposed: try sizes.columns(self, compute, transposeA: true)
      )
    }

    var layout = ScratchLayout()
    let library = layout.reserve(
      [products[0].scores, products[0].columns, products[0].transposed].map(\.scratch).max() ?? 0)
    let (q, k) = (layout.reserve(sizes.headBytes(compute)), layout.reserve(sizes.headBytes(compute)))
    let (v, gradient) = (layout.reserve(sizes.headBytes(compute)), layout.reserve(sizes.headBytes(compute)))
    let result = layout.reserve(sizes.headBytes(compute))
    let deltaBytes = layout.reserve(sizes.chunk * sizes.length * DType.float32.size)
    let (scores, dp) = (layout.reserve(sizes.scoreBytes(.float32)), layout.reserve(sizes.scoreBytes(.float32)))
    // Where products are in fp32, probabilities and their gradients take the place of what they come from.
    let isInPlace = compute == .float32
    let probabilities = isInPlace ? scores : layout.reserve(sizes.scoreBytes(compute))
    let ds = isInPlace ? dp : layout.reserve(sizes.scoreBytes(compute))
    let memberBytes = layout.byteCount
    let (stored, computed) = (dtype.kernelType, compute.kernelType)
    let title = implementation(of: products[0].scores, isStorageOnly(dtype))
    return Kernel(scratch: memberBytes * products.count, implementation: title) { place in
      let work = TeamWork(threads: threads) { context, member in
        let product = products[member]
        let base = place.scratch.pointer(context) + member * memberBytes
        let dO = PackedHeads(place.inputs[0].pointer(context), parts: 1, dtype, sizes)
        let qkv = PackedHeads(place.inputs[1].pointer(context), parts: 3, dtype, sizes)
        let o = PackedHeads(place.inputs[2].pointer(context), parts: 1, dtype, sizes)
        let dqkv = PackedHeads(place.outputs[0].pointer(context), parts: 3, dtype, sizes)
        let delta = (base + deltaBytes).assumingMemoryBound(to: Float.self)
        for heads in sizes.chunks(of: member) {
          dO.gather(0, heads, into: base + gradient, computed)
          o.gather(0, heads, into: base + result, computed)
          // Dense heads one below the other are the rows of a single head.
          amp_attention_delta(
            1, computed, base + gradient, base + result, delta, heads.count * sizes.length, 1, sizes.headSize)
          qkv.gather(0, heads, into: base + q, computed)
          qkv.gather(1, heads, into: base + k, computed)
          qkv.gather(2, heads, into: base + v, computed)
          try product.scores(base + q, base + k, base + scores, base + library)
          try product.scores(base + gradient, base + v, base + dp, base + library)
          amp_attention_softmax_backward(
            1, (base + scores).assumingMemoryBound(to: Float.self),
            place.inputs[3].floats(context) + heads.lowerBound * sizes.length,
            (base + dp).assumingMemoryBound(to: Float.self), delta, sizes.scale, attributes.isCausal, stored, computed,
            base + probabilities, base + ds, heads.count, sizes.length, sizes.length)
          try product.columns(base + ds, base + k, base + result, base + library)
          dqkv.scatter(0, heads, from: base + result, computed)
          try product.transposed(base + ds, base + q, base + result, base + library)
          dqkv.scatter(1, heads, from: base + result, computed)
          try product.transposed(base + probabilities, base + gradient, base + result, base + library)
          dqkv.scatter(2, heads, from: base + result, computed)
        }
      }
      return { context in try work.run(context) }
    }
  }

  /// Names the product and the kernels around it.
  func implementation(of product: BatchedProduct, _ isWidened: Bool) -> String {
    let name = "oneDNN \(product.primitive.implementation) and \(ownKernel)"
    return isWidened ? "storage-only: widened, \(name)" : name
  }
}

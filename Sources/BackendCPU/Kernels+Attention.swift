import CKernels
import GraphIR
import TensorCore

/// Kernels of scaled dot-product attention over packed qkv (N, T, 3 C).
///
/// Heads of all samples are independent: each member of the team takes its share of them, some at a time, and gathers them
/// into dense matrices that stay in its cache. Scores and probabilities exist for those few only, never for the whole
/// batch, and backward computes them again from qkv and the saved logsumexp (Dao and others 2022). They are (T, T') by
/// query and key in forward, (T', T') by key and query in backward, where two of three products that read them want them
/// so; T' is T rounded up (`AttentionSizes.padded`). Storage-only formats are widened to fp32 while heads are gathered;
/// probabilities and their gradients are rounded to the format all the same.
extension KernelContext {
  func attention(_ attributes: AttentionAttributes) throws -> Kernel {
    let sizes = AttentionSizes(qkv: input(0), attributes, threads: threads)
    let (dtype, threads) = (input(0).dtype, threads)
    let compute = isStorageOnly(dtype) ? DType.float32 : dtype
    let (length, padded) = (sizes.length, sizes.padded)
    let products = try sizes.forEachMember {
      (
        scores: try sizes.scores(self, compute, rows: length), output: try sizes.columns(self, compute, rows: length)
      )
    }

    var layout = ScratchLayout()
    let library = layout.reserve(max(products[0].scores.scratch, products[0].output.scratch))
    let (q, k) = (layout.reserve(sizes.headBytes(compute)), layout.reserve(sizes.headBytes(compute)))
    let (v, o) = (layout.reserve(sizes.headBytes(compute)), layout.reserve(sizes.headBytes(compute)))
    let scores = layout.reserve(sizes.scoreBytes(.float32, rows: length))
    // Where products are in fp32, probabilities take the place of the scores.
    let probabilities = compute == .float32 ? scores : layout.reserve(sizes.scoreBytes(compute, rows: length))
    let memberBytes = layout.byteCount
    let (stored, computed) = (dtype.kernelType, compute.kernelType)
    let title = implementation(of: products[0].scores, isStorageOnly(dtype))
    return Kernel(scratch: memberBytes * products.count, implementation: title) { place in
      let work = TeamWork(threads: threads) { context, member in
        let product = products[member]
        let base = place.scratch.pointer(context) + member * memberBytes
        let qkv = PackedHeads(place.inputs[0].pointer(context), parts: 3, dtype, sizes)
        let output = PackedHeads(place.outputs[0].pointer(context), parts: 1, dtype, sizes)
        for heads in sizes.chunks(of: member) {
          qkv.gather(0, heads, into: base + q, computed, rows: length)
          qkv.gather(1, heads, into: base + k, computed, rows: padded)
          qkv.gather(2, heads, into: base + v, computed, rows: padded)
          try product.scores(base + q, base + k, base + scores, base + library)
          withUnsafePointer(to: sizes.softmax(heads, attributes, stored, stored: computed)) {
            amp_attention_softmax(
              1, $0, (base + scores).assumingMemoryBound(to: Float.self), base + probabilities,
              place.outputs[1].floats(context) + heads.lowerBound * length)
          }
          try product.output(base + probabilities, base + v, base + o, base + library)
          output.scatter(0, heads, from: base + o, computed, rows: length)
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
    let (length, padded) = (sizes.length, sizes.padded)
    // Sᵀ = k qᵀ and dPᵀ = v doᵀ; dq = (dSᵀ)ᵀ k; dk = dSᵀ q and dv = Pᵀ do.
    let products = try sizes.forEachMember {
      (
        scores: try sizes.scores(self, compute, rows: padded), columns: try sizes.columns(self, compute, rows: padded),
        transposed: try sizes.columns(self, compute, rows: padded, transposeA: true)
      )
    }

    var layout = ScratchLayout()
    let library = layout.reserve(
      [products[0].scores, products[0].columns, products[0].transposed].map(\.scratch).max() ?? 0)
    let (q, k) = (layout.reserve(sizes.headBytes(compute)), layout.reserve(sizes.headBytes(compute)))
    let (v, gradient) = (layout.reserve(sizes.headBytes(compute)), layout.reserve(sizes.headBytes(compute)))
    let result = layout.reserve(sizes.headBytes(compute))
    let deltaBytes = layout.reserve(sizes.chunk * length * DType.float32.size)
    let squareBytes = sizes.scoreBytes(.float32, rows: padded)
    let (scores, dp) = (layout.reserve(squareBytes), layout.reserve(squareBytes))
    // Where products are in fp32, probabilities and their gradients take the place of what they come from.
    let isInPlace = compute == .float32
    let probabilities = isInPlace ? scores : layout.reserve(sizes.scoreBytes(compute, rows: padded))
    let ds = isInPlace ? dp : layout.reserve(sizes.scoreBytes(compute, rows: padded))
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
          dO.gather(0, heads, into: base + gradient, computed, rows: padded)
          dO.dots(o, heads, into: delta)
          qkv.gather(0, heads, into: base + q, computed, rows: padded)
          qkv.gather(1, heads, into: base + k, computed, rows: padded)
          qkv.gather(2, heads, into: base + v, computed, rows: padded)
          try product.scores(base + k, base + q, base + scores, base + library)
          try product.scores(base + v, base + gradient, base + dp, base + library)
          withUnsafePointer(to: sizes.softmax(heads, attributes, stored, stored: computed)) {
            amp_attention_softmax_backward(
              1, $0, (base + scores).assumingMemoryBound(to: Float.self),
              place.inputs[3].floats(context) + heads.lowerBound * length,
              (base + dp).assumingMemoryBound(to: Float.self), delta, base + probabilities, base + ds)
          }
          try product.transposed(base + ds, base + k, base + result, base + library)
          dqkv.scatter(0, heads, from: base + result, computed, rows: padded)
          try product.columns(base + ds, base + q, base + result, base + library)
          dqkv.scatter(1, heads, from: base + result, computed, rows: padded)
          try product.columns(base + probabilities, base + gradient, base + result, base + library)
          dqkv.scatter(2, heads, from: base + result, computed, rows: padded)
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

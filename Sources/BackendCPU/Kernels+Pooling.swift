import CDNNL
import CKernels
import GraphIR
import TensorCore

/// Kernels of pooling. Max pooling is exact in any format; average pooling of storage-only formats goes through fp32.
extension KernelContext {
  private func poolingShape(
    x: TensorType, _ attributes: PoolingAttributes, _ kind: cdnnl_pool_kind, isWidened: Bool
  ) -> cdnnl_pooling {
    cdnnl_pooling(
      kind: kind, n: Int64(x.shape[0]), c: Int64(x.shape[1]), h: Int64(x.shape[2]), w: Int64(x.shape[3]),
      kh: Int64(attributes.kernel[0]), kw: Int64(attributes.kernel[1]), stride_h: Int64(attributes.stride[0]),
      stride_w: Int64(attributes.stride[1]), pad_h: Int64(attributes.padding[0]),
      pad_w: Int64(attributes.padding[1]),
      dtype: isWidened ? CDNNL_F32 : x.dtype.libraryType)
  }

  /// x → y and, for max pooling, the arg-max positions.
  func poolingForward(_ attributes: PoolingAttributes, _ kind: cdnnl_pool_kind) throws -> Kernel {
    let isWidened = isStorageOnly(input(0).dtype)
    let shape = poolingShape(x: input(0), attributes, kind, isWidened: isWidened)
    let primitive = try LibraryPrimitive(self) { out in
      withUnsafePointer(to: shape) { cdnnl_pooling_forward_create($0, out) }
    }
    let keepsPositions = kind == CDNNL_POOL_MAX
    if keepsPositions, cdnnl_workspace_size(primitive.handle) > output(1).byteCount {
      throw failure(
        "oneDNN wants \(cdnnl_workspace_size(primitive.handle)) bytes for arg-max positions, planned "
          + "\(output(1).byteCount); use a smaller pooling window")
    }
    return widened(primitive, isWidened, from: input(0), to: output(0)) { x, y, place, context, scratch in
      cdnnl_pooling_forward_execute(
        primitive.handle, x, y, keepsPositions ? place.outputs[1].pointer(context) : nil, scratch)
    }
  }

  /// dy and arg-max positions → dx.
  func poolingBackward(_ attributes: PoolingAttributes, _ kind: cdnnl_pool_kind) throws -> Kernel {
    // Where windows overlap, oneDNN sums in the format of dx; in fp32 the sum is rounded once, as everywhere.
    let overlaps = zip(attributes.kernel, attributes.stride).contains { $0 > $1 }
    let isWidened = isStorageOnly(input(0).dtype) || (overlaps && input(0).dtype != .float32)
    let shape = poolingShape(x: output(0), attributes, kind, isWidened: isWidened)
    let primitive = try LibraryPrimitive(self) { out in
      withUnsafePointer(to: shape) { cdnnl_pooling_backward_create($0, out) }
    }
    let keepsPositions = kind == CDNNL_POOL_MAX
    return widened(primitive, isWidened, from: input(0), to: output(0)) { dy, dx, place, context, scratch in
      cdnnl_pooling_backward_execute(
        primitive.handle, dy, keepsPositions ? place.inputs[1].pointer(context) : nil, dx, scratch)
    }
  }

  /// x (N, C, H, W) → y (N, C, 1, 1).
  func globalAveragePool() -> Kernel {
    let (shape, dtype, threads) = (input(0).shape, input(0).dtype.kernelType, threads)
    return own { place in
      { context in
        amp_global_average_pool(
          threads, dtype, place.inputs[0].pointer(context), place.outputs[0].pointer(context), shape[0],
          shape.spatial, shape[1])
      }
    }
  }

  /// dy (N, C, 1, 1) → dx (N, C, H, W).
  func globalAveragePoolBackward() -> Kernel {
    let (shape, dtype, threads) = (output(0).shape, output(0).dtype.kernelType, threads)
    return own { place in
      { context in
        amp_global_average_pool_backward(
          threads, dtype, place.inputs[0].pointer(context), place.outputs[0].pointer(context), shape[0],
          shape.spatial, shape[1])
      }
    }
  }

  private typealias Body = (
    UnsafeMutableRawPointer, UnsafeMutableRawPointer, Placement, borrowing CallContext, UnsafeMutableRawPointer
  ) -> cdnnl_status

  private func widened(
    _ primitive: LibraryPrimitive, _ storageOnly: Bool, from source: TensorType, to result: TensorType,
    _ body: @escaping Body
  ) -> Kernel {
    var layout = ScratchLayout()
    let library = layout.reserve(primitive.scratch)
    let wideSource = storageOnly ? layout.reserveFloats(source) : 0
    let wideResult = storageOnly ? layout.reserveFloats(result) : 0
    let (dtype, threads) = (source.dtype.kernelType, threads)
    let name = "oneDNN \(primitive.implementation)"
    return Kernel(
      scratch: layout.byteCount, implementation: storageOnly ? "storage-only: widened, \(name)" : name
    ) { place in
      { context in
        let base = place.scratch.pointer(context)
        let (x, y) = (place.inputs[0].pointer(context), place.outputs[0].pointer(context))
        guard storageOnly else {
          try LibraryPrimitive.check(body(x, y, place, context, base + library))
          return
        }
        amp_cast(threads, dtype, x, AMP_F32, base + wideSource, source.shape.count)
        try LibraryPrimitive.check(body(base + wideSource, base + wideResult, place, context, base + library))
        amp_cast(threads, AMP_F32, base + wideResult, dtype, y, result.shape.count)
      }
    }
  }
}

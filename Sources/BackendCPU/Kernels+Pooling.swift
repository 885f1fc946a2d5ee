import CDNNL
import CKernels
import GraphIR
import TensorCore

/// Kernels of pooling.
///
/// Max pooling is our own: oneDNN's drops NaN, and an overflow with it. Average pooling is oneDNN's; storage-only formats
/// go through fp32.
extension KernelContext {
  /// x → y and the position of each maximum in its window.
  func maxPool(_ attributes: PoolingAttributes) -> Kernel {
    let (dtype, threads) = (input(0).dtype.kernelType, threads)
    let shape = amp_pool_shape(input(0).shape, attributes)
    return own { place in
      { context in
        withUnsafePointer(to: shape) {
          amp_max_pool(
            threads, dtype, place.inputs[0].pointer(context), place.outputs[0].pointer(context),
            place.outputs[1].pointer(context), $0)
        }
      }
    }
  }

  /// dy and positions → dx.
  func maxPoolBackward(_ attributes: PoolingAttributes) -> Kernel {
    let (dtype, threads) = (input(0).dtype.kernelType, threads)
    let shape = amp_pool_shape(output(0).shape, attributes)
    return own { place in
      { context in
        withUnsafePointer(to: shape) {
          amp_max_pool_backward(
            threads, dtype, place.inputs[0].pointer(context), place.inputs[1].pointer(context),
            place.outputs[0].pointer(context), $0)
        }
      }
    }
  }

  /// x → y.
  func averagePool(_ attributes: PoolingAttributes) throws -> Kernel {
    let isWidened = isStorageOnly(input(0).dtype)
    let shape = averagingShape(x: input(0), attributes, isWidened: isWidened)
    let primitive = try LibraryPrimitive(self) { out in
      withUnsafePointer(to: shape) { cdnnl_pooling_forward_create($0, out) }
    }
    return averaging(primitive, isWidened) { x, y, scratch in
      cdnnl_pooling_forward_execute(primitive.handle, x, y, nil, scratch)
    }
  }

  /// dy → dx.
  func averagePoolBackward(_ attributes: PoolingAttributes) throws -> Kernel {
    // Where windows overlap, oneDNN sums in the format of dx; in fp32 the sum is rounded once, as everywhere.
    let overlaps = zip(attributes.kernel, attributes.stride).contains { $0 > $1 }
    let isWidened = isStorageOnly(input(0).dtype) || (overlaps && input(0).dtype != .float32)
    let shape = averagingShape(x: output(0), attributes, isWidened: isWidened)
    let primitive = try LibraryPrimitive(self) { out in
      withUnsafePointer(to: shape) { cdnnl_pooling_backward_create($0, out) }
    }
    return averaging(primitive, isWidened) { dy, dx, scratch in
      cdnnl_pooling_backward_execute(primitive.handle, dy, nil, dx, scratch)
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

  private func averagingShape(x: TensorType, _ attributes: PoolingAttributes, isWidened: Bool) -> cdnnl_pooling {
    cdnnl_pooling(
      kind: CDNNL_POOL_AVERAGE, n: Int64(x.shape[0]), c: Int64(x.shape[1]), h: Int64(x.shape[2]),
      w: Int64(x.shape[3]), kh: Int64(attributes.kernel[0]), kw: Int64(attributes.kernel[1]),
      stride_h: Int64(attributes.stride[0]), stride_w: Int64(attributes.stride[1]),
      pad_h: Int64(attributes.padding[0]), pad_w: Int64(attributes.padding[1]),
      dtype: isWidened ? CDNNL_F32 : x.dtype.libraryType)
  }

  /// Runs a primitive on the operand and the result, or on fp32 copies of them.
  private func averaging(
    _ primitive: LibraryPrimitive, _ isWidened: Bool,
    _ body: @escaping (UnsafeMutableRawPointer, UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> cdnnl_status
  ) -> Kernel {
    let (source, result) = (input(0), output(0))
    var layout = ScratchLayout()
    let library = layout.reserve(primitive.scratch)
    let wideSource = isWidened ? layout.reserveFloats(source) : 0
    let wideResult = isWidened ? layout.reserveFloats(result) : 0
    let (dtype, threads) = (source.dtype.kernelType, threads)
    let name = "\(isWidened ? "widened, " : "")oneDNN \(primitive.implementation)"
    return Kernel(
      scratch: layout.byteCount, implementation: isStorageOnly(source.dtype) ? "storage-only: \(name)" : name
    ) { place in
      { context in
        let base = place.scratch.pointer(context)
        let (x, y) = (place.inputs[0].pointer(context), place.outputs[0].pointer(context))
        guard isWidened else {
          try LibraryPrimitive.check(body(x, y, base + library))
          return
        }
        amp_cast(threads, dtype, x, AMP_F32, base + wideSource, source.shape.count)
        try LibraryPrimitive.check(body(base + wideSource, base + wideResult, base + library))
        amp_cast(threads, AMP_F32, base + wideResult, dtype, y, result.shape.count)
      }
    }
  }
}

extension amp_pool_shape {
  /// The geometry of pooling x (N, C, H, W).
  init(_ x: Shape, _ attributes: PoolingAttributes) {
    self.init(
      n: x[0], h: x[2], w: x[3], channels: x[1], kernel_h: attributes.kernel[0], kernel_w: attributes.kernel[1],
      stride_h: attributes.stride[0], stride_w: attributes.stride[1], padding_h: attributes.padding[0],
      padding_w: attributes.padding[1])
  }
}

import CKernels
import GraphCompiler
import GraphIR
import TensorCore

/// Kernels of our own that work element by element, or only move elements.
extension KernelContext {
  /// A function of one tensor and a count.
  typealias Unary = (Int32, amp_dtype, UnsafeRawPointer?, UnsafeMutableRawPointer?, Int) -> Void
  /// A function of two tensors and a count.
  typealias Binary = (
    Int32, amp_dtype, UnsafeRawPointer?, UnsafeRawPointer?, UnsafeMutableRawPointer?, Int
  ) -> Void

  func unary(_ function: @escaping Unary) -> Kernel {
    let (dtype, count, threads) = (input(0).dtype.kernelType, input(0).shape.count, threads)
    return own { place in
      let (x, y) = (place.inputs[0], place.outputs[0])
      return { function(threads, dtype, x.pointer($0), y.pointer($0), count) }
    }
  }

  func binary(_ function: @escaping Binary) -> Kernel {
    let (dtype, count, threads) = (input(0).dtype.kernelType, input(0).shape.count, threads)
    return own { place in
      let (x, y, z) = (place.inputs[0], place.inputs[1], place.outputs[0])
      return { function(threads, dtype, x.pointer($0), y.pointer($0), z.pointer($0), count) }
    }
  }

  func cast(to dtype: DType) -> Kernel {
    let (from, to) = (input(0).dtype.kernelType, dtype.kernelType)
    let (count, threads) = (input(0).shape.count, threads)
    return own { place in
      let (x, y) = (place.inputs[0], place.outputs[0])
      return { amp_cast(threads, from, x.pointer($0), to, y.pointer($0), count) }
    }
  }

  /// The mask is a function of seed, attempt, stream and index: forward and backward call the same kernel.
  func dropout(probability: Float, stream: UInt32) -> Kernel {
    let (dtype, count, threads) = (input(0).dtype.kernelType, input(0).shape.count, threads)
    return own { place in
      let (x, y) = (place.inputs[0], place.outputs[0])
      return { context in
        amp_dropout(
          threads, dtype, x.pointer(context), y.pointer(context), count, probability, context.seed, context.maskKey,
          stream)
      }
    }
  }

  /// torch flattens (N, C, H, W) to C, H, W; memory is H, W, C.
  ///
  /// A view where the two agree and storage is shared.
  func flatten(_ isForward: Bool) -> Kernel {
    let image = isForward ? input(0) : output(0)
    let (dtype, threads) = (image.dtype.kernelType, threads)
    let shape = image.shape
    let isView = graph.isView(node)
    return own { place in
      let (x, y) = (place.inputs[0], place.outputs[0])
      if isView, x.isInState == y.isInState, x.offset == y.offset { return { _ in } }
      return { context in
        let (source, result) = (x.pointer(context), y.pointer(context))
        if isView {
          result.copyMemory(from: source, byteCount: image.byteCount)
        } else if isForward {
          amp_channels_last_to_first(threads, dtype, source, result, shape[0], shape[1], shape.spatial)
        } else {
          amp_channels_first_to_last(threads, dtype, source, result, shape[0], shape[1], shape.spatial)
        }
      }
    }
  }

  /// x (…, columns) → sums over the leading extents.
  func columnSum() -> Kernel {
    let (x, threads) = (input(0), threads)
    let columns = output(0).shape.count
    let rows = x.shape.count / max(columns, 1)
    let scratch = amp_column_sum_scratch(threads, rows, columns)
    let out = output(0).dtype.kernelType
    return Kernel(scratch: scratch, implementation: ownKernel) { place in
      { context in
        amp_column_sum(
          threads, x.dtype.kernelType, place.inputs[0].pointer(context), out, place.outputs[0].pointer(context),
          rows, columns, place.scratch.pointer(context))
      }
    }
  }
}

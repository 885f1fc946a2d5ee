import CKernels
import GraphCompiler
import GraphIR
import TensorCore

/// Kernels that only move elements, whatever their format.
extension KernelContext {
  /// Tensors one after the other along a dimension.
  func concat(_ dimension: Int) -> Kernel {
    let threads = threads
    let whole = Blocks(output(0), dimension)
    let parts = node.inputs.indices.map { Blocks(input($0), dimension) }
    return own { place in
      { context in
        var offset = 0
        for (index, part) in parts.enumerated() {
          amp_copy_rows(
            threads, place.inputs[index].pointer(context), part.byteCount,
            place.outputs[0].pointer(context) + offset, whole.byteCount, whole.rows, part.byteCount)
          offset += part.byteCount
        }
      }
    }
  }

  /// Some places of a dimension.
  func slice(_ dimension: Int, _ start: Int) -> Kernel {
    let threads = threads
    let (whole, part) = (Blocks(input(0), dimension), Blocks(output(0), dimension))
    let offset = start * whole.bytesOfPlace
    return own { place in
      { context in
        amp_copy_rows(
          threads, place.inputs[0].pointer(context) + offset, whole.byteCount, place.outputs[0].pointer(context),
          part.byteCount, whole.rows, part.byteCount)
      }
    }
  }

  /// A slice's gradient: zero elsewhere.
  func sliceBackward(_ dimension: Int, _ start: Int) -> Kernel {
    let (threads, bytes) = (threads, output(0).byteCount)
    let (whole, part) = (Blocks(output(0), dimension), Blocks(input(0), dimension))
    let offset = start * whole.bytesOfPlace
    return own { place in
      { context in
        let result = place.outputs[0].pointer(context)
        amp_fill_zero(threads, result, bytes)
        amp_copy_rows(
          threads, place.inputs[0].pointer(context), part.byteCount, result + offset, whole.byteCount, whole.rows,
          part.byteCount)
      }
    }
  }

  /// The same rows for every sample.
  func expand(_ count: Int) -> Kernel {
    let (threads, bytes) = (threads, input(0).byteCount)
    return own { place in
      { context in
        amp_copy_rows(
          threads, place.inputs[0].pointer(context), 0, place.outputs[0].pointer(context), bytes, count, bytes)
      }
    }
  }

  /// The same memory under another shape; a copy where the planner could not share it.
  func view() -> Kernel {
    let bytes = output(0).byteCount
    return own { place in
      let (x, y) = (place.inputs[0], place.outputs[0])
      if x.isInState == y.isInState, x.offset == y.offset { return { _ in } }
      return { y.pointer($0).copyMemory(from: x.pointer($0), byteCount: bytes) }
    }
  }

  /// Enlarges an image, or sums a gradient back.
  func upsample(_ attributes: UpsampleAttributes, isForward: Bool) -> Kernel {
    let x = isForward ? input(0) : output(0)
    let (dtype, threads) = (x.dtype.kernelType, threads)
    let shape = amp_upsample_shape(
      n: x.shape[0], h: x.shape[2], w: x.shape[3], channels: x.shape[1], scale: attributes.scale,
      bilinear: attributes.mode == .bilinear)
    return own { place in
      { context in
        let (source, result) = (place.inputs[0].pointer(context), place.outputs[0].pointer(context))
        withUnsafePointer(to: shape) {
          if isForward {
            amp_upsample(threads, dtype, source, result, $0)
          } else {
            amp_upsample_backward(threads, dtype, source, result, $0)
          }
        }
      }
    }
  }
}

/// A tensor in memory as rows that one dimension and all after it fill.
///
/// Activations of rank 4 lie as N, H, W, C: their channels are the last dimension in memory.
private struct Blocks {
  let rows: Int
  let byteCount: Int
  let bytesOfPlace: Int

  init(_ type: TensorType, _ dimension: Int) {
    let shape = type.shape
    let inner = shape.rank == 4 && dimension == 1 ? 1 : shape.dimensions.dropFirst(dimension + 1).reduce(1, *)
    bytesOfPlace = inner * type.dtype.size
    byteCount = bytesOfPlace * shape[dimension]
    rows = shape.count / max(inner * shape[dimension], 1)
  }
}

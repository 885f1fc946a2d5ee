import CKernels
import GraphIR
import TensorCore

/// Kernels of layer normalisation and of rows taken from tables.
extension KernelContext {
  func layerNorm(eps: Float) -> Kernel {
    let (x, threads) = (input(0), threads)
    let columns = x.shape[x.shape.rank - 1]
    let rows = x.shape.count / max(columns, 1)
    return own { place in
      { context in
        amp_layer_norm(
          threads, x.dtype.kernelType, place.inputs[0].pointer(context), place.inputs[1].floats(context),
          place.inputs[2].floats(context), eps, place.outputs[0].pointer(context), place.outputs[1].floats(context),
          place.outputs[2].floats(context), rows, columns)
      }
    }
  }

  /// Operands: dy, x, weight, mean, rstd.
  func layerNormBackward() -> Kernel {
    let (x, threads) = (input(1), threads)
    let columns = x.shape[x.shape.rank - 1]
    let rows = x.shape.count / max(columns, 1)
    let scratch = amp_layer_norm_scratch(threads, rows, columns)
    return Kernel(scratch: scratch, implementation: ownKernel) { place in
      { context in
        amp_layer_norm_backward(
          threads, x.dtype.kernelType, place.inputs[0].pointer(context), place.inputs[1].pointer(context),
          place.inputs[2].floats(context), place.inputs[3].floats(context), place.inputs[4].floats(context),
          place.outputs[0].pointer(context), place.outputs[1].floats(context), place.outputs[2].floats(context), rows,
          columns, place.scratch.pointer(context))
      }
    }
  }

  /// Rows of a table, or of each sample's own rows: an embedding is a gather from one table.
  func gatherRows() -> Kernel {
    let threads = threads
    let rows = TableRows(x: input(0), indices: input(1))
    return own { place in
      { context in
        amp_gather_rows(
          threads, rows.dtype, place.inputs[0].pointer(context), place.inputs[1].indices(context),
          place.outputs[0].pointer(context), rows.batch, rows.rows, rows.picks, rows.columns)
      }
    }
  }

  /// The gradient of a table, or of each sample's rows.
  func scatterAddRows() -> Kernel {
    let threads = threads
    let rows = TableRows(x: output(0), indices: input(1))
    let scratch = amp_scatter_add_rows_scratch(threads, rows.dtype, rows.batch, rows.rows, rows.picks, rows.columns)
    return Kernel(scratch: scratch, implementation: ownKernel) { place in
      { context in
        amp_scatter_add_rows(
          threads, rows.dtype, place.inputs[0].pointer(context), place.inputs[1].indices(context),
          place.outputs[0].pointer(context), rows.batch, rows.rows, rows.picks, rows.columns,
          place.scratch.pointer(context))
      }
    }
  }

  /// x (…, R) + y (R), or of equal shapes.
  func add() -> Kernel {
    let (x, y) = (input(0), input(1))
    guard x.shape.count != y.shape.count else { return binary(amp_add) }
    let (rows, columns, threads) = (x.shape.count / max(y.shape.count, 1), y.shape.count, threads)
    return own { place in
      { context in
        amp_add_broadcast(
          threads, x.dtype.kernelType, place.inputs[0].pointer(context), place.inputs[1].pointer(context),
          place.outputs[0].pointer(context), rows, columns)
      }
    }
  }
}

/// Extents of rows picked by index: x (batch, rows, columns), indices (batch, picks).
private struct TableRows {
  let dtype: amp_dtype
  let batch: Int
  let rows: Int
  let picks: Int
  let columns: Int

  init(x: TensorType, indices: TensorType) {
    let shape = x.shape
    dtype = x.dtype.kernelType
    batch = shape.rank == 2 ? 1 : shape[0]
    rows = shape[shape.rank - 2]
    columns = shape[shape.rank - 1]
    picks = indices.shape.count / max(batch, 1)
  }
}

extension Address {
  @inline(__always)
  func indices(_ context: borrowing CallContext) -> UnsafePointer<Int64> {
    UnsafePointer(pointer(context).assumingMemoryBound(to: Int64.self))
  }
}

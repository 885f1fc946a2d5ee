import CKernels
import GraphIR
import TensorCore

/// Kernels of batch normalisation: rows = N·H·W, channels last.
extension KernelContext {
  func batchNormTrain(_ attributes: BatchNormAttributes) -> Kernel {
    let (x, threads) = (input(0), threads)
    let (rows, channels) = (x.shape.rows, x.shape[1])
    let scratch = amp_batch_norm_scratch(threads, rows, channels)
    return Kernel(scratch: scratch, implementation: ownKernel) { place in
      { context in
        // A later micro-batch goes on from the statistics that the one before it left; the kernel works in place.
        let running = context.microBatch == 0 ? place.inputs[3...4] : place.outputs[3...4]
        amp_batch_norm_train(
          threads, x.dtype.kernelType, place.inputs[0].pointer(context), place.inputs[1].floats(context),
          place.inputs[2].floats(context), running[3].floats(context), running[4].floats(context),
          attributes.momentum, attributes.eps, attributes.relu, place.outputs[0].pointer(context),
          place.outputs[1].floats(context), place.outputs[2].floats(context), place.outputs[3].floats(context),
          place.outputs[4].floats(context), rows, channels, place.scratch.pointer(context))
      }
    }
  }

  func batchNormInference(_ attributes: BatchNormAttributes) -> Kernel {
    let (x, threads) = (input(0), threads)
    let (rows, channels) = (x.shape.rows, x.shape[1])
    return own { place in
      { context in
        amp_batch_norm_infer(
          threads, x.dtype.kernelType, place.inputs[0].pointer(context), place.inputs[1].floats(context),
          place.inputs[2].floats(context), place.inputs[3].floats(context), place.inputs[4].floats(context),
          attributes.eps, attributes.relu, place.outputs[0].pointer(context), rows, channels)
      }
    }
  }

  /// Operands: dy, x, weight, [bias], batch mean, batch rstd.
  func batchNormBackward(_ attributes: BatchNormAttributes) -> Kernel {
    let (dy, threads) = (input(0), threads)
    let (rows, channels) = (dy.shape.rows, dy.shape[1])
    let statistics = attributes.relu ? 4 : 3
    let scratch = amp_batch_norm_scratch(threads, rows, channels)
    return Kernel(scratch: scratch, implementation: ownKernel) { place in
      { context in
        amp_batch_norm_backward(
          threads, dy.dtype.kernelType, place.inputs[0].pointer(context), place.inputs[1].pointer(context),
          place.inputs[2].floats(context), attributes.relu ? place.inputs[3].floats(context) : nil,
          place.inputs[statistics].floats(context), place.inputs[statistics + 1].floats(context),
          place.outputs[0].pointer(context), place.outputs[1].floats(context), place.outputs[2].floats(context), rows,
          channels, place.scratch.pointer(context))
      }
    }
  }
}

extension Address {
  @inline(__always)
  func floats(_ context: borrowing CallContext) -> UnsafeMutablePointer<Float> {
    pointer(context).assumingMemoryBound(to: Float.self)
  }
}

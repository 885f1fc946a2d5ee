import CKernels
import GraphIR
import TensorCore

/// Kernels of the loss. Logits are fp32 (N, classes), labels int64 (N).
extension KernelContext {
  func crossEntropy() -> Kernel {
    let (shape, threads) = (input(0).shape, threads)
    return own { place in
      { context in
        amp_cross_entropy(
          threads, place.inputs[0].floats(context),
          place.inputs[1].pointer(context).assumingMemoryBound(to: Int64.self), place.outputs[0].floats(context),
          nil, shape[0], shape[1])
      }
    }
  }

  /// The seed of the backward pass is the loss scale.
  func crossEntropyBackward() -> Kernel {
    let (shape, threads) = (input(0).shape, threads)
    return own { place in
      { context in
        amp_cross_entropy_backward(
          threads, place.inputs[0].floats(context),
          place.inputs[1].pointer(context).assumingMemoryBound(to: Int64.self), context.lossScale,
          place.outputs[0].floats(context), shape[0], shape[1])
      }
    }
  }
}

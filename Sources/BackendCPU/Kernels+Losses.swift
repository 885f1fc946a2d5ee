import CKernels
import GraphIR
import TensorCore

/// Kernels of the losses, on fp32 logits or predictions. The seed of every backward pass is the loss scale.
extension KernelContext {
  /// Rows of logits: the classes are the last extent in memory, those of (N, K, H, W) too.
  private var crossEntropyRows: (rows: Int, classes: Int) {
    let shape = input(0).shape
    let classes = shape.rank == 4 ? shape[1] : shape[shape.rank - 1]
    return (shape.count / max(classes, 1), classes)
  }

  func crossEntropy() -> Kernel {
    let ((rows, classes), threads) = (crossEntropyRows, threads)
    return own { place in
      { context in
        amp_cross_entropy(
          threads, place.inputs[0].floats(context),
          place.inputs[1].pointer(context).assumingMemoryBound(to: Int64.self), place.outputs[0].floats(context),
          nil, rows, classes)
      }
    }
  }

  func crossEntropyBackward() -> Kernel {
    let ((rows, classes), threads) = (crossEntropyRows, threads)
    return own { place in
      { context in
        amp_cross_entropy_backward(
          threads, place.inputs[0].floats(context),
          place.inputs[1].pointer(context).assumingMemoryBound(to: Int64.self), context.lossScale,
          place.outputs[0].floats(context), rows, classes)
      }
    }
  }

  /// Threads, predictions, targets, loss, count.
  typealias PairedLoss = (
    Int32, UnsafePointer<Float>?, UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int
  ) -> Void
  /// Threads, predictions, targets, seed, gradient, count.
  typealias PairedLossGradient = (
    Int32, UnsafePointer<Float>?, UnsafePointer<Float>?, Float, UnsafeMutablePointer<Float>?, Int
  ) -> Void

  func pairedLoss(_ function: @escaping PairedLoss) -> Kernel {
    let (count, threads) = (input(0).shape.count, threads)
    return own { place in
      { context in
        function(
          threads, place.inputs[0].floats(context), place.inputs[1].floats(context), place.outputs[0].floats(context),
          count)
      }
    }
  }

  func pairedLossGradient(_ function: @escaping PairedLossGradient) -> Kernel {
    let (count, threads) = (input(0).shape.count, threads)
    return own { place in
      { context in
        function(
          threads, place.inputs[0].floats(context), place.inputs[1].floats(context), context.lossScale,
          place.outputs[0].floats(context), count)
      }
    }
  }

  /// Mean loss over the micro-batches of a step.
  func accumulateLoss(count: Int) -> Kernel {
    own { place in
      { context in
        let (loss, mean) = (place.inputs[0].floats(context), place.outputs[0].floats(context))
        let share = loss.pointee / Float(count)
        mean.pointee = context.microBatch == 0 ? share : mean.pointee + share
      }
    }
  }

  /// Sum of a gradient over the micro-batches of a step.
  func accumulate() -> Kernel {
    let (gradient, threads) = (input(0), threads)
    return own { place in
      { context in
        amp_accumulate(
          threads, gradient.dtype.kernelType, place.inputs[0].pointer(context), place.outputs[0].floats(context),
          gradient.shape.count, context.microBatch == 0)
      }
    }
  }
}

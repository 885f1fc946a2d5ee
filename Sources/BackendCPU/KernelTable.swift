import CKernels
import GraphIR

/// The table of this backend: one kernel an operation.
///
/// Throws `BackendError` where oneDNN refuses.
func makeKernel(_ context: KernelContext) throws -> Kernel {
  switch context.node.operation {
  case .linear(let relu): try context.linear(relu: relu)
  case .matmul(let a, let b): try context.matmul(transposeA: a, transposeB: b)
  case .conv2d(let attributes): try context.convolutionForward(attributes)
  case .conv2dBackwardData(let attributes): try context.convolutionBackwardData(attributes)
  case .conv2dBackwardWeights(let attributes, let bias):
    try context.convolutionBackwardWeights(attributes, bias: bias)
  case .maxPool2d(let attributes): context.maxPool(attributes)
  case .avgPool2d(let attributes): try context.averagePool(attributes)
  case .maxPool2dBackward(let attributes): context.maxPoolBackward(attributes)
  case .avgPool2dBackward(let attributes): try context.averagePoolBackward(attributes)
  case .globalAveragePool: context.globalAveragePool()
  case .globalAveragePoolBackward: context.globalAveragePoolBackward()
  case .batchNorm(let attributes): context.batchNormTrain(attributes)
  case .batchNormInference(let attributes): context.batchNormInference(attributes)
  case .batchNormBackward(let attributes): context.batchNormBackward(attributes)
  case .relu: context.unary(amp_relu)
  case .gelu: context.unary(amp_gelu)
  case .reluBackward: context.binary(amp_relu_backward)
  case .geluBackward: context.binary(amp_gelu_backward)
  case .add: context.binary(amp_add)
  case .dropout(let probability, let stream): context.dropout(probability: probability, stream: stream)
  case .flatten: context.flatten(true)
  case .unflatten: context.flatten(false)
  case .columnSum: context.columnSum()
  case .cast(let dtype): context.cast(to: dtype)
  case .crossEntropy: context.crossEntropy()
  case .crossEntropyBackward: context.crossEntropyBackward()
  case .commit(let attributes): context.commit(attributes)
  }
}

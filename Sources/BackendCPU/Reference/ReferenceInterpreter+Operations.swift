import GraphIR
import TensorCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension ReferenceInterpreter {
  /// Results of one node on operands `x`, not yet rounded.
  ///
  /// `carried` are the node's results of the micro-batch before; nil in the first.
  func results(
    of node: Node, _ x: [ReferenceTensor], _ feed: Feed, _ microBatch: MicroBatch, carried: [ReferenceTensor]?
  ) -> [ReferenceTensor] {
    func zeros(_ index: Int = 0) -> ReferenceTensor { ReferenceTensor(zeros: graph[node.outputs[index]].type.shape) }
    let lossScale = feed.lossScale / Double(microBatch.count)
    switch node.operation {
    case .linear(let relu): return [Self.linear(x[0], x[1], bias: x.count > 2 ? x[2] : nil, relu: relu)]
    case .matmul(let transposeA, let transposeB):
      return [Self.matmul(x[0], x[1], transposeA: transposeA, transposeB: transposeB)]
    case .conv2d(let a): return [Self.convolution(x[0], x[1], x.count > 2 ? x[2] : nil, into: zeros(), a)]
    case .conv2dBackwardData(let a): return [Self.convolutionBackwardData(x[0], x[1], into: zeros(), a)]
    case .conv2dBackwardWeights(let a, let bias):
      return Self.convolutionBackwardWeights(x[0], x[1], into: zeros(), bias: bias, a)
    case .convTranspose2d(let a):
      let bias = x.count > 2 ? x[2] : nil
      return [transposedConvolution(x[0], x[1], bias, into: zeros(), a, stored: dtype(node.inputs[0]))]
    case .attention(let a): return attention(x[0], a, stored: dtype(node.inputs[0]))
    case .attentionBackward(let a): return [attentionBackward(x, a, stored: dtype(node.inputs[1]))]
    case .lstm: return lstm(x, stored: dtype(node.inputs[0]))
    case .lstmBackward: return lstmBackward(x, stored: dtype(node.inputs[1]))

    case .relu: return [x[0].map(Self.relu)]
    case .reluBackward: return [x[0].zip(x[1]) { dy, y in y > 0 ? dy : 0 }]
    case .gelu: return [x[0].map(Self.gelu)]
    case .geluBackward: return [x[0].zip(x[1]) { dy, x in dy * Self.geluDerivative(x) }]
    case .sigmoid: return [x[0].map(Self.sigmoid)]
    case .sigmoidBackward: return [x[0].zip(x[1]) { dy, y in dy * y * (1 - y) }]
    case .tanh: return [x[0].map(tanh)]
    case .tanhBackward: return [x[0].zip(x[1]) { dy, y in dy * (1 - y * y) }]
    case .silu: return [x[0].map(Self.silu)]
    case .siluBackward: return [x[0].zip(x[1]) { dy, x in dy * Self.siluDerivative(x) }]
    case .multiply: return [x[0].zip(x[1], *)]
    case .add: return [Self.add(x[0], x[1])]
    case .cast: return [x[0]]
    case .dropout(let probability, let stream):
      let key = DropoutKey(
        feed.seed, feed.attempt &* UInt64(microBatch.count) &+ UInt64(microBatch.index), stream)
      return [Self.dropout(x[0], probability, key, graph.memoryOrder(of: node.inputs[0]))]

    case .maxPool2d(let a): return Self.maxPool(x[0], into: zeros(), a)
    case .maxPool2dBackward(let a): return [Self.maxPoolBackward(x[0], positions: x[1], into: zeros(), a)]
    case .avgPool2d(let a): return [Self.averagePool(x[0], into: zeros(), a)]
    case .avgPool2dBackward(let a): return [Self.averagePoolBackward(x[0], into: zeros(), a)]
    case .globalAveragePool: return [Self.globalAveragePool(x[0])]
    case .globalAveragePoolBackward: return [Self.globalAveragePoolBackward(x[0], into: zeros())]
    case .upsample2d(let a): return [Self.upsample(x[0], into: zeros(), a)]
    case .upsample2dBackward(let a): return [Self.upsampleBackward(x[0], into: zeros(), a)]

    case .batchNorm(let a):
      // A later micro-batch goes on from the statistics that the one before left.
      return batchNorm(Array(x[0..<3]) + (carried.map { Array($0[3...4]) } ?? Array(x[3...4])), a)
    case .batchNormInference(let a): return [Self.batchNormInference(x, a)]
    case .batchNormBackward(let a): return batchNormBackward(x, a, stored: dtype(node.inputs[1]))
    case .layerNorm(let eps): return Self.layerNorm(x, eps: eps)
    case .layerNormBackward: return Self.layerNormBackward(x)

    case .flatten, .unflatten, .reshape: return [ReferenceTensor(zeros().shape, x[0].elements)]
    case .toSequence: return [Self.toSequence(x[0])]
    case .fromSequence: return [Self.fromSequence(x[0], into: zeros())]
    case .concat(let dimension): return [Self.concat(x, into: zeros(), dimension)]
    case .slice(let dimension, let start, _): return [Self.slice(x[0], into: zeros(), dimension, start)]
    case .sliceBackward(let dimension, let start):
      return [Self.sliceBackward(x[0], into: zeros(), dimension, start)]
    case .expand(let count):
      return [ReferenceTensor(zeros().shape, Array(repeatElement(x[0].elements, count: count).joined()))]
    case .columnSum: return [Self.columnSum(x[0], into: zeros())]
    case .embedding: return [Self.embedding(table: x[0], indices: x[1], into: zeros())]
    case .embeddingBackward: return [Self.embeddingBackward(x[0], indices: x[1], into: zeros())]
    case .gather: return [Self.gather(x[0], indices: x[1], into: zeros())]
    case .gatherBackward: return [Self.gatherBackward(x[0], indices: x[1], into: zeros())]

    case .crossEntropy: return [Self.crossEntropy(x[0], labels: x[1])]
    case .crossEntropyBackward: return [Self.crossEntropyBackward(x[0], labels: x[1], scale: lossScale)]
    case .bceWithLogits: return [Self.mean(of: Self.bceWithLogits, x[0], x[1])]
    case .bceWithLogitsBackward: return [Self.meanGradient(Self.bceWithLogitsDerivative, x[0], x[1], lossScale)]
    case .binaryCrossEntropy: return [Self.mean(of: Self.binaryCrossEntropy, x[0], x[1])]
    case .binaryCrossEntropyBackward:
      return [Self.meanGradient(Self.binaryCrossEntropyDerivative, x[0], x[1], lossScale)]
    case .meanSquaredError: return [Self.mean(of: Self.squaredError, x[0], x[1])]
    case .meanSquaredErrorBackward: return [Self.meanGradient(Self.squaredErrorDerivative, x[0], x[1], lossScale)]

    case .accumulate: return [Self.accumulate(x[0], carried?[0])]
    case .accumulateLoss(let count): return [Self.accumulate(x[0].map { $0 / Double(count) }, carried?[0])]
    case .unscale: return [unscale(x, lossScale: feed.lossScale)]
    case .clip(let clipping): return [Self.clip(x[0], clipping)]
    case .commit: return []
    }
  }

  private func dtype(_ value: ValueID) -> DType { graph[value].type.dtype }

  /// The sum so far and what one more micro-batch adds.
  private static func accumulate(_ x: ReferenceTensor, _ carried: ReferenceTensor?) -> ReferenceTensor {
    carried?.zip(x, +) ?? x
  }
}

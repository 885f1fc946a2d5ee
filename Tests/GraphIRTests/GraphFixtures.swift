import GraphIR
import TensorCore

/// A graph of one node on fresh inputs, in layer "features.0".
func graph(
  of operation: GraphIR.Operation, on types: [TensorType], resultShape: Shape? = nil
) throws(GraphError) -> Graph {
  var graph = Graph()
  var operands: [ValueID] = []
  for (index, type) in types.enumerated() {
    operands.append(graph.addValue(type, origin: .input("x\(index)"), label: "x\(index)"))
  }
  try graph.addNode(operation, operands, layer: "features.0", resultShape: resultShape)
  return graph
}

/// An fp32 type.
func f32(_ dimensions: Int...) -> TensorType { TensorType(.float32, Shape(dimensions)) }

/// A bf16 type.
func bf16(_ dimensions: Int...) -> TensorType { TensorType(.bfloat16, Shape(dimensions)) }

/// A type of labels or indices.
func i64(_ dimensions: Int...) -> TensorType { TensorType(.int64, Shape(dimensions)) }

/// conv 3x3 → batch norm → relu → max pool → flatten → dropout → linear → cross entropy, on (2, 1, 6, 6).
func smallConvolutionNetwork(isTraining: Bool = true) throws(GraphError) -> Graph {
  var builder = GraphBuilder(isTraining: isTraining)
  let x = builder.input("x", f32(2, 1, 6, 6))
  let labels = builder.input("labels", TensorType(.int64, [2]))
  let features = try builder.scope("features") { builder throws(GraphError) in
    let weight = try builder.parameter("0.weight", [4, 1, 3, 3], .uniform(bound: 0.3))
    let y = try builder.scope("0") { builder throws(GraphError) in
      try builder.apply(.conv2d(ConvolutionAttributes(kernel: [3, 3], stride: [1, 1], padding: [1, 1])), x, weight)
    }
    return try builder.scope("1") { builder throws(GraphError) in
      let scale = try builder.parameter("weight", [4], .constant(1))
      let shift = try builder.parameter("bias", [4], .constant(0))
      let mean = try builder.statistic("running_mean", [4], .constant(0))
      let variance = try builder.statistic("running_var", [4], .constant(1))
      let normalized = try builder.batchNorm(
        y, weight: scale, bias: shift, runningMean: mean, runningVariance: variance, BatchNormAttributes())
      let positive = try builder.apply(.relu, normalized)
      return try builder.apply(
        .maxPool2d(PoolingAttributes(kernel: [2, 2], stride: [2, 2], padding: [0, 0])), positive)
    }
  }
  let flat = try builder.apply(.flatten, features)
  let dropped = try builder.dropout(flat, probability: 0.5)
  let logits = try builder.scope("classifier") { builder throws(GraphError) in
    let weight = try builder.parameter("weight", [3, 36], .uniform(bound: 0.1))
    let bias = try builder.parameter("bias", [3], .constant(0))
    return try builder.apply(.linear(relu: false), dropped, weight, bias)
  }
  builder.output("logits", logits)
  builder.output("loss", try builder.apply(.crossEntropy, logits, labels))
  return builder.graph
}

import GraphIR
import TensorCore

/// A random graph of `count` nodes on an image (2, 3, 2, 2): elementwise operations, casts, additions, flattening and
/// linear layers, in chains and with several uses, some values kept as outputs.
func randomGraph(seed: UInt64, count: Int) throws(GraphError) -> Graph {
  var generator = PhiloxGenerator(seed: seed, stream: 1)
  var graph = Graph()
  var values = [graph.addValue(f32(2, 3, 2, 2), origin: .input("x"), label: "x")]
  for number in 0..<count {
    // Mostly recent values, so that chains arise; sometimes any, so that lifetimes are long.
    let recent = values.suffix(Bool.random(using: &generator) ? 2 : values.count)
    let operand = recent.randomElement(using: &generator) ?? values[0]
    let type = graph[operand].type
    let (operation, operands) = randomOperation(on: operand, type, graph, values, &generator)
    // First results only: arg-max positions are no operands of anything here.
    values.append(
      try graph.addNode(operation, operands, layer: "layer \(number)", resultShape: [2, 3, 2, 2])[0])
    if Int.random(in: 0..<8, using: &generator) == 0 { graph.setOutput("output \(number)", values[values.count - 1]) }
  }
  graph.setOutput("y", values[values.count - 1])
  try graph.verify()
  return graph
}

private func randomOperation(
  on operand: ValueID, _ type: TensorType, _ graph: Graph, _ values: [ValueID],
  _ generator: inout PhiloxGenerator
) -> (GraphIR.Operation, [ValueID]) {
  let isFlat = type.shape.rank == 2
  switch Int.random(in: 0..<9, using: &generator) {
  case 0: return (.relu, [operand])
  case 1: return (.dropout(probability: 0.5, stream: 0), [operand])
  case 2: return (.cast(.bfloat16), [operand])
  case 3: return (.cast(.float32), [operand])
  case 4 where !isFlat: return (.flatten, [operand])
  case 4 where type.shape == [2, 12]: return (.unflatten, [operand])
  case 5 where !isFlat: return (.globalAveragePool, [operand])
  case 6 where isFlat: return (.matmul(transposeA: true, transposeB: false), [operand, operand])
  case 7 where !isFlat && type.shape == [2, 3, 2, 2]:
    return (.maxPool2d(PoolingAttributes(kernel: [1, 1], stride: [1, 1], padding: [0, 0])), [operand])
  default:
    let partners = values.filter { graph[$0].type == type }
    return (.add, [operand, partners.randomElement(using: &generator) ?? operand])
  }
}

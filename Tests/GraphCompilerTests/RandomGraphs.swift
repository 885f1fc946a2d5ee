import GraphIR
import TensorCore

/// A random graph of `count` nodes on an image (2, 3, 2, 2): elementwise operations, casts, products, views, batch
/// norms, in chains and with several uses, some values kept as outputs.
func randomGraph(seed: UInt64, count: Int) throws(GraphError) -> Graph {
  var random = RandomGraph(seed: seed)
  for number in 0..<count { try random.append(number) }
  random.builder.output("y", random.values[random.values.count - 1])
  let graph = random.builder.graph
  try graph.verify()
  return graph
}

/// A random graph as a step of several micro-batches: some of its values stand for gradients and are summed.
func randomStep(seed: UInt64, count: Int, microBatches: Int) throws(GraphError) -> Graph {
  var random = RandomGraph(seed: seed)
  for number in 0..<count { try random.append(number) }
  var graph = random.builder.graph
  let last = try graph.addNode(.cast(.float32), [random.values[random.values.count - 1]], layer: "")[0]
  let loss = try graph.addNode(.meanSquaredError, [last, last], layer: "")[0]
  let mean = try graph.addNode(.accumulateLoss(count: microBatches), [loss], layer: "", phase: .backward)[0]
  graph.setOutput("loss", mean)
  var sums: [ValueID] = []
  for _ in 0..<3 {
    let gradient = random.pick()
    sums.append(try graph.addNode(.accumulate, [gradient], layer: "", phase: .backward)[0])
  }
  let verdict = try graph.addNode(.unscale, sums, layer: "", phase: .optimizer)[0]
  graph.setOutput("verdict", try graph.addNode(.clip(.norm(1)), [verdict], layer: "", phase: .optimizer)[0])
  try graph.verify()
  return graph
}

private struct RandomGraph {
  var builder = GraphBuilder(isTraining: true)
  var values: [ValueID]
  var generator: PhiloxGenerator

  init(seed: UInt64) {
    generator = PhiloxGenerator(seed: seed, stream: 1)
    values = [builder.input("x", f32(2, 3, 2, 2))]
  }

  /// Any value so far.
  mutating func pick() -> ValueID { values.randomElement(using: &generator) ?? values[0] }

  /// Appends one node, its first result as a value for later nodes.
  mutating func append(_ number: Int) throws(GraphError) {
    // Mostly recent values, so that chains arise; sometimes any, so that lifetimes are long.
    let recent = values.suffix(Bool.random(using: &generator) ? 2 : values.count)
    let operand = recent.randomElement(using: &generator) ?? values[0]
    let type = builder.graph[operand].type
    let partners = values.filter { builder.graph[$0].type == type }
    let partner = partners.randomElement(using: &generator) ?? operand
    values.append(try result(on: operand, partner, type, number))
    if Int.random(in: 0..<8, using: &generator) == 0 { builder.output("output \(number)", values[values.count - 1]) }
  }

  private mutating func result(
    on x: ValueID, _ partner: ValueID, _ type: TensorType, _ number: Int
  ) throws(GraphError) -> ValueID {
    let shape = type.shape
    switch Int.random(in: 0..<20, using: &generator) {
    case 0: return try builder.apply(.relu, x)
    case 1: return try builder.apply(.silu, x)
    case 2: return try builder.apply(.dropout(probability: 0.5, stream: 0), x)
    case 3: return try builder.apply(.cast(.bfloat16), x)
    case 4: return try builder.apply(.cast(.float32), x)
    case 5: return try builder.apply(.multiply, x, partner)
    case 6: return try builder.apply(.sigmoidBackward, x, partner)
    case 7 where shape.rank == 4: return try builder.apply(.flatten, x)
    case 7 where shape == [2, 12]: return try builder.apply(.unflatten, x, resultShape: [2, 3, 2, 2])
    case 8 where shape.rank == 4: return try builder.apply(.globalAveragePool, x)
    case 9 where shape.rank == 2 && shape.count < 200:
      return try builder.apply(.matmul(transposeA: true, transposeB: false), x, partner)
    case 10 where shape == [2, 3, 2, 2]:
      return try builder.apply(.maxPool2d(PoolingAttributes(kernel: [1, 1], stride: [1, 1], padding: [0, 0])), x)
    case 11 where shape.rank == 4: return try builder.apply(.toSequence, x)
    case 12 where shape == [2, 4, 3]: return try builder.apply(.fromSequence, x, resultShape: [2, 3, 2, 2])
    case 13 where shape.rank <= 3: return try builder.apply(.reshape, x, resultShape: [1, shape.count])
    case 14 where shape.count < 100: return try builder.apply(.concat(dimension: 1), x, partner)
    case 15 where shape[1] > 1: return try builder.apply(.slice(dimension: 1, start: 1, count: shape[1] - 1), x)
    case 16 where shape.rank == 3 && shape[2] % 3 == 0:
      return try builder.apply(.attention(AttentionAttributes(heads: 1, isCausal: true)), x)
    case 17 where (shape.rank == 2 || shape.rank == 4) && shape.count > shape[1]:
      return try builder.scope("norm \(number)") { builder throws(GraphError) in try builder.normalized(x) }
    default: return try builder.apply(.add, x, partner)
    }
  }
}

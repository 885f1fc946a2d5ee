import GraphIR
import TensorCore

/// A graph that does nothing but commit parameters with the given shapes, stored in a format.
///
/// Loss and gradients ("NAME.gradient", in fp32) lie in the state, where a test writes them.
func commitGraph(
  _ tensors: [String: [Int]], _ optimizer: OptimizerKind, _ clipping: [GradientClipping] = [],
  storage: DType = .float32
) throws -> Graph {
  var builder = GraphBuilder(isTraining: true)
  let names = tensors.keys.sorted()
  for name in names { _ = try builder.parameter(name, Shape(tensors[name] ?? []), .constant(0)) }
  let loss = try builder.statistic("loss", .scalar, .constant(0))
  var gradients: [ValueID] = []
  for name in names {
    gradients.append(try builder.statistic("\(name).gradient", Shape(tensors[name] ?? []), .constant(0)))
  }
  builder.output("loss", loss)
  var graph = builder.graph
  for index in graph.parameters.indices where names.contains(graph.parameters[index].name) {
    graph.parameters[index].dtype = storage
  }
  for index in graph.values.indices {
    if case .parameter = graph.values[index].origin { graph.values[index].type.dtype = storage }
  }
  let attributes = CommitAttributes(
    optimizer: optimizer, parameters: names, copies: names.map { _ in nil }, statistics: [])
  var verdict = try graph.addNode(.unscale, gradients, layer: "", phase: .optimizer)
  for clip in clipping { verdict = try graph.addNode(.clip(clip), verdict, layer: "", phase: .optimizer) }
  try graph.addNode(.commit(attributes), [loss] + verdict + gradients, layer: "", phase: .optimizer)
  try graph.verify()
  return graph
}

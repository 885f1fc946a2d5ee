import GraphIR
import TensorCore
import Testing

/// A recorded operation with its gradients as a graph: operands are entries of the state, results are outputs.
///
/// Integers are fed as "labels", the input that a step has for them.
struct OperationGraph {
  /// Roles that are operands; every other one is a result.
  private static let operands: Set = [
    "x", "weight", "bias", "running_mean", "running_variance", "logits", "labels", "targets", "other", "indices",
    "table", "a", "b", "qkv", "weight_ih", "weight_hh", "bias_ih", "bias_hh", "dy",
  ]

  /// Roles whose numbers are integers.
  static let integers: Set = ["labels", "indices"]

  let item: RecordedOperation
  private(set) var graph: Graph
  private var values: [String: ValueID] = [:]

  /// Roles of a case that are results.
  static func results(of item: RecordedOperation) -> Set<String> { Set(item.tensors.keys).subtracting(operands) }

  init(_ item: RecordedOperation) throws {
    self.item = item
    var builder = GraphBuilder(isTraining: true)
    for (role, shape) in item.tensors.sorted(by: { $0.key < $1.key }) where OperationGraph.operands.contains(role) {
      if OperationGraph.integers.contains(role) {
        values[role] = builder.input("labels", TensorType(.int64, Shape(shape)))
      } else if role != "dy" || !shape.isEmpty {
        // A loss takes no dy: its gradient is that of the loss itself.
        values[role] = try builder.statistic(role, Shape(shape), .constant(0))
      }
    }
    graph = builder.graph
  }

  /// Forward and backward nodes of the case.
  ///
  /// Throws where its operation has no test.
  consuming func finished() throws -> Graph {
    switch item.operation {
    case "relu": try elementwise(.relu, .reluBackward, keeps: "y")
    case "gelu": try elementwise(.gelu, .geluBackward, keeps: "x")
    case "sigmoid": try elementwise(.sigmoid, .sigmoidBackward, keeps: "y")
    case "tanh": try elementwise(.tanh, .tanhBackward, keeps: "y")
    case "silu": try elementwise(.silu, .siluBackward, keeps: "x")
    case "add": try addition()
    case "multiply": try product()
    case "linear": try linear()
    case "bmm": try batchedProduct()
    case "conv2d": try convolution()
    case "conv_transpose2d": try transposedConvolution()
    case "max_pool2d": try maxPooling()
    case "avg_pool2d": try linearMap(.avgPool2d(item.pooling()), .avgPool2dBackward(item.pooling()))
    case "global_avg_pool": try linearMap(.globalAveragePool, .globalAveragePoolBackward)
    case "upsample2d": try linearMap(.upsample2d(item.upsampling()), .upsample2dBackward(item.upsampling()))
    case "expand": try linearMap(.expand(count: item.stated(\.count)), .columnSum)
    case "slice": try slice()
    case "concat": try concatenation()
    case "embedding": try rows(.embedding, .embeddingBackward, of: "table")
    case "gather": try rows(.gather, .gatherBackward, of: "x")
    case "batch_norm_train": try batchNorm()
    case "batch_norm_infer": try batchNormInference()
    case "layer_norm": try layerNorm()
    case "attention": try attention()
    case "lstm": try lstm()
    case "cross_entropy": try loss(.crossEntropy, .crossEntropyBackward, of: "logits", "labels")
    case "bce_with_logits": try loss(.bceWithLogits, .bceWithLogitsBackward, of: "x", "targets")
    case "binary_cross_entropy": try loss(.binaryCrossEntropy, .binaryCrossEntropyBackward, of: "x", "targets")
    case "mse": try loss(.meanSquaredError, .meanSquaredErrorBackward, of: "x", "targets")
    default:
      // No default passes over a case: a new operation of the fixtures needs a line above.
      try #require(Bool(false), "operation \(item.operation) of the fixtures has no test")
    }
    try graph.verify()
    return graph
  }

  /// Appends a node on roles; `like` names the role whose shape the first result has.
  mutating func add(
    _ operation: GraphIR.Operation, _ roles: [String], like role: String? = nil
  ) throws -> [ValueID] {
    try add(operation, roles, shape: role.map { try shape($0) })
  }

  /// Appends a node on roles whose first result has a stated shape.
  mutating func add(_ operation: GraphIR.Operation, _ roles: [String], shape: Shape?) throws -> [ValueID] {
    let operands = try roles.map { try value($0) }
    return try graph.addNode(operation, operands, layer: item.name, resultShape: shape)
  }

  /// Appends a node whose first result plays a role.
  mutating func set(
    _ role: String, to operation: GraphIR.Operation, _ roles: [String], like other: String? = nil
  ) throws {
    set(role, try add(operation, roles, like: other)[0])
  }

  /// Gives a value a role; roles of the fixture become outputs.
  mutating func set(_ role: String, _ value: ValueID) {
    values[role] = value
    if item.tensors[role] != nil { graph.setOutput(role, value) }
  }

  /// Whether the case has a role.
  func has(_ role: String) -> Bool { values[role] != nil }

  func value(_ role: String) throws -> ValueID {
    try #require(values[role], "\(item.name) has no \(role)")
  }

  func shape(_ role: String) throws -> Shape { graph[try value(role)].type.shape }
}

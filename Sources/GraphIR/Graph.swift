public import TensorCore

/// Names a value of a graph.
public struct ValueID: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Index into `Graph.values`.
  public let index: Int

  package init(index: Int) { self.index = index }

  /// Values are ordered by creation.
  public static func < (a: ValueID, b: ValueID) -> Bool { a.index < b.index }

  /// For example "%12".
  public var description: String { "%\(index)" }
}

/// A tensor of a graph.
public struct Value: Sendable, Hashable {
  /// Its name in the graph.
  public let id: ValueID
  /// Format and extents.
  public var type: TensorType
  /// Where it comes from.
  public var origin: Origin
  /// Which layer it belongs to, for people and error messages.
  public var label: String

  /// Where a value comes from.
  public enum Origin: Sendable, Hashable {
    /// Fed at every step under this name.
    case input(String)
    /// A trainable tensor of the persistent state.
    case parameter(String)
    /// A running statistic of the persistent state.
    case statistic(String)
    /// A 16-bit copy of a parameter, kept between steps and rewritten by `commit`.
    case lowPrecisionCopy(of: String)
    /// Result number `result` of node number `node`.
    case node(Int, result: Int)
  }
}

/// When in a step a node runs; for times and colours.
public enum Phase: String, Sendable, Hashable, CaseIterable {
  /// From the batch to the loss.
  case forward
  /// From the loss to the gradients.
  case backward
  /// Judging and committing.
  case optimizer
}

/// One operation with its operands and results.
public struct Node: Sendable, Hashable {
  /// What is computed.
  public var operation: Operation
  /// Operands, in the order that the operation states.
  public var inputs: [ValueID]
  /// Results, in the order that the operation states.
  public var outputs: [ValueID]
  /// Which layer asked for it, for example "features.0".
  public var layer: String
  /// When it runs.
  public var phase: Phase
  /// Why a pass put it here; nil for what the model asked for.
  public var reason: String?
  /// Whether it computes again what a forward node has computed before: the same bits.
  public var isRecomputed = false
}

/// A trainable tensor and how it starts.
public struct ParameterDescription: Sendable, Hashable {
  /// PyTorch's state_dict name, for example "features.0.weight".
  public var name: String
  /// Extents.
  public var shape: Shape
  /// Its first values.
  public var initializer: Initializer
  /// False for running statistics.
  public var isTrainable: Bool
  /// Format it is stored in between steps, with the optimizer's state of it: fp32, or 16 bits without masters.
  public var dtype = DType.float32
}

/// First values of a parameter.
public enum Initializer: Sendable, Hashable {
  /// The same value everywhere.
  case constant(Float)
  /// Uniform on [-bound, bound): torch's kaiming_uniform(a: √5) with bound = 1 / √fan_in.
  case uniform(bound: Float)
  /// Normal about 0 (torch.nn.init.normal_).
  case normal(standardDeviation: Float)
  /// Normal about 0, drawn again where it falls outside [-2, 2] (torch.nn.init.trunc_normal_'s defaults).
  case truncatedNormal(standardDeviation: Float)
}

/// A network, or a whole training step, as values and nodes in an order that can be run.
///
/// Invariants, checked by `verify()`: (1) every operand exists before the node that uses it; (2) every node's results
/// have the types that shape inference gives; (3) origins and nodes agree; (4) inputs, parameters and outputs exist.
public struct Graph: Sendable, Hashable {
  /// All values, by id.
  public package(set) var values: [Value] = []
  /// All nodes, in an order that can be run.
  public package(set) var nodes: [Node] = []
  /// Parameters and statistics, in the order of declaration.
  public package(set) var parameters: [ParameterDescription] = []
  /// Named results, kept until the end of a run: "loss", "logits".
  public package(set) var outputs: [String: ValueID] = [:]

  /// An empty graph.
  public init() {}

  /// The value of an id.
  public subscript(_ id: ValueID) -> Value { values[id.index] }

  /// The ids of values fed at every step, by name.
  public var inputs: [String: ValueID] {
    var result: [String: ValueID] = [:]
    for value in values {
      if case .input(let name) = value.origin { result[name] = value.id }
    }
    return result
  }

  /// Micro-batches of a step: 1 unless gradients are accumulated.
  public var microBatchCount: Int {
    for node in nodes { if case .accumulateLoss(let count) = node.operation { return count } }
    return 1
  }

  /// Number of trainable elements.
  public var trainableCount: Int {
    parameters.reduce(0) { $0 + ($1.isTrainable ? $1.shape.count : 0) }
  }

  // MARK: Building blocks of the builder and the passes

  package mutating func addValue(_ type: TensorType, origin: Value.Origin, label: String) -> ValueID {
    let id = ValueID(index: values.count)
    values.append(Value(id: id, type: type, origin: origin, label: label))
    return id
  }

  /// Appends a node, infers the types of its results, and returns them.
  ///
  /// Throws `GraphError` that names the layer and both shapes where operands do not fit.
  @discardableResult
  package mutating func addNode(
    _ operation: Operation, _ inputs: [ValueID], layer: String, phase: Phase = .forward, reason: String? = nil,
    isRecomputed: Bool = false, resultShape: Shape? = nil
  ) throws(GraphError) -> [ValueID] {
    let types = try inferTypes(
      operation, inputs.map { values[$0.index].type }, layer: layer, resultShape: resultShape)
    let number = nodes.count
    var results: [ValueID] = []
    for (position, type) in types.enumerated() {
      results.append(addValue(type, origin: .node(number, result: position), label: layer))
    }
    nodes.append(
      Node(
        operation: operation, inputs: inputs, outputs: results, layer: layer, phase: phase, reason: reason,
        isRecomputed: isRecomputed))
    return results
  }

  package mutating func setOutput(_ name: String, _ id: ValueID) { outputs[name] = id }
}

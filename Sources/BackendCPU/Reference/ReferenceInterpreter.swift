public import BackendAPI
public import GraphIR
import TensorCore

/// The readable specification of every operation: runs a graph in Double, one element at a time.
///
/// Operations are written as their definitions read, without blocking, threads or approximation; other backends are
/// judged by it. O(work of the graph) with a large constant: for small graphs in tests.
public struct ReferenceInterpreter: Sendable {
  /// What becomes of the results of a node.
  public enum Rounding: Sendable, Hashable {
    /// Kept in Double: for finite differences.
    case exact
    /// Rounded once to the format of the value: what an ideal device computes.
    case eachNode
  }

  /// Everything that a run reads.
  public struct Feed: Sendable {
    /// Inputs by name, in logical order; of all micro-batches of a step, one after the other.
    public var inputs: [String: [Double]]
    /// Parameters, statistics and optimizer states by name, in logical order.
    public var state: [String: [Double]]
    /// What the gradient of the loss is multiplied by; shared evenly among micro-batches.
    public var lossScale: Double
    /// Keys dropout masks together with `attempt`.
    public var seed: UInt64
    /// Index of the attempt.
    public var attempt: UInt64

    /// Creates a feed.
    public init(
      inputs: [String: [Double]], state: [String: [Double]], lossScale: Double = 1, seed: UInt64 = 0,
      attempt: UInt64 = 0
    ) {
      self.inputs = inputs
      self.state = state
      self.lossScale = lossScale
      self.seed = seed
      self.attempt = attempt
    }
  }

  /// One of the micro-batches of a step.
  struct MicroBatch {
    /// Counted from 0.
    var index: Int
    /// Micro-batches of the step.
    var count: Int
  }

  /// What it runs.
  public let graph: Graph
  /// What becomes of the results of a node.
  public let rounding: Rounding

  /// An interpreter of a verified graph.
  public init(_ graph: Graph, rounding: Rounding) {
    self.graph = graph
    self.rounding = rounding
  }

  /// Computes every value of the graph; the result is indexed by `ValueID.index`.
  ///
  /// All nodes but those of the optimizer phase run once a micro-batch, then the optimizer phase runs once. From one
  /// micro-batch to the next go sums of gradients, the mean loss, and pending statistics: a later batch normalisation
  /// goes on from those that the one before left. Other values are those of the last micro-batch.
  /// `commit` nodes are left to `commit`.
  ///
  /// Throws `BackendError` where the feed lacks a tensor or has one of another size.
  public func run(_ feed: Feed) throws(BackendError) -> [ReferenceTensor] {
    var values = graph.values.map { ReferenceTensor($0.type.shape, []) }
    for value in graph.values {
      switch value.origin {
      case .parameter(let name), .statistic(let name), .lowPrecisionCopy(let name):
        values[value.id.index] = try tensor(feed.state[name], of: value, called: "parameter \"\(name)\"")
      case .input, .node: break
      }
    }
    let count = graph.microBatchCount
    for index in 0..<count {
      let microBatch = MicroBatch(index: index, count: count)
      for (name, id) in graph.inputs {
        values[id.index] = try input(name, graph[id], of: feed, microBatch)
      }
      for node in graph.nodes where node.phase != .optimizer { evaluate(node, feed, microBatch, &values) }
    }
    let last = MicroBatch(index: count - 1, count: count)
    for node in graph.nodes where node.phase == .optimizer { evaluate(node, feed, last, &values) }
    return values
  }

  private func evaluate(_ node: Node, _ feed: Feed, _ microBatch: MicroBatch, _ values: inout [ReferenceTensor]) {
    let results = results(
      of: node, node.inputs.map { values[$0.index] }, feed, microBatch,
      carried: microBatch.index > 0 ? node.outputs.map { values[$0.index] } : nil)
    for (output, result) in zip(node.outputs, results) {
      values[output.index] = rounded(result, to: graph[output])
    }
  }

  private func input(
    _ name: String, _ value: Value, of feed: Feed, _ microBatch: MicroBatch
  ) throws(BackendError) -> ReferenceTensor {
    let title = "input \"\(name)\""
    guard let elements = feed.inputs[name] else { throw BackendError("the feed has no \(title)") }
    let size = value.type.shape.count
    guard elements.count == size * microBatch.count else {
      throw BackendError(
        "\(title) \(value.type.shape) of \(microBatch.count) micro-batches has \(size * microBatch.count) elements, "
          + "the feed has \(elements.count)")
    }
    return try tensor(Array(elements.dropFirst(microBatch.index * size).prefix(size)), of: value, called: title)
  }

  private func tensor(
    _ elements: [Double]?, of value: Value, called title: String
  ) throws(BackendError) -> ReferenceTensor {
    guard let elements else { throw BackendError("the feed has no \(title)") }
    guard elements.count == value.type.shape.count else {
      throw BackendError(
        "\(title) \(value.type.shape) has \(value.type.shape.count) elements, the feed has \(elements.count)")
    }
    return rounded(ReferenceTensor(value.type.shape, elements), to: value)
  }

  private func rounded(_ tensor: ReferenceTensor, to value: Value) -> ReferenceTensor {
    tensor.map(rounder(to: value.type.dtype))
  }

  /// What storing a number in a format makes of it.
  func rounder(to dtype: DType) -> (Double) -> Double {
    switch rounding {
    case .exact: { $0 }
    case .eachNode: { dtype.rounded($0) }
    }
  }
}

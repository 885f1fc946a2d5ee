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
    /// Inputs by name, in logical order.
    public var inputs: [String: [Double]]
    /// Parameters, statistics and optimizer states by name, in logical order.
    public var state: [String: [Double]]
    /// What `cross_entropy_backward` multiplies by.
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
  /// `commit` nodes are left to `commit`.
  ///
  /// Throws `BackendError` where the feed lacks a tensor or has one of another size.
  public func run(_ feed: Feed) throws(BackendError) -> [ReferenceTensor] {
    var values = graph.values.map { ReferenceTensor($0.type.shape, []) }
    for value in graph.values {
      switch value.origin {
      case .input(let name):
        values[value.id.index] = try tensor(feed.inputs[name], of: value, called: "input \"\(name)\"")
      case .parameter(let name), .statistic(let name), .lowPrecisionCopy(let name):
        values[value.id.index] = try tensor(feed.state[name], of: value, called: "parameter \"\(name)\"")
      case .node: break
      }
    }
    for node in graph.nodes {
      let results = evaluate(node, node.inputs.map { values[$0.index] }, feed)
      for (output, result) in zip(node.outputs, results) {
        values[output.index] = rounded(result, to: graph[output])
      }
    }
    return values
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
    rounding == .exact ? tensor : tensor.map(value.type.dtype.rounded)
  }

  /// Results of one node, not yet rounded.
  private func evaluate(_ node: Node, _ x: [ReferenceTensor], _ feed: Feed) -> [ReferenceTensor] {
    func resultShape(_ index: Int) -> ReferenceTensor { ReferenceTensor(zeros: graph[node.outputs[index]].type.shape) }
    switch node.operation {
    case .linear(let relu): return [Self.linear(x[0], x[1], bias: x.count > 2 ? x[2] : nil, relu: relu)]
    case .matmul(let transposeA, let transposeB):
      return [Self.matmul(x[0], x[1], transposeA: transposeA, transposeB: transposeB)]
    case .columnSum: return [Self.columnSum(x[0])]
    case .conv2d(let a): return [Self.convolution(x[0], x[1], x.count > 2 ? x[2] : nil, into: resultShape(0), a)]
    case .conv2dBackwardData(let a): return [Self.convolutionBackwardData(x[0], x[1], into: resultShape(0), a)]
    case .conv2dBackwardWeights(let a, let bias):
      return Self.convolutionBackwardWeights(x[0], x[1], into: resultShape(0), bias: bias, a)
    case .maxPool2d(let a): return Self.maxPool(x[0], into: resultShape(0), a)
    case .maxPool2dBackward(let a): return [Self.maxPoolBackward(x[0], positions: x[1], into: resultShape(0), a)]
    case .avgPool2d(let a): return [Self.averagePool(x[0], into: resultShape(0), a)]
    case .avgPool2dBackward(let a): return [Self.averagePoolBackward(x[0], into: resultShape(0), a)]
    case .globalAveragePool: return [Self.globalAveragePool(x[0])]
    case .globalAveragePoolBackward: return [Self.globalAveragePoolBackward(x[0], into: resultShape(0))]
    case .batchNorm(let a): return Self.batchNorm(x, a)
    case .batchNormInference(let a): return [Self.batchNormInference(x, a)]
    case .batchNormBackward(let a): return Self.batchNormBackward(x, a)
    case .relu: return [x[0].map(Self.relu)]
    case .reluBackward: return [x[0].zip(x[1]) { dy, y in y > 0 ? dy : 0 }]
    case .gelu: return [x[0].map(Self.gelu)]
    case .geluBackward: return [x[0].zip(x[1]) { dy, x in dy * Self.geluDerivative(x) }]
    case .add: return [x[0].zip(x[1], +)]
    case .cast: return [x[0]]
    case .flatten, .unflatten: return [ReferenceTensor(resultShape(0).shape, x[0].elements)]
    case .dropout(let probability, let stream):
      let order = graph.memoryOrder(of: node.inputs[0])
      return [Self.dropout(x[0], probability, DropoutKey(feed.seed, feed.attempt, stream), order)]
    case .crossEntropy: return [Self.crossEntropy(x[0], labels: x[1])]
    case .crossEntropyBackward: return [Self.crossEntropyBackward(x[0], labels: x[1], scale: feed.lossScale)]
    case .commit: return []
    }
  }
}

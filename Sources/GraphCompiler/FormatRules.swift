import Glibc
public import GraphIR
public import TensorCore

/// Which formats a precision mode gives to operations and parameters.
public struct FormatRules: Sendable, Hashable {
  /// The 16-bit format to compute in; nil leaves everything in fp32.
  public var compute: DType?
  /// How operations come by their format.
  public var style: Style
  /// Format of parameters between steps, and of the optimizer's state: fp32, or `compute` without masters.
  public var storage: DType
  /// Whether parameters and statistics of batch norms stay in fp32 where `storage` is not.
  public var keepsBatchNormFloat32: Bool
  /// Layers and operations that compute, and store, in fp32: names, with `*` and `?` (fnmatch); a layer's name stands
  /// for all that is inside.
  public var keepFloat32: [String]
  /// How new values of parameters stored in 16 bits are rounded.
  public var rounding: WeightRounding

  /// How operations come by their format.
  public enum Style: Sendable, Hashable {
    /// By autocast's lists: Apex's O1, torch.autocast.
    case autocast
    /// The model as a whole is cast but for norms and losses: Apex's O2 and O3, `model.half()`.
    case wholeModel
  }

  /// Rules; as stated, nothing is changed.
  public init(
    compute: DType? = nil, style: Style = .autocast, storage: DType = .float32, keepsBatchNormFloat32: Bool = true,
    keepFloat32: [String] = [], rounding: WeightRounding = .nearest
  ) {
    self.compute = compute
    self.style = style
    self.storage = storage
    self.keepsBatchNormFloat32 = keepsBatchNormFloat32
    self.keepFloat32 = keepFloat32
    self.rounding = rounding
  }

  /// The first pattern that names a node's layer, a layer around it, or its operation; nil where none does.
  func keeping(_ node: Node) -> String? {
    guard !keepFloat32.isEmpty else { return nil }
    let names = FormatRules.enclosing(node.layer) + node.operation.listedNames
    return keepFloat32.first { pattern in names.contains { fnmatch(pattern, $0, 0) == 0 } }
  }

  /// "a.b.c" → "a.b.c", "a.b", "a".
  private static func enclosing(_ layer: String) -> [String] {
    let parts = layer.split(separator: ".")
    return parts.indices.reversed().map { parts[...$0].joined(separator: ".") }
  }

  /// Throws `GraphError(.name)` for a pattern that names nothing in a forward graph.
  public func checkPatterns(on graph: Graph) throws(GraphError) {
    for pattern in keepFloat32 {
      var single = self
      single.keepFloat32 = [pattern]
      guard !graph.nodes.contains(where: { single.keeping($0) != nil }) else { continue }
      let layers = graph.nodes.map(\.layer).filter { !$0.isEmpty }
      let operations = Set(graph.nodes.flatMap(\.operation.listedNames)).sorted()
      throw GraphError(
        .name, layer: "",
        "keep_fp32 pattern \"\(pattern)\" names no layer and no operation; layers: "
          + "\(FormatRules.unique(layers).joined(separator: " ")); operations: \(operations.joined(separator: " "))")
    }
  }

  private static func unique(_ names: [String]) -> [String] {
    var seen = Set<String>()
    return names.filter { seen.insert($0).inserted }
  }

  /// The format that each parameter and statistic of a forward graph is stored in, by name.
  ///
  /// One that any kept operation uses stays in fp32.
  func storageFormats(of graph: Graph) -> [String: DType] {
    guard storage != .float32 else { return [:] }
    var kept = Set<String>()
    for node in graph.nodes {
      let isNorm: Bool
      switch node.operation {
      case .batchNorm, .batchNormInference: isNorm = keepsBatchNormFloat32
      default: isNorm = false
      }
      guard isNorm || keeping(node) != nil else { continue }
      for input in node.inputs {
        switch graph[input].origin {
        case .parameter(let name), .statistic(let name): kept.insert(name)
        default: continue
        }
      }
    }
    return Dictionary(
      uniqueKeysWithValues: graph.parameters.map { ($0.name, kept.contains($0.name) ? .float32 : storage) })
  }
}

extension Operation {
  /// The names by which users know the operation: torch's, and those of what it stands for.
  var listedNames: [String] {
    switch self {
    case .attention: [name, "softmax", "attention"]
    case .crossEntropy: [name, "log_softmax", "nll_loss"]
    case .linear: ["linear", "addmm"]
    case .conv2d: [name, "convolution"]
    case .batchNorm, .batchNormInference: ["batch_norm"]
    default: [name]
    }
  }
}

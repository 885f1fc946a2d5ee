import BackendAPI
import GraphCompiler
import GraphIR
import TensorCore
import Training
import TrainingEvents

/// Who makes and who reads the tensors of an fp32 step: what has to be kept in fp32 for a tensor not to be rounded.
struct StepTopology {
  private let graph: Graph
  private var valueOfKey: [TensorKey: ValueID] = [:]
  private var watched: Set<ValueID> = []
  private var readers: [ValueID: [Int]] = [:]

  /// Reads a compiled fp32 step.
  init(_ graph: Graph) {
    self.graph = graph
    for (tensor, value) in graph.watchedTensors {
      valueOfKey[tensor.key] = valueOfKey[tensor.key] ?? value
      watched.insert(value)
    }
    for (number, node) in graph.nodes.enumerated() {
      for input in Set(node.inputs) { readers[input, default: []].append(number) }
    }
  }

  /// What to keep in fp32, names of layers and operations in the order of the network, for none of the tensors to be
  /// stored in 16 bits.
  ///
  /// An activation is made in 16 bits by its operation, and rounded to 16 bits again by every lower-precision operation
  /// that reads it: both have to be kept. Operations that take the format of their operand follow by themselves. A
  /// gradient is made in the format of the forward operation that its backward operation belongs to, and read likewise.
  func names(keeping keys: Set<TensorKey>, isKeepingInput: Bool = false) -> [String] {
    let values = Set(keys.compactMap { valueOfKey[$0] })
    var nodes = Set<Int>()
    for value in values {
      if case .node(let number, _) = graph[value].origin {
        let node = graph.nodes[number]
        let follows = AutocastPolicy(node.operation) != .lowerPrecision && node.inputs.contains(where: values.contains)
        if node.phase != .forward || !follows { nodes.insert(number) }
      }
      nodes.formUnion(roundingReaders(of: value))
    }
    if isKeepingInput, let x = graph.inputs["x"] { nodes.formUnion(roundingReaders(of: x)) }
    var names: [String] = []
    for number in nodes.sorted() {
      for name in keepNames(of: number) where !names.contains(name) { names.append(name) }
    }
    let order = Dictionary(graph.nodes.enumerated().map { ($1.keepName, $0) }, uniquingKeysWith: min)
    return StepTopology.withoutInner(names).sorted { order[$0, default: .max] < order[$1, default: .max] }
  }

  /// Nodes that would round a value on reading it; views pass it on.
  private func roundingReaders(of value: ValueID) -> Set<Int> {
    var found = Set<Int>()
    for number in readers[value] ?? [] {
      let node = graph.nodes[number]
      guard node.phase != .optimizer else { continue }
      if node.phase == .backward {
        // Forward values that backward reads are in the format that their own operation chose.
        if graph[value].isBackward(in: graph) { found.insert(number) }
      } else if AutocastPolicy(node.operation) == .lowerPrecision {
        found.insert(number)
      } else if let output = node.outputs.first, !watched.contains(output), graph[output].type.dtype.isFloatingPoint {
        found.formUnion(roundingReaders(of: output))
      }
    }
    return found
  }

  /// What a node is kept by: nothing where it computes in fp32 anyway.
  private func keepNames(of number: Int) -> [String] {
    let node = graph.nodes[number]
    if node.phase == .forward { return AutocastPolicy(node.operation) == .float32 ? [] : [node.keepName] }
    let isWide = graph.nodes.allSatisfy {
      $0.phase != .forward || $0.layer != node.layer || AutocastPolicy($0.operation) == .float32
    }
    return isWide || node.layer.isEmpty ? [] : [node.layer]
  }

  /// Leaves out what another name of the list holds inside.
  static func withoutInner(_ names: [String]) -> [String] {
    names.filter { name in !names.contains { name.hasPrefix($0 + ".") } }
  }
}

extension Node {
  /// What `keep_fp32` calls it: its layer, or its operation where it stands outside layers.
  var keepName: String {
    layer.isEmpty ? String(operation.name.prefix { $0 != "+" }) : layer
  }
}

extension Value {
  fileprivate func isBackward(in graph: Graph) -> Bool {
    guard case .node(let number, _) = origin else { return false }
    return graph.nodes[number].phase == .backward
  }
}

extension WatchedTensor {
  var key: TensorKey {
    let kind: TensorReport.Kind =
      switch role {
      case .activation: .activation
      case .activationGradient: .activationGradient
      case .weight: .weight
      case .weightGradient: .weightGradient
      }
    return TensorKey(kind: kind, name: name)
  }
}

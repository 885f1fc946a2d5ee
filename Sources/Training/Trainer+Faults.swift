import BackendAPI
import GraphIR
import TensorCore
import TrainingEvents

/// Where a fault goes that is put into a tensor.
enum FaultTarget: Hashable {
  /// The batch.
  case input
  /// An entry of the state.
  case parameter(String)
  /// The first result of a node.
  case node(Int)

  /// The target of a name in a training graph, or in a forward graph where gradients need not be found.
  ///
  /// "x", a parameter's name, a layer (the last of its forward nodes), or "grad:" and a layer (the first of its backward
  /// nodes). Throws `TrainingError` that names what there is.
  init(_ name: String, in graph: Graph) throws(TrainingError) {
    if name == "x" {
      guard let input = graph.inputs["x"], graph[input].type.dtype.isFloatingPoint else {
        throw TrainingError("fault: the batch of this model holds indices, which have no NaN; break a layer instead")
      }
      self = .input
      return
    }
    if graph.parameters.contains(where: { $0.name == name }) {
      self = .parameter(name)
      return
    }
    let isGradient = name.hasPrefix("grad:")
    let layer = isGradient ? String(name.dropFirst(5)) : name
    let isDifferentiated = graph.nodes.contains { $0.phase == .backward }
    let numbers = graph.nodes.indices.filter { number in
      let node = graph.nodes[number]
      guard FaultTarget.isInside(node.layer, layer), let first = node.outputs.first,
        graph[first].type.dtype.isFloatingPoint
      else { return false }
      if case .cast = node.operation { return false }
      return node.phase == (isGradient && isDifferentiated ? .backward : .forward)
    }
    guard let number = isGradient ? numbers.first : numbers.last else {
      var seen = Set<String>()
      let layers = graph.nodes.map(\.layer).filter { !$0.isEmpty && seen.insert($0).inserted }
      throw TrainingError(
        "fault: no tensor \"\(name)\"; write a layer (\(layers.joined(separator: " "))), grad: and a layer, a parameter, "
          + "or x")
    }
    self = .node(number)
  }

  private static func isInside(_ layer: String, _ outer: String) -> Bool {
    layer == outer || layer.hasPrefix(outer + ".")
  }
}

extension Trainer {
  /// Carries out what can be done before the step, and returns what the step itself has to break.
  func apply(_ faults: [Fault]) throws -> [Injection] {
    var injections: [Injection] = []
    for fault in faults {
      switch fault.action {
      case .learningRate: continue
      case .scale(let scale): try setScale(Float(scale))
      case .inject(let value, let name):
        switch try FaultTarget(name, in: graph) {
        case .input: injections.append(Injection(node: nil, value: value.number))
        case .node(let number): injections.append(Injection(node: number, value: value.number))
        case .parameter(let name):
          var values = try state.floats(name)
          guard !values.isEmpty else { continue }
          values[0] = value.number
          try state.write(name, values)
          try refreshCopies()
        }
      }
    }
    return injections
  }
}

extension Fault {
  /// What the fault multiplies a learning rate by.
  var learningRateFactor: Double {
    if case .learningRate(let factor) = action { factor } else { 1 }
  }
}

extension Fault.BadValue {
  var number: Float {
    switch self {
    case .nan: .nan
    case .inf: .infinity
    }
  }
}

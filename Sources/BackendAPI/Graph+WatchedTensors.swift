import GraphCompiler
public import GraphIR
import TensorCore

extension Graph {
  /// The tensors of a training step that are worth looking at, in the order in which the step makes them, with the values
  /// that hold them.
  ///
  /// Weights as they are computed with, the first result of every forward and backward node that is a floating-point
  /// tensor and no mere view nor computed again, and the gradients that the end of the step reads. Names of nodes are layer and operation,
  /// numbered where a layer has several of a kind.
  public var watchedTensors: [(tensor: WatchedTensor, value: ValueID)] {
    var result: [(tensor: WatchedTensor, value: ValueID)] = []
    let gradients = Set(committedGradients.map(\.gradient))
    var weights: [String: ValueID] = [:]
    for value in values {
      switch value.origin {
      case .parameter(let name): weights[name] = weights[name] ?? value.id
      case .lowPrecisionCopy(let name): weights[name] = value.id
      case .input, .statistic, .node: continue
      }
    }
    for parameter in parameters where parameter.isTrainable {
      guard let value = weights[parameter.name] else { continue }
      result.append((watched(value, .weight, name: parameter.name, layer: Graph.layer(of: parameter.name)), value))
    }
    var names: [String: Int] = [:]
    for node in nodes where node.phase != .optimizer && !node.isRecomputed {
      guard let first = node.outputs.first, self[first].type.dtype.isFloatingPoint, !isView(node),
        !gradients.contains(first)
      else { continue }
      switch node.operation {
      case .accumulate, .accumulateLoss: continue
      default: break
      }
      let title = node.layer.isEmpty ? node.operation.name : "\(node.layer) \(node.operation.name)"
      names[title, default: 0] += 1
      let name = names[title, default: 1] > 1 ? "\(title) #\(names[title, default: 1])" : title
      let role: WatchedTensor.Role = node.phase == .forward ? .activation : .activationGradient
      result.append((watched(first, role, name: name, layer: node.layer), first))
    }
    // Two parameters may share a gradient, as the two biases of an LSTM do: each has its own entry.
    for (name, gradient) in committedGradients {
      result.append((watched(gradient, .weightGradient, name: name, layer: Graph.layer(of: name)), gradient))
    }
    return result
  }

  /// Parameters with the values that `unscale` and `commit` take as their gradients, in that order.
  private var committedGradients: [(name: String, gradient: ValueID)] {
    for node in nodes {
      guard case .commit(let attributes) = node.operation else { continue }
      return attributes.parameters.enumerated().map { index, name in
        (name, node.inputs[CommitAttributes.firstGradient + index])
      }
    }
    return []
  }

  private func watched(_ value: ValueID, _ role: WatchedTensor.Role, name: String, layer: String) -> WatchedTensor {
    let type = self[value].type
    return WatchedTensor(name: name, layer: layer, role: role, dtype: type.dtype, count: type.shape.count)
  }

  /// "features.0.weight" → "features.0".
  static func layer(of parameter: String) -> String {
    parameter.lastIndex(of: ".").map { String(parameter[..<$0]) } ?? ""
  }
}

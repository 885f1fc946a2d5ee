public import GraphIR
import TensorCore

/// Bytes that a training step cannot avoid moving between memory and processor, by what they belong to.
///
/// Each tensor is written once, and read once in every phase (forward, backward, optimizer) that uses it: what a phase
/// holds in a cache or fuses it need not read again, but nothing survives from one phase to the next. So
///
/// - an activation is written and read in forward, and read again in backward where backward needs it; the gradient of an
///   activation is written and read in backward;
/// - the gradient of a parameter is written in backward, and read by the optimizer, which has judged all of them before it
///   updates one;
/// - a parameter is read and written by the optimizer, and read in forward and in backward; where a 16-bit copy is computed
///   with, the copy is read there, and written by the optimizer;
/// - each state of the optimizer is read and written;
/// - of a table only the rows that are looked up are read;
/// - casts and other shapes of the same tensor move nothing of their own: their readers could convert what they read, and
///   its writer could write what they make. A phase reads as many bits as its most demanding reader gets to see;
/// - scratch counts nothing.
public struct MemoryTraffic: Sendable, Hashable, Codable {
  /// Activations, their gradients and inputs.
  public var activations = 0
  /// Gradients of parameters.
  public var gradients = 0
  /// Parameters, statistics and 16-bit copies.
  public var parameters = 0
  /// States of the optimizer.
  public var optimizerState = 0

  /// All of them.
  public var total: Int { activations + gradients + parameters + optimizerState }

  /// No traffic.
  public init() {}
}

extension Graph {
  /// The bytes that a step of one micro-batch cannot avoid moving.
  ///
  /// Complexity: O(values + operands).
  public var unavoidableTraffic: MemoryTraffic {
    var traffic = MemoryTraffic()
    let tensors = tensorUses()
    let gradients = parameterGradients
    for value in values {
      guard let uses = tensors[value.id] else { continue }
      let reads = uses.readBytes.values.reduce(0, +)
      switch value.origin {
      case .input: traffic.activations += reads
      case .parameter, .statistic, .lowPrecisionCopy: traffic.parameters += reads
      case .node:
        let bytes = reads + (uses.readBytes.values.max() ?? 0)
        if uses.forms.isDisjoint(with: gradients) { traffic.activations += bytes } else { traffic.gradients += bytes }
      }
    }
    for node in nodes {
      guard case .commit(let attributes) = node.operation else { continue }
      let updated = updatedBytes(attributes)
      traffic.parameters += updated.parameters
      traffic.optimizerState += updated.optimizerState
    }
    return traffic
  }

  /// Bytes of all operands and results of a node, each once; 0 for a view.
  ///
  /// What the node moves where nothing of it is in a cache and nothing is fused with it.
  public func operandBytes(of node: Node) -> Int {
    guard !isView(node) else { return 0 }
    // The gradients of an LSTM's gates are made on the way to its results: nobody reads them afterwards.
    let results = node.operation == .lstmBackward ? node.outputs.dropLast() : node.outputs[...]
    var bytes = results.reduce(0) { $0 + self[$1].type.byteCount }
    for input in Set(node.inputs) { bytes += bytesRead(of: input, by: node) }
    if case .commit(let attributes) = node.operation {
      let updated = updatedBytes(attributes)
      bytes += updated.parameters + updated.optimizerState
    }
    return bytes
  }

  /// A tensor in all its forms: as it was made, converted, under other shapes.
  private struct TensorUses {
    var forms: Set<ValueID>
    /// The most that one reader of each phase needs.
    var readBytes: [Phase: Int] = [:]

    mutating func read(_ bytes: Int, in phase: Phase) { readBytes[phase] = max(readBytes[phase] ?? 0, bytes) }
  }

  /// Uses of every tensor, under the value that is neither cast nor view.
  private func tensorUses() -> [ValueID: TensorUses] {
    var origins = values.map(\.id)
    // What a form holds: widening adds no bits.
    var contents = values.map { $0.type.byteCount }
    var uses = Dictionary(uniqueKeysWithValues: values.map { ($0.id, TensorUses(forms: [$0.id])) })
    for node in nodes {
      if isSameTensor(node), let result = node.outputs.first, let operand = node.inputs.first {
        let origin = origins[operand.index]
        origins[result.index] = origin
        contents[result.index] = min(contents[result.index], contents[operand.index])
        uses[result] = nil
        uses[origin]?.forms.insert(result)
        continue
      }
      for input in node.inputs {
        let bytes = min(contents[input.index], bytesRead(of: input, by: node))
        uses[origins[input.index]]?.read(bytes, in: node.phase)
      }
    }
    return uses
  }

  private func isSameTensor(_ node: Node) -> Bool {
    if case .cast = node.operation { return true }
    return isView(node)
  }

  private func bytesRead(of operand: ValueID, by node: Node) -> Int {
    let bytes = self[operand].type.byteCount
    switch node.operation {
    case .embedding, .gather:
      return operand == node.inputs.first ? min(bytes, self[node.outputs[0]].type.byteCount) : bytes
    default: return bytes
    }
  }

  /// What `commit` reads and writes besides its operands.
  private func updatedBytes(_ attributes: CommitAttributes) -> (parameters: Int, optimizerState: Int) {
    let described = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0) })
    var (moved, states) = (0, 0)
    for (name, copy) in zip(attributes.parameters, attributes.copies) {
      guard let parameter = described[name] else { continue }
      let bytes = parameter.shape.count * parameter.dtype.size
      moved += 2 * bytes + (copy.map { self[$0].type.byteCount } ?? 0)
      states += 2 * bytes * attributes.optimizer.stateNames.count
    }
    for name in attributes.statistics {
      guard let statistic = described[name] else { continue }
      moved += statistic.shape.count * statistic.dtype.size
    }
    return (moved, states)
  }
}

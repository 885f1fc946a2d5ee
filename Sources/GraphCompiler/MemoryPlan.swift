public import GraphIR
public import TensorCore

/// Where every tensor of a graph lies in one arena.
///
/// Parameters, statistics and optimizer state are not here: they live in the persistent state, whatever the precision.
public struct MemoryPlan: Sendable {
  /// One tensor, or the scratch of one node, in the arena.
  public struct Block: Sendable, Hashable {
    /// What lies there, for people: "%12 features.0 conv2d", "scratch of node 4".
    public var label: String
    /// Who owns the bytes.
    public var owner: Owner
    /// First byte.
    public var offset: Int
    /// Bytes asked for.
    public var byteCount: Int
    /// Nodes during which the block must stay: from the one that writes it to the last that reads it.
    public var lifetime: ClosedRange<Int>
    /// The format and extents; nil for scratch.
    public var type: TensorType?
  }

  /// Owners of bytes, as the memory pane names them.
  public enum Owner: String, Sendable, Hashable, CaseIterable {
    /// 16-bit copies of parameters.
    case lowPrecisionCopy
    /// Gradients of parameters.
    case gradient
    /// Activations, their gradients, inputs.
    case activation
    /// Scratch of one operation.
    case workspace
  }

  /// All blocks, by first byte, then lifetime.
  public internal(set) var blocks: [Block] = []
  /// The block of each value of the graph that lies in the arena.
  public internal(set) var blockOfValue: [ValueID: Int] = [:]
  /// The scratch block of each node that has one.
  public internal(set) var scratchOfNode: [Int: Int] = [:]
  /// Size of the arena in bytes.
  public internal(set) var arenaBytes = 0
  /// What the blocks would take without sharing.
  public internal(set) var unsharedBytes = 0
  /// Most bytes in use at one time: no plan can be smaller.
  public internal(set) var lowerBound = 0
  /// Bytes in use at the node where most are, by owner.
  public internal(set) var peakByOwner: [Owner: Int] = [:]
  /// Most bytes of each owner in use at one time, which need not be the time of the peak.
  public internal(set) var mostByOwner: [Owner: Int] = [:]

  /// Offset of a value in the arena; nil where it lies in the persistent state.
  public func offset(of value: ValueID) -> Int? { blockOfValue[value].map { blocks[$0].offset } }

  /// Offset of the scratch of a node; nil where it needs none.
  public func scratchOffset(ofNode number: Int) -> Int? { scratchOfNode[number].map { blocks[$0].offset } }
}

extension MemoryPlan: CustomStringConvertible {
  /// The plan as a table: offset, bytes, lifetime, owner, format, what.
  public var description: String {
    var lines = ["offset        bytes         nodes       owner             format and tensor"]
    for block in blocks {
      let type = block.type.map(\.description) ?? ""
      lines.append(
        pad(block.offset, 14) + pad(block.byteCount, 14)
          + pad("\(block.lifetime.lowerBound)-\(block.lifetime.upperBound)", 12) + pad(block.owner.rawValue, 18)
          + (type.isEmpty ? "" : type + "  ") + block.label)
    }
    let saved = unsharedBytes - arenaBytes
    lines.append(
      "arena \(arenaBytes) bytes; without sharing \(unsharedBytes); saved \(saved); lower bound \(lowerBound)")
    return lines.joined(separator: "\n")
  }

  private func pad(_ value: some CustomStringConvertible, _ width: Int) -> String {
    let text = value.description
    return text + String(repeating: " ", count: max(1, width - text.count))
  }
}

import GraphIR
import TensorCore
import Testing

/// Operations that compute element by element, choose elements or move them.
extension OperationGraph {
  mutating func elementwise(_ forward: GraphIR.Operation, _ backward: GraphIR.Operation, keeps kept: String) throws {
    try set("y", to: forward, ["x"])
    try set("dx", to: backward, ["dy", kept])
  }

  /// Nothing of the forward pass is kept.
  mutating func linearMap(_ forward: GraphIR.Operation, _ backward: GraphIR.Operation) throws {
    try set("y", to: forward, ["x"])
    try set("dx", to: backward, ["dy"], like: "x")
  }

  /// The gradient of an operand is dy itself, or its sum over the extents that the operand lacks.
  mutating func addition() throws {
    try set("y", to: .add, ["x", "other"])
    set("dx", try value("dy"))
    if try shape("other") == shape("dy") {
      set("dother", try value("dy"))
    } else {
      try set("dother", to: .columnSum, ["dy"], like: "other")
    }
  }

  mutating func product() throws {
    try set("y", to: .multiply, ["x", "other"])
    try set("dx", to: .multiply, ["dy", "other"])
    try set("dother", to: .multiply, ["dy", "x"])
  }

  mutating func maxPooling() throws {
    let forward = try add(.maxPool2d(item.pooling()), ["x"])
    set("y", forward[0])
    set("positions", forward[1])
    try set("dx", to: .maxPool2dBackward(item.pooling()), ["dy", "positions"], like: "x")
  }

  mutating func slice() throws {
    let (dimension, start) = (try item.stated(\.dimension), try item.stated(\.start))
    try set("y", to: .slice(dimension: dimension, start: start, count: item.stated(\.length)), ["x"])
    try set("dx", to: .sliceBackward(dimension: dimension, start: start), ["dy"], like: "x")
  }

  mutating func concatenation() throws {
    let dimension = try item.stated(\.dimension)
    try set("y", to: .concat(dimension: dimension), ["x", "other"])
    var start = 0
    for operand in ["x", "other"] {
      let count = try shape(operand)[dimension]
      try set("d\(operand)", to: .slice(dimension: dimension, start: start, count: count), ["dy"])
      start += count
    }
  }

  /// Rows of a table, chosen by index.
  mutating func rows(_ forward: GraphIR.Operation, _ backward: GraphIR.Operation, of table: String) throws {
    try set("y", to: forward, [table, "indices"])
    try set("d\(table)", to: backward, ["dy", "indices"], like: table)
  }
}

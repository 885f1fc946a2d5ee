import GraphIR
import TensorCore

/// Sums, products, and operations that move elements. Where a gradient is only moved, tanh follows, so that every
/// element gets another one.
extension GradientCase {
  static let shapes: [GradientCase] = [
    GradientCase("add") { builder throws(GraphError) in
      try builder.apply(.add, try builder.operand("x", 3, 4), try builder.operand("y", 3, 4))
    },
    GradientCase("add of a value to itself") { builder throws(GraphError) in
      let x = try builder.operand("x", 3, 4)
      return try builder.apply(.add, x, x)
    },
    broadcast([3, 4], [4]), broadcast([2, 3, 4], [4]), broadcast([2, 3, 4], [3, 4]), broadcast([3, 1, 4], [1, 4]),
    GradientCase("add of a row to what is computed from it") { builder throws(GraphError) in
      let row = try builder.operand("row", 4)
      let one = try builder.apply(.reshape, row, resultShape: [1, 4])
      return try builder.apply(.tanh, try builder.apply(.add, try builder.apply(.expand(count: 3), one), row))
    },
    GradientCase("mul") { builder throws(GraphError) in
      try builder.apply(.multiply, try builder.operand("x", 2, 3, 2, 2), try builder.operand("y", 2, 3, 2, 2))
    },
    GradientCase("mul of a value by itself") { builder throws(GraphError) in
      let x = try builder.operand("x", 3, 4)
      return try builder.apply(.multiply, x, x)
    },
    GradientCase("to sequence") { builder throws(GraphError) in
      try builder.apply(.tanh, try builder.apply(.toSequence, try builder.operand("x", 2, 3, 2, 4)))
    },
    GradientCase("reshape") { builder throws(GraphError) in
      let x = try builder.operand("x", 2, 6, 2)
      return try builder.apply(.tanh, try builder.apply(.reshape, x, resultShape: [3, 8]))
    },
    GradientCase("expand") { builder throws(GraphError) in
      try builder.apply(.tanh, try builder.apply(.expand(count: 3), try builder.operand("x", 1, 2, 4)))
    },
    concatenated([2, 3], [4, 3], dimension: 0), concatenated([3, 2], [3, 4], dimension: 1),
    concatenated([2, 3, 1], [2, 3, 4], dimension: 2), concatenated([1, 2, 3, 2], [2, 2, 3, 2], dimension: 0),
    concatenated([2, 1, 3, 2], [2, 3, 3, 2], dimension: 1),
    GradientCase("cat of three, two of them the same") { builder throws(GraphError) in
      let (x, y) = (try builder.operand("x", 2, 3), try builder.operand("y", 2, 1))
      return try builder.apply(.tanh, try builder.apply(.concat(dimension: 1), x, y, x))
    },
    sliced([5, 3], dimension: 0), sliced([2, 5], dimension: 1), sliced([2, 2, 5], dimension: 2),
    sliced([2, 5, 2], dimension: 1), sliced([2, 5, 2, 3], dimension: 1),
    GradientCase("slices that overlap, put together in another order") { builder throws(GraphError) in
      let x = try builder.operand("x", 2, 5, 3)
      let late = try builder.apply(.slice(dimension: 1, start: 2, count: 3), x)
      let early = try builder.apply(.slice(dimension: 1, start: 0, count: 3), x)
      return try builder.apply(.tanh, try builder.apply(.concat(dimension: 1), late, early))
    },
  ]

  private static func broadcast(_ x: Shape, _ y: Shape) -> GradientCase {
    GradientCase("add \(y) to the trailing extents of \(x)") { builder throws(GraphError) in
      let sum = try builder.apply(
        .add, try builder.parameter("x", x, .constant(0)), try builder.parameter("y", y, .constant(0)))
      return try builder.apply(.tanh, sum)
    }
  }

  private static func concatenated(_ x: Shape, _ y: Shape, dimension: Int) -> GradientCase {
    GradientCase("cat of \(x) and \(y) along \(dimension)") { builder throws(GraphError) in
      let joined = try builder.apply(
        .concat(dimension: dimension), try builder.parameter("x", x, .constant(0)),
        try builder.parameter("y", y, .constant(0)))
      return try builder.apply(.tanh, joined)
    }
  }

  /// Three places from the second on.
  private static func sliced(_ x: Shape, dimension: Int) -> GradientCase {
    GradientCase("slice of \(x) along \(dimension)") { builder throws(GraphError) in
      let slice = GraphIR.Operation.slice(dimension: dimension, start: 1, count: 3)
      return try builder.apply(.tanh, try builder.apply(slice, try builder.parameter("x", x, .constant(0))))
    }
  }
}

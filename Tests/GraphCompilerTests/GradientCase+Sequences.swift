import GraphIR
import TensorCore

/// Batched products, attention, LSTM, layer norm, rows of tables.
extension GradientCase {
  static let sequences: [GradientCase] =
    [false, true].flatMap { a in [false, true].flatMap { b in [product(a, b, batch: 2), product(a, b, batch: nil)] } }
    + [
      attention(heads: 1, isCausal: false, length: 4), attention(heads: 2, isCausal: false, length: 3),
      attention(heads: 2, isCausal: true, length: 4), attention(heads: 4, isCausal: true, length: 1),
      lstm(length: 1), lstm(length: 4),
      GradientCase("lstm with one bias for both") { builder throws(GraphError) in
        let bias = try builder.operand("bias", 8)
        return try builder.apply(
          .lstm, try builder.operand("x", 2, 3, 2), try builder.operand("weight_ih", 8, 2),
          try builder.operand("weight_hh", 8, 2), bias, bias)
      },
      GradientCase("layer norm of (3, 5)") { builder throws(GraphError) in
        try builder.apply(
          .layerNorm(eps: 1e-5), try builder.operand("x", 3, 5), try builder.operand("weight", 5),
          try builder.operand("bias", 5))
      },
      GradientCase("layer norm of (2, 3, 4)") { builder throws(GraphError) in
        try builder.apply(
          .layerNorm(eps: 0.1), try builder.operand("x", 2, 3, 4), try builder.operand("weight", 4),
          try builder.operand("bias", 4))
      },
      // Indices 0, 1, 2, 0, 1, …: every row of the table more than once, and one never.
      GradientCase("embedding of indices (2, 4)") { builder throws(GraphError) in
        let indices = builder.input("indices", TensorType(.int64, [2, 4]))
        return try builder.apply(.tanh, try builder.apply(.embedding, try builder.operand("table", 4, 3), indices))
      },
      GradientCase("embedding of indices (5)") { builder throws(GraphError) in
        let indices = builder.input("indices", TensorType(.int64, [5]))
        return try builder.apply(.tanh, try builder.apply(.embedding, try builder.operand("table", 4, 3), indices))
      },
      GradientCase("gather") { builder throws(GraphError) in
        let indices = builder.input("indices", TensorType(.int64, [2, 4]))
        return try builder.apply(.tanh, try builder.apply(.gather, try builder.operand("x", 2, 4, 3), indices))
      },
      GradientCase("an embedding's table that is also the weight after it") { builder throws(GraphError) in
        let indices = builder.input("indices", TensorType(.int64, [5]))
        let table = try builder.operand("table", 4, 3)
        let rows = try builder.apply(.tanh, try builder.apply(.embedding, table, indices))
        return try builder.apply(.linear(relu: false), rows, table)
      },
    ]

  private static func product(_ transposeA: Bool, _ transposeB: Bool, batch: Int?) -> GradientCase {
    let operation = GraphIR.Operation.matmul(transposeA: transposeA, transposeB: transposeB)
    let a = (batch.map { [$0] } ?? []) + (transposeA ? [4, 3] : [3, 4])
    let b = (batch.map { [$0] } ?? []) + (transposeB ? [2, 4] : [4, 2])
    return GradientCase("matmul \(operation.attributesText) of \(Shape(a))") { builder throws(GraphError) in
      try builder.apply(
        operation, try builder.parameter("a", Shape(a), .constant(0)),
        try builder.parameter("b", Shape(b), .constant(0)))
    }
  }

  private static func attention(heads: Int, isCausal: Bool, length: Int) -> GradientCase {
    let attributes = AttentionAttributes(heads: heads, isCausal: isCausal)
    return GradientCase("attention, heads \(heads), \(length) positions\(isCausal ? ", causal" : "")") {
      builder throws(GraphError) in
      try builder.apply(.attention(attributes), try builder.operand("qkv", 2, length, 12))
    }
  }

  private static func lstm(length: Int) -> GradientCase {
    GradientCase("lstm of \(length) steps") { builder throws(GraphError) in
      try builder.apply(
        .lstm, try builder.operand("x", 2, length, 3), try builder.operand("weight_ih", 8, 3),
        try builder.operand("weight_hh", 8, 2), try builder.operand("bias_ih", 8),
        try builder.operand("bias_hh", 8))
    }
  }
}

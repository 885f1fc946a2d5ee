import GraphIR
import TensorCore

/// Attention, LSTM, layer norm, and rows of tables.
///
/// Backward operations get operands of their own, not the results of a forward step: both backends shall see the same
/// bits.
extension OperationCase {
  static let sequences: [OperationCase] =
    attention(samples: 2, length: 5, channels: 6, heads: 1) + attention(samples: 3, length: 7, channels: 12, heads: 4)
    + attention(samples: 2, length: 1, channels: 4, heads: 2)
    + attention(samples: 1, length: 33, channels: 20, heads: 2)
    + attention(samples: 1, length: 3, channels: 3, heads: 3)
    + lstm(samples: 3, length: 5, inputs: 7, hidden: 3) + lstm(samples: 1, length: 1, inputs: 2, hidden: 5)
    + lstm(samples: 5, length: 3, inputs: 1, hidden: 1) + lstm(samples: 2, length: 4, inputs: 19, hidden: 17)
    + [Shape([5, 7]), [3, 5, 33], [1, 17], [4, 1], [2, 3, 64]].flatMap(layerNorm)

  private static func attention(samples: Int, length: Int, channels: Int, heads: Int) -> [OperationCase] {
    [false, true].flatMap { isCausal in
      let attributes = AttentionAttributes(heads: heads, isCausal: isCausal)
      let name = "attention (\(samples), \(length), \(channels)), heads \(heads)\(isCausal ? ", causal" : "")"
      let output = Shape([samples, length, channels])
      let qkv = Shape([samples, length, 3 * channels])
      return [
        OperationCase(name, .attention(attributes), [.activation(qkv)]).roundingInside,
        // Any logsumexp near that of the scores will do: probabilities need not add up to 1.
        OperationCase(
          "\(name), dqkv", .attentionBackward(attributes),
          [.activation(output), .activation(qkv), .activation(output), .positive([samples, heads, length])]
        ).roundingInside,
      ]
    }
  }

  private static func lstm(samples: Int, length: Int, inputs: Int, hidden: Int) -> [OperationCase] {
    let (x, y) = (Shape([samples, length, inputs]), Shape([samples, length, hidden]))
    let weights: [Operand] = [.plain([4 * hidden, inputs]), .plain([4 * hidden, hidden])]
    let name = "lstm \(x), \(hidden) cells"
    return [
      OperationCase(name, .lstm, [.activation(x)] + weights + [.plain([4 * hidden]), .plain([4 * hidden])])
        .roundingInside,
      OperationCase(
        "\(name), gradients", .lstmBackward,
        [.activation(y), .activation(x)] + weights
          + [.activation(y), .activation([samples, length, 4 * hidden]), .activation(y)]
      ).roundingInside,
    ]
  }

  private static func layerNorm(_ shape: Shape) -> [OperationCase] {
    let columns = Shape([shape.dimensions[shape.rank - 1]])
    let rows = Shape(Array(shape.dimensions.dropLast()))
    return [
      OperationCase(
        "layer norm \(shape)", .layerNorm(eps: 1e-5), [.activation(shape), .vector(columns), .vector(columns)]),
      OperationCase(
        "layer norm \(shape), gradients", .layerNormBackward,
        [.activation(shape), .activation(shape), .vector(columns), .vector(rows), .positive(rows)]),
    ]
  }

  /// Indices are 0, 2, 1, 0, …: rows that are used several times, and some never.
  static let tables: [OperationCase] = [
    OperationCase("embedding", .embedding, [.plain([5, 7]), .indices([3, 11])]),
    OperationCase("embedding, one column", .embedding, [.plain([3, 1]), .indices([4])]),
    OperationCase(
      "embedding, dtable", .embeddingBackward, [.activation([3, 11, 7]), .indices([3, 11])], stated: [5, 7]),
    OperationCase(
      "embedding, dtable of one row", .embeddingBackward, [.activation([1, 3]), .indices([1])], stated: [4, 3]),
    OperationCase("gather", .gather, [.activation([3, 5, 7]), .indices([3, 4])]),
    OperationCase("gather, one row", .gather, [.activation([2, 3, 1]), .indices([2, 1])]),
    OperationCase("gather, dx", .gatherBackward, [.activation([3, 8, 7]), .indices([3, 8])], stated: [3, 5, 7]),
  ]
}

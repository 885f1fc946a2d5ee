import GraphIR
import TensorCore
import Testing

/// Operations with weights, attention, and losses.
extension OperationGraph {
  /// A layer takes (N, T, in) as rows: see `GraphBuilder.linear`.
  mutating func linear() throws {
    try setRows("x rows", of: "x")
    try setRows("dy rows", of: "dy")
    try set("y rows", to: .linear(relu: false), ["x rows", "weight", "bias"])
    try set("dx rows", to: .matmul(transposeA: false, transposeB: false), ["dy rows", "weight"])
    try set("y", to: .reshape, ["y rows"], like: "dy")
    try set("dx", to: .reshape, ["dx rows"], like: "x")
    try set("dweight", to: .matmul(transposeA: true, transposeB: false), ["dy rows", "x rows"])
    try set("dbias", to: .columnSum, ["dy rows"])
  }

  /// (…, C) as (rows, C).
  private mutating func setRows(_ name: String, of role: String) throws {
    let shape = try shape(role)
    let width = shape[shape.rank - 1]
    set(name, try add(.reshape, [role], shape: [shape.count / width, width])[0])
  }

  /// dA = dC op(B)ᵀ and dB = op(A)ᵀ dC, transposed where the operand was.
  mutating func batchedProduct() throws {
    let (a, b) = (try item.stated(\.transposeA), try item.stated(\.transposeB))
    try set("y", to: .matmul(transposeA: a, transposeB: b), ["a", "b"])
    try set("da", to: .matmul(transposeA: a && b, transposeB: a || !b), a ? ["b", "dy"] : ["dy", "b"])
    try set("db", to: .matmul(transposeA: b || !a, transposeB: a && b), b ? ["dy", "a"] : ["a", "dy"])
  }

  mutating func convolution() throws {
    let (attributes, hasBias) = (try item.convolution(), has("bias"))
    try set("y", to: .conv2d(attributes), hasBias ? ["x", "weight", "bias"] : ["x", "weight"])
    try set("dx", to: .conv2dBackwardData(attributes), ["dy", "weight"], like: "x")
    let gradients = try add(.conv2dBackwardWeights(attributes, bias: hasBias), ["x", "dy"], like: "weight")
    set("dweight", gradients[0])
    if hasBias { set("dbias", gradients[1]) }
  }

  /// The data gradient of a convolution: x and dy change places.
  mutating func transposedConvolution() throws {
    let (attributes, hasBias) = (try item.convolution(), has("bias"))
    try set("y", to: .convTranspose2d(attributes), hasBias ? ["x", "weight", "bias"] : ["x", "weight"])
    try set("dx", to: .conv2d(attributes), ["dy", "weight"])
    try set("dweight", to: .conv2dBackwardWeights(attributes, bias: false), ["dy", "x"], like: "weight")
    if hasBias { try set("dbias", to: .columnSum, ["dy"]) }
  }

  mutating func batchNorm() throws {
    let forward = try add(
      .batchNorm(item.batchNorm()), ["x", "weight", "bias", "running_mean", "running_variance"])
    for (role, value) in zip(["y", "mean", "rstd", "new_running_mean", "new_running_variance"], forward) {
      set(role, value)
    }
    try setAll(
      ["dx", "dweight", "dbias"], to: .batchNormBackward(item.batchNorm()), ["dy", "x", "weight", "mean", "rstd"])
  }

  mutating func batchNormInference() throws {
    try set(
      "y", to: .batchNormInference(item.batchNorm()), ["x", "weight", "bias", "running_mean", "running_variance"])
  }

  mutating func layerNorm() throws {
    try setAll(["y", "mean", "rstd"], to: .layerNorm(eps: item.stated(\.eps)), ["x", "weight", "bias"])
    try setAll(["dx", "dweight", "dbias"], to: .layerNormBackward, ["dy", "x", "weight", "mean", "rstd"])
  }

  mutating func attention() throws {
    try setAll(["y", "logsumexp"], to: .attention(item.attention()), ["qkv"])
    try set("dqkv", to: .attentionBackward(item.attention()), ["dy", "qkv", "y", "logsumexp"])
  }

  /// Both biases are added to the same gates and share a gradient.
  mutating func lstm() throws {
    try setAll(["y", "gates", "cells"], to: .lstm, ["x", "weight_ih", "weight_hh", "bias_ih", "bias_hh"])
    try setAll(
      ["dx", "dweight_ih", "dweight_hh", "dbias_ih"], to: .lstmBackward,
      ["dy", "x", "weight_ih", "weight_hh", "y", "gates", "cells"])
    set("dbias_hh", try value("dbias_ih"))
  }

  mutating func loss(
    _ forward: GraphIR.Operation, _ backward: GraphIR.Operation, of predictions: String, _ targets: String
  ) throws {
    try set("y", to: forward, [predictions, targets])
    try set("d\(predictions)", to: backward, [predictions, targets])
  }

  private mutating func setAll(_ results: [String], to operation: GraphIR.Operation, _ operands: [String]) throws {
    for (role, value) in zip(results, try add(operation, operands)) { set(role, value) }
  }
}

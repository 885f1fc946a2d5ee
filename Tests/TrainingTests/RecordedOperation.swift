import GraphIR
import Testing

/// A single operation as PyTorch computed it in fp64: a case of op_cases.json.
struct RecordedOperation: Decodable, Sendable, CustomTestStringConvertible {
  struct Attributes: Decodable, Sendable {
    var kernel: [Int]?
    var stride: Int?
    var padding: Int?
    var momentum: Float?
    var eps: Float?
    var dimension: Int?
    var start: Int?
    var length: Int?
    var count: Int?
    var scale: Int?
    var mode: String?
    var transposeA: Bool?
    var transposeB: Bool?
    var heads: Int?
    var causal: Bool?
  }

  private struct File: Decodable {
    var file: String
    var cases: [RecordedOperation]
  }

  var name: String
  var operation: String
  var attributes: Attributes
  /// Shapes by role: "x", "weight", "y", "dx", ….
  var tensors: [String: [Int]]

  var testDescription: String { name }

  /// Every case, and the file that has their tensors as CASE.ROLE.
  static func all() throws -> (file: String, cases: [RecordedOperation]) {
    let content = try ReferenceFixtures.decode(File.self, "op_cases.json")
    return (content.file, content.cases)
  }

  /// An attribute that the operation cannot do without.
  func stated<Value>(_ path: KeyPath<Attributes, Value?>) throws -> Value {
    try #require(attributes[keyPath: path], "\(name) lacks an attribute of \(operation)")
  }

  func pooling() throws -> PoolingAttributes {
    PoolingAttributes(
      kernel: try stated(\.kernel), stride: try both(\.stride), padding: try both(\.padding))
  }

  func convolution() throws -> ConvolutionAttributes {
    ConvolutionAttributes(
      kernel: try stated(\.kernel), stride: try both(\.stride), padding: try both(\.padding))
  }

  /// Inference has no momentum.
  func batchNorm() throws -> BatchNormAttributes {
    BatchNormAttributes(momentum: attributes.momentum ?? 0, eps: try stated(\.eps))
  }

  func upsampling() throws -> UpsampleAttributes {
    UpsampleAttributes(
      scale: try stated(\.scale), mode: try #require(UpsampleAttributes.Mode(rawValue: stated(\.mode))))
  }

  func attention() throws -> AttentionAttributes {
    AttentionAttributes(heads: try stated(\.heads), isCausal: try stated(\.causal))
  }

  private func both(_ path: KeyPath<Attributes, Int?>) throws -> [Int] {
    Array(repeating: try stated(path), count: 2)
  }
}

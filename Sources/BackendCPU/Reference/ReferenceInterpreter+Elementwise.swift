import TensorCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What a dropout mask is drawn from.
struct DropoutKey: Sendable, Hashable {
  /// Seed of the session: the key of the generator.
  var seed: UInt64
  /// Index of the attempt.
  var attempt: UInt64
  /// Number of the dropout layer.
  var stream: UInt32

  init(_ seed: UInt64, _ attempt: UInt64, _ stream: UInt32) {
    (self.seed, self.attempt, self.stream) = (seed, attempt, stream)
  }

  /// The random words of elements 4·block to 4·block + 3.
  ///
  /// The 128-bit counter is, from its lowest word: the block, the attempt (low, high), the stream.
  func words(block: Int) -> [UInt32] {
    let words = PhiloxGenerator.block(
      key: seed,
      counter: (
        UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: attempt),
        UInt32(truncatingIfNeeded: attempt >> 32), stream
      ))
    return [words.0, words.1, words.2, words.3]
  }
}

extension ReferenceInterpreter {
  /// max(x, 0); NaN and -0 stay what they are.
  static func relu(_ x: Double) -> Double { x < 0 ? 0 : x }

  /// Φ(x), the distribution function of the standard normal.
  private static func normalDistribution(_ x: Double) -> Double { 0.5 * erfc(-x * 0.5.squareRoot()) }

  /// x Φ(x) (Hendrycks & Gimpel 2016, the exact form).
  static func gelu(_ x: Double) -> Double { x * normalDistribution(x) }

  /// d gelu / dx = Φ(x) + x φ(x).
  static func geluDerivative(_ x: Double) -> Double {
    let density = exp(-0.5 * x * x) / (2 * Double.pi).squareRoot()
    return normalDistribution(x) + x * density
  }

  /// 1 / (1 + e⁻ˣ).
  static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

  /// x sigmoid(x) (Elfwing, Uchibe & Doya 2018).
  static func silu(_ x: Double) -> Double { x * sigmoid(x) }

  /// d silu / dx = σ (1 + x (1 - σ)) with σ = sigmoid(x).
  static func siluDerivative(_ x: Double) -> Double {
    let sigma = sigmoid(x)
    return sigma * (1 + x * (1 - sigma))
  }

  /// x (…, R) + y (R), R being all extents of y: y is added to each of the leading extents of x.
  static func add(_ x: ReferenceTensor, _ y: ReferenceTensor) -> ReferenceTensor {
    ReferenceTensor(x.shape, x.elements.enumerated().map { $1 + y.elements[$0 % y.elements.count] })
  }

  /// x with a share `probability` of elements set to 0 and the rest divided by 1 - probability.
  ///
  /// Element i, counted as it lies in memory, is kept iff word i % 4 of block i / 4 is at least probability · 2³².
  static func dropout(
    _ x: ReferenceTensor, _ probability: Float, _ key: DropoutKey, _ order: MemoryOrder
  ) -> ReferenceTensor {
    let threshold = Double(probability) * 0x1p32
    var y = x
    var words: [UInt32] = []
    for (place, index) in order.logicalIndices(x.shape).enumerated() {
      if place % 4 == 0 { words = key.words(block: place / 4) }
      let keeps = Double(words[place % 4]) >= threshold
      y.elements[index] = keeps ? x.elements[index] / (1 - Double(probability)) : 0
    }
    return y
  }
}

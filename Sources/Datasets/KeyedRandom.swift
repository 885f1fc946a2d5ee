import Glibc

/// A stream of random numbers that depends on nothing but its key: the same key gives the same numbers in every lane.
///
/// SplitMix64 (Steele, Lea and Flood 2014), started from a hash of the key's words.
struct KeyedRandom: Sendable {
  private var state: UInt64

  /// The stream of a seed, a purpose and a place in it (an epoch, a sample).
  init(seed: UInt64, purpose: UInt64, place: UInt64) {
    // Zero is a fixed point of the mixer, hence the added constant.
    let golden: UInt64 = 0x9E37_79B9_7F4A_7C15
    var key = KeyedRandom.mix(seed &+ golden)
    key = KeyedRandom.mix((key ^ purpose) &+ golden)
    state = KeyedRandom.mix((key ^ place) &+ golden)
  }

  /// The next 64 bits.
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return KeyedRandom.mix(state)
  }

  /// An unbiased index below `bound`, which is positive (Lemire 2019, with rejection).
  mutating func index(below bound: UInt64) -> UInt64 {
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return product.high
  }

  /// A number in [low, high).
  mutating func uniform(_ low: Float, _ high: Float) -> Float {
    low + (high - low) * (Float(next() >> 40) * 0x1p-24)
  }

  /// A number in [0, 1).
  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A normally distributed number of mean 0 and variance 1 (Box and Muller 1958).
  mutating func normal() -> Double {
    // 1 − u lies in (0, 1]: its logarithm is finite.
    let radius = (-2 * log(1 - unit())).squareRoot()
    return radius * cos(2 * .pi * unit())
  }

  private static func mix(_ word: UInt64) -> UInt64 {
    var z = word
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Keeps streams of one seed apart.
enum RandomPurpose {
  static let shuffle: UInt64 = 1
  static let trainGlyphs: UInt64 = 2
  static let validationGlyphs: UInt64 = 3
  static let trainShapes: UInt64 = 4
  static let validationShapes: UInt64 = 5
  static let trainGrammar: UInt64 = 6
  static let validationGrammar: UInt64 = 7
  static let userFactors: UInt64 = 8
  static let itemFactors: UInt64 = 9
  static let pairs: UInt64 = 10
  static let pairNoise: UInt64 = 11
}

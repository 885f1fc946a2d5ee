/// Counter-based random numbers: Philox 4x32-10 (Salmon, Moraes, Dror & Shaw, SC'11).
///
/// The n-th number of a stream is a pure function of (seed, stream, n), so that lanes, threads and devices agree.
public struct PhiloxGenerator: RandomNumberGenerator, Sendable {
  private let key: UInt64
  private let stream: UInt64
  private var block: UInt64 = 0
  private var words: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
  private var used = 4

  /// The stream `stream` of a seed, from its beginning.
  public init(seed: UInt64, stream: UInt64) {
    key = seed
    self.stream = stream
  }

  /// The next 32 random bits.
  public mutating func next32() -> UInt32 {
    if used == 4 {
      words = PhiloxGenerator.block(
        key: key,
        counter: (
          UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32),
          UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32)
        ))
      block &+= 1
      used = 0
    }
    defer { used += 1 }
    switch used {
    case 0: return words.0
    case 1: return words.1
    case 2: return words.2
    default: return words.3
    }
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 { UInt64(next32()) | UInt64(next32()) << 32 }

  /// The next number, uniform on [0, 1), with 24 random bits: every value is exact in fp32.
  public mutating func nextUniform() -> Float { Float(next32() >> 8) * 0x1p-24 }

  /// The four words of one counter under one key: ten rounds.
  public static func block(
    key: UInt64, counter: (UInt32, UInt32, UInt32, UInt32)
  ) -> (UInt32, UInt32, UInt32, UInt32) {
    var (c0, c1, c2, c3) = counter
    var k0 = UInt32(truncatingIfNeeded: key)
    var k1 = UInt32(truncatingIfNeeded: key >> 32)
    for _ in 0..<10 {
      let p0 = UInt64(0xD251_1F53) * UInt64(c0)
      let p1 = UInt64(0xCD9E_8D57) * UInt64(c2)
      (c0, c1, c2, c3) = (
        UInt32(truncatingIfNeeded: p1 >> 32) ^ c1 ^ k0, UInt32(truncatingIfNeeded: p1),
        UInt32(truncatingIfNeeded: p0 >> 32) ^ c3 ^ k1, UInt32(truncatingIfNeeded: p0)
      )
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return (c0, c1, c2, c3)
  }
}

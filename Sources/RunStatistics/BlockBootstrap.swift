import Glibc

/// Mean and median of a dependent series resampled by the moving-block bootstrap.
///
/// Successive step times are correlated (clock, cache, a neighbour on the machine), which an ordinary bootstrap would
/// mistake for information. Blocks of ⌈n^(1/3)⌉ successive values keep the dependence (Künsch 1989, Annals of
/// Statistics 17). The series is closed to a circle (Politis and Romano 1992), so that every value is drawn equally
/// often and resampled means centre on the mean of the series.
enum BlockBootstrap {
  /// Number of resampled series.
  static let resamples = 1000
  /// The seed of the first series of a comparison.
  static let firstSeed: UInt64 = 0x9E37_79B9_7F4A_7C15
  /// The seed of the second, where the two were not measured in pairs.
  static let secondSeed: UInt64 = 0xBF58_476D_1CE4_E5B9

  /// Distance of the 95 % interval's ends from the mean of the series (percentile method); nil below two values.
  ///
  /// Complexity: O(resamples · n^(2/3)) from prefix sums. The same series and seed give the same interval.
  static func offsets(of series: [Double], seed: UInt64 = firstSeed) -> (low: Double, high: Double)? {
    let n = series.count
    guard n >= 2 else { return nil }
    let mean = series.reduce(0, +) / Double(n)
    let block = blockLength(n)

    // Prefix sums of the centred series, once around and one block further: a block's sum is one subtraction.
    var prefix = [0.0]
    prefix.reserveCapacity(n + block + 1)
    var sum = 0.0
    for index in 0..<(n + block) {
      sum += series[index < n ? index : index - n] - mean
      prefix.append(sum)
    }

    var random = SplitMix64(state: seed)
    var means: [Double] = []
    means.reserveCapacity(resamples)
    for _ in 0..<resamples {
      var total = 0.0
      drawBlocks(of: n, from: &random) { total += prefix[$0 + $1] - prefix[$0] }
      means.append(total / Double(n))
    }
    means.sort()
    return (SortedSample.quantile(0.025, of: means), SortedSample.quantile(0.975, of: means))
  }

  /// The medians of the resampled series, in the order drawn; the series must not be empty.
  ///
  /// Complexity: O(resamples · n), by counting how often each rank was drawn. The same series and seed give the same
  /// medians.
  static func medians(of series: [Double], seed: UInt64 = firstSeed) -> [Double] {
    let n = series.count
    let order = series.indices.sorted { series[$0] < series[$1] }
    let sorted = order.map { series[$0] }
    // Once around and one block further, as above.
    var ranks = [Int](repeating: 0, count: n)
    for (rank, index) in order.enumerated() { ranks[index] = rank }
    ranks += (0..<blockLength(n)).map { ranks[$0 % n] }

    var random = SplitMix64(state: seed)
    var drawn = [Int](repeating: 0, count: n)
    return (0..<resamples).map { _ in
      for rank in drawn.indices { drawn[rank] = 0 }
      drawBlocks(of: n, from: &random) { start, length in
        for index in start..<(start + length) { drawn[ranks[index]] += 1 }
      }
      // The two in the middle, which are one where n is odd.
      let below = sorted[rank(of: (n - 1) / 2, in: drawn)]
      let above = sorted[rank(of: n / 2, in: drawn)]
      return below + (above - below) / 2
    }
  }

  /// Draws the blocks of one resampled series of `n` values: start, below n, and length of each.
  private static func drawBlocks(of n: Int, from random: inout SplitMix64, _ take: (Int, Int) -> Void) {
    let block = blockLength(n)
    for _ in 0..<(n / block) { take(random.index(below: n), block) }
    if n % block > 0 { take(random.index(below: n), n % block) }
  }

  /// The rank at a position of the resampled series in ascending order, from the number of times each rank was drawn.
  private static func rank(of position: Int, in drawn: [Int]) -> Int {
    var rank = 0
    var passed = drawn[0]
    while passed <= position {
      rank += 1
      passed += drawn[rank]
    }
    return rank
  }

  /// ⌈n^(1/3)⌉: the order that minimises the error of the bootstrap variance.
  static func blockLength(_ n: Int) -> Int {
    var length = max(1, Int(cbrt(Double(n))))
    while length * length * length < n { length += 1 }
    return length
  }
}

/// SplitMix64 (Steele, Lea and Flood 2014): a small generator whose whole state is its seed.
struct SplitMix64: Sendable {
  var state: UInt64

  /// The next 64 bits.
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// An index below `bound` by the high half of a product (Lemire 2019).
  ///
  /// The bias, below bound/2⁶⁴, is far under the noise of a thousand resamples.
  mutating func index(below bound: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }
}

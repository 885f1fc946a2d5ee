import Glibc

/// A 95 % interval for the mean of a dependent series by the moving-block bootstrap.
///
/// Successive step times are correlated (clock, cache, a neighbour on the machine), which an ordinary bootstrap would
/// mistake for information. Blocks of ⌈n^(1/3)⌉ successive values keep the dependence (Künsch 1989, Annals of
/// Statistics 17). The series is closed to a circle (Politis and Romano 1992), so that every value is drawn equally
/// often and resampled means centre on the mean of the series.
enum BlockBootstrap {
  /// Number of resampled series.
  static let resamples = 1000

  /// Distance of the interval's ends from the mean of the series (percentile method); nil below two values.
  ///
  /// Complexity: O(resamples · n^(2/3)) from prefix sums. The same series and seed give the same interval.
  static func offsets(of series: [Double], seed: UInt64 = 0x9E37_79B9_7F4A_7C15) -> (low: Double, high: Double)? {
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
    let wholeBlocks = n / block
    let rest = n % block
    var means: [Double] = []
    means.reserveCapacity(resamples)
    for _ in 0..<resamples {
      var total = 0.0
      for _ in 0..<wholeBlocks {
        let start = random.index(below: n)
        total += prefix[start + block] - prefix[start]
      }
      if rest > 0 {
        let start = random.index(below: n)
        total += prefix[start + rest] - prefix[start]
      }
      means.append(total / Double(n))
    }
    means.sort()
    return (quantile(0.025, of: means), quantile(0.975, of: means))
  }

  /// ⌈n^(1/3)⌉: the order that minimises the error of the bootstrap variance.
  static func blockLength(_ n: Int) -> Int {
    var length = max(1, Int(cbrt(Double(n))))
    while length * length * length < n { length += 1 }
    return length
  }

  private static func quantile(_ fraction: Double, of sorted: [Double]) -> Double {
    let position = fraction * Double(sorted.count - 1)
    let below = Int(position)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (position - Double(below)) * (sorted[above] - sorted[below])
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

/// An append-only series that answers "smallest and largest value of samples i ..< j" without looking at all of them.
///
/// Level 0 are the samples. Level k ≥ 1 holds the smallest and largest of each run of 8^k samples: few levels, so that an
/// answer about a long run comes from few places in memory. A drawing of w columns asks w times and costs O(w log n), and
/// no spike can fall between columns, as it does where samples are thinned. Non-finite samples are stored but never
/// smallest or largest.
/// Memory: 4 bytes a sample, and 8/7 more for all levels together.
struct MinMaxPyramid: Sendable, Hashable {
  /// How many entries of a level make one of the next, a power of two.
  static let bucket = 8

  private(set) var samples: [Float] = []
  private var levels: [[Extent]] = []

  /// Smallest and largest of a run; an empty run has no extent.
  struct Extent: Sendable, Hashable {
    var low: Float
    var high: Float

    /// The extent of nothing: any value replaces it.
    static let none = Extent(low: .infinity, high: -.infinity)

    var isEmpty: Bool { low > high }

    mutating func include(_ value: Float) {
      guard value.isFinite else { return }
      if value < low { low = value }
      if value > high { high = value }
    }

    mutating func include(_ other: Extent) {
      if other.low < low { low = other.low }
      if other.high > high { high = other.high }
    }
  }

  /// Number of samples.
  var count: Int { samples.count }

  /// Appends a sample.
  ///
  /// O(1) amortised.
  mutating func append(_ value: Float) {
    samples.append(value)
    guard samples.count.isMultiple(of: MinMaxPyramid.bucket) else { return }
    var full = Extent.none
    for sample in samples.suffix(MinMaxPyramid.bucket) { full.include(sample) }
    var level = 0
    while true {
      if level == levels.count { levels.append([]) }
      levels[level].append(full)
      let count = levels[level].count
      guard count.isMultiple(of: MinMaxPyramid.bucket) else { return }
      full = .none
      for index in count - MinMaxPyramid.bucket..<count { full.include(levels[level][index]) }
      level += 1
    }
  }

  /// Smallest and largest finite sample of a range, or `none`; indices outside the series are left out.
  ///
  /// O(log n).
  func extent(_ range: Range<Int>) -> Extent {
    var result = Extent.none
    var (index, end) = (max(0, range.lowerBound), min(samples.count, range.upperBound))
    // The samples at both ends that fill no bucket, then of each level the entries at both ends that fill none of the next.
    let (size, inBucket) = (MinMaxPyramid.bucket, MinMaxPyramid.bucket - 1)
    while index < end, index & inBucket != 0 {
      result.include(samples[index])
      index += 1
    }
    while index < end, end & inBucket != 0 {
      end -= 1
      result.include(samples[end])
    }
    (index, end) = (index / size, end / size)
    var level = 0
    while index < end {
      while index < end, index & inBucket != 0 {
        result.include(levels[level][index])
        index += 1
      }
      while index < end, end & inBucket != 0 {
        end -= 1
        result.include(levels[level][end])
      }
      (index, end, level) = (index / size, end / size, level + 1)
    }
    return result
  }
}

/// An append-only series that answers "smallest and largest value of samples i ..< j" without looking at all of them.
///
/// Level 0 are the samples. Level k ≥ 1 holds the smallest and largest of each run of 8·2^(k−1) samples. A drawing of w
/// columns asks w times and costs O(w log n), and no spike can fall between columns, as it does where samples are
/// thinned. Non-finite samples are stored but never smallest or largest.
/// Memory: 4 bytes a sample, and 2 more for all levels together.
struct MinMaxPyramid: Sendable, Hashable {
  /// The samples of a bucket on level 1.
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
      low = min(low, value)
      high = max(high, value)
    }

    mutating func include(_ other: Extent) {
      low = min(low, other.low)
      high = max(high, other.high)
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
      guard count.isMultiple(of: 2) else { return }
      full = levels[level][count - 2]
      full.include(levels[level][count - 1])
      level += 1
    }
  }

  /// Smallest and largest finite sample of a range, or `none`; indices outside the series are left out.
  ///
  /// O(log n).
  func extent(_ range: Range<Int>) -> Extent {
    var result = Extent.none
    var index = max(0, range.lowerBound)
    let end = min(samples.count, range.upperBound)
    while index < end {
      var level = -1
      var length = 1
      // The longest bucket that begins here and is full and inside the range.
      while true {
        let next = level + 1
        let nextLength = MinMaxPyramid.bucket << next
        guard next < levels.count, index.isMultiple(of: nextLength), index + nextLength <= end,
          index / nextLength < levels[next].count
        else { break }
        level = next
        length = nextLength
      }
      if level < 0 { result.include(samples[index]) } else { result.include(levels[level][index / length]) }
      index += length
    }
    return result
  }
}

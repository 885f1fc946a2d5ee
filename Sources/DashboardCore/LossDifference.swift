/// The loss of a lane minus the baseline's at the same attempt, kept as the lanes advance.
///
/// Lanes of one session see the same batches, so that what is left is what precision does, and rounding. Memory: about
/// 13 bytes an attempt that both made.
struct LossDifference: Sendable {
  /// Index of each difference in the lane's own history, ascending.
  private(set) var indices: [Int32] = []
  /// Difference of the losses as they are.
  private(set) var raw = MinMaxPyramid()
  /// Difference of the moving averages.
  private(set) var smoothed: [Float] = []
  /// How many attempts of the lane's own it has taken in: made by the baseline too, or never to be.
  var ownCount: Int { nextOwn }
  private var nextOwn = 0
  private var nextOfBaseline = 0

  /// Takes in what both lanes have done since the last call.
  ///
  /// O(new attempts).
  mutating func advance(own: LaneHistory, baseline: LaneHistory) {
    while nextOwn < own.attempts.count, nextOfBaseline < baseline.attempts.count {
      let (attempt, other) = (own.attempts[nextOwn], baseline.attempts[nextOfBaseline])
      if attempt == other {
        indices.append(Int32(clamping: nextOwn))
        raw.append(own.loss.samples[nextOwn] - baseline.loss.samples[nextOfBaseline])
        smoothed.append(own.smoothedLoss[nextOwn] - baseline.smoothedLoss[nextOfBaseline])
      }
      if attempt <= other { nextOwn += 1 }
      if other <= attempt { nextOfBaseline += 1 }
    }
  }

  /// The differences whose place in the lane's history lies in a range.
  ///
  /// O(1) as long as both lanes have made the same attempts, else O(log n).
  func entries(in samples: Range<Int>) -> Range<Int> {
    let first = entry(notBefore: samples.lowerBound)
    return first..<max(first, entry(notBefore: samples.upperBound))
  }

  private func entry(notBefore sample: Int) -> Int {
    let same = min(max(0, sample), indices.count)
    let isFound = (same == 0 || indices[same - 1] < sample) && (same == indices.count || indices[same] >= sample)
    return isFound ? same : indices.partitionPoint { Int($0) >= sample }
  }
}

extension Array {
  /// Index of the first element for which a condition holds that holds for all after it too; `count` if for none.
  ///
  /// O(log n).
  func partitionPoint(where holds: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

import TrainingEvents

/// How the newest steps of a lane compare with the baseline's at the same attempt: baseline's time over the lane's.
///
/// The spread that the speedup's interval comes from. Steps before the last change of precision in either lane, and the
/// ten after it, do not count.
struct StepRatios: Sendable {
  /// Pairs looked at.
  static let window = 512
  /// Pairs from which on there is something to see.
  static let least = 30

  /// The newest first.
  let ratios: [Float]

  /// O(`window`), and O(log attempts) for each stretch in which only one of them made steps.
  init(of track: LaneTrack, against baseline: LaneTrack) {
    let changes = [track, baseline].compactMap { $0.history.precisionChanges.last?.attempt }
    let first = (changes.max() ?? 0) + 10
    let (own, base) = (track.history, baseline.history)
    let (ownTimes, baseTimes) = (own.stepTime.samples, base.stepTime.samples)
    var ratios: [Float] = []
    var (i, j) = (own.attempts.count - 1, base.attempts.count - 1)
    while i >= 0, j >= 0, ratios.count < StepRatios.window {
      let (attempt, other) = (own.attempts[i], base.attempts[j])
      if max(attempt, other) < first { break }
      if attempt == other {
        let ratio = baseTimes[j] / ownTimes[i]
        if ratio.isFinite, ratio > 0, attempt >= first { ratios.append(ratio) }
      }
      if attempt == other {
        (i, j) = (i - 1, j - 1)
      } else if attempt > other {
        i = own.index(atOrBefore: other) ?? -1
      } else {
        j = base.index(atOrBefore: attempt) ?? -1
      }
    }
    self.ratios = ratios
  }

  /// Counts in equal bins between the 1st and the 99th percentile, with those limits; nil for too few pairs.
  func histogram(bins: Int) -> (counts: [Int], low: Float, high: Float)? {
    guard ratios.count >= StepRatios.least, bins > 0 else { return nil }
    let cut = ratios.count / 100
    var order = ratios
    let (low, high) = (order.element(ofRank: cut), order.element(ofRank: ratios.count - 1 - cut))
    var counts = [Int](repeating: 0, count: bins)
    for ratio in ratios where ratio >= low && ratio <= high {
      let place = high > low ? (ratio - low) / (high - low) : 0.5
      counts[min(bins - 1, Int(place * Float(bins)))] += 1
    }
    return (counts, low, high)
  }

  /// Draws the histogram in one row: its limits, and bars of eighths between them.
  static func draw(
    _ track: LaneTrack, against baseline: LaneTrack, in rect: Rect, with painter: inout Painter
  ) {
    let ratios = StepRatios(of: track, against: baseline)
    let name = "\(track.lane) per step ×"
    let bins = min(48, rect.width - name.columns - 12)
    guard bins >= 6, let (counts, low, high) = ratios.histogram(bins: bins) else { return }
    let bars: [Unicode.Scalar] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    let most = max(1, counts.max() ?? 1)
    let limit = { (value: Float) in Format.fixed(Double(value), decimals: 2) }
    var x = painter.write(
      [
        ("\(track.lane)", painter.lane(track.lane)), (" per step ×", painter.secondary),
        (limit(low) + " ", painter.text),
      ],
      x: rect.x, y: rect.y, in: rect)
    for count in counts {
      let level = count == 0 ? nil : min(7, count * 8 / (most + 1))
      painter.grid[x, rect.y] = Cell(
        character: level.map { bars[$0] } ?? " ", style: painter.style(painter.theme.color(of: track.lane)))
      x += 1
    }
    painter.write([(" " + limit(high), painter.text)], x: x, y: rect.y, in: rect)
  }
}

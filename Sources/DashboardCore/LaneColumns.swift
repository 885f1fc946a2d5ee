/// What a chart shows of a lane in each of its dot columns.
///
/// Attempts are only ever appended. What lies in a column is therefore settled once a later column has begun, and a frame
/// that goes on from another looks at the last columns only, however long the run is.
final class LaneColumns {
  /// What lies in a column of a curve.
  struct Value {
    /// Whether no sample lies in it.
    var isEmpty: Bool
    /// Smallest and largest sample.
    var extent: MinMaxPyramid.Extent
    /// The moving average, or the sample itself, at the last of them; NaN where there is none.
    var last: Float
  }

  /// Columns of one series, of which the first so many are settled.
  private struct Series<Value> {
    private(set) var values: [Value] = []
    private var settled = 0

    mutating func update(count: Int, settled now: Int, _ value: (Int) -> Value) -> [Value] {
      values.removeLast(values.count - min(settled, values.count))
      for column in values.count..<count { values.append(value(column)) }
      settled = max(settled, now)
      return values
    }
  }

  private(set) var samples: SampleColumns
  private let axis: ProgressAxis
  private let trainCount: Int
  private let revision: Int
  private let history: ValueIdentity
  private var difference: ValueIdentity?
  private var (loss, stepTime, scale) = (Series<Value>(), Series<MinMaxPyramid.Extent>(), Series<Value>())
  private var differences = Series<Value>()
  private var (skipped, nonFinite) = (Series<Int>(), Series<Int>())
  /// Whether a frame asked for it since this was last set to false.
  var isUsed = true

  init(of track: LaneTrack, on axis: ProgressAxis, trainCount: Int, across: Int) {
    (self.axis, self.trainCount) = (axis, trainCount)
    (revision, history) = (track.history.revision, track.$history.identity)
    samples = SampleColumns(of: track.history, on: axis, trainCount: trainCount, across: across)
  }

  /// Takes in what a lane made since; false where these are not columns of that lane on that axis.
  ///
  /// O(columns that are not settled).
  func advance(_ track: LaneTrack, on axis: ProgressAxis, trainCount: Int, across: Int) -> Bool {
    guard history === track.$history.identity, revision == track.history.revision, self.axis == axis,
      self.trainCount == trainCount, samples.across == across
    else { return false }
    samples.advance(track.history, unit: axis.unit, trainCount: trainCount)
    isUsed = true
    return true
  }

  /// The loss, and its moving average.
  func loss(of track: LaneTrack) -> [Value] {
    let (samples, pyramid, average) = (samples, track.history.loss, track.history.smoothedLoss)
    return loss.update(count: axis.columns, settled: samples.settled) { column in
      LaneColumns.value(pyramid, average, in: samples[column])
    }
  }

  /// The loss scale.
  func scale(of track: LaneTrack) -> [Value] {
    let (samples, pyramid) = (samples, track.history.scale)
    return scale.update(count: axis.columns, settled: samples.settled) { column in
      LaneColumns.value(pyramid, pyramid.samples, in: samples[column])
    }
  }

  /// The step time in milliseconds.
  func stepTime(of track: LaneTrack) -> [MinMaxPyramid.Extent] {
    let (samples, pyramid) = (samples, track.history.stepTime)
    return stepTime.update(count: axis.columns, settled: samples.settled) { pyramid.extent(samples[$0]) }
  }

  /// The loss minus the baseline's, of attempts that both made; empty for the baseline.
  func difference(of track: LaneTrack) -> [Value] {
    guard let value = track.difference else { return [] }
    let (samples, identity) = (samples, track.$difference.identity)
    if difference !== identity { (differences, difference) = (Series(), identity) }
    // What the baseline has yet to make may still lie in columns that have all samples of the lane's own.
    let settled = samples.settled(before: value.ownCount)
    return differences.update(count: axis.columns, settled: settled) { column in
      LaneColumns.value(value.raw, value.smoothed, in: value.entries(in: samples[column]))
    }
  }

  /// Attempts skipped, by column of cells.
  func skipped(of track: LaneTrack) -> [Int] {
    let (samples, attempts) = (samples, track.history.skipped)
    return skipped.update(count: axis.columns / samples.across, settled: samples.settled / samples.across) {
      samples.count(attempts, of: track.history, inCell: $0)
    }
  }

  /// Losses that were not finite, by column of cells.
  func nonFinite(of track: LaneTrack) -> [Int] {
    let (samples, attempts) = (samples, track.history.nonFiniteLoss)
    return nonFinite.update(count: axis.columns / samples.across, settled: samples.settled / samples.across) {
      samples.count(attempts, of: track.history, inCell: $0)
    }
  }

  private static func value(_ pyramid: MinMaxPyramid, _ values: [Float], in samples: Range<Int>) -> Value {
    Value(
      isEmpty: samples.isEmpty, extent: pyramid.extent(samples),
      last: samples.isEmpty ? .nan : values[samples.upperBound - 1])
  }
}

/// What frames keep for the next: the columns that the last one looked up, and a pane that seldom changes.
final class ChartMemory {
  private var columns: [LaneColumns] = []
  /// The cells of the memory pane, and what they were drawn from.
  var memoryPane: (inputs: MemoryPane.Inputs, cells: [Cell])?

  /// Forgets what the last frame did not use.
  func beginFrame() {
    columns.removeAll { !$0.isUsed }
    for entry in columns { entry.isUsed = false }
  }

  /// The columns of a lane on an axis, brought up to date.
  func columns(of track: LaneTrack, on axis: ProgressAxis, trainCount: Int, across: Int) -> LaneColumns {
    for entry in columns where entry.advance(track, on: axis, trainCount: trainCount, across: across) { return entry }
    let new = LaneColumns(of: track, on: axis, trainCount: trainCount, across: across)
    columns.append(new)
    return new
  }
}

/// Which samples of a lane lie in each dot column of a chart.
struct SampleColumns {
  /// Index of the first sample in each column, and after them of the first behind the last column.
  private var starts: [Int]
  /// Where on the horizontal axis those begin.
  private let edges: [Double]
  /// Dot columns in a cell.
  let across: Int
  /// How many of `starts` are indices of samples: those stay, however many samples follow.
  private var found = 0

  /// Looks them up for all columns at once.
  ///
  /// O(columns · log of the samples in one).
  init(of history: LaneHistory, on progress: ProgressAxis, trainCount: Int, across: Int) {
    self.across = across
    edges = progress.edges
    starts = history.firstIndices(notBelow: edges[...], unit: progress.unit, trainCount: trainCount)
    found = starts.partitionPoint { $0 >= history.attempts.count }
  }

  /// Takes in samples that were appended to the history.
  ///
  /// O(columns that are not settled · log of the samples in one).
  mutating func advance(_ history: LaneHistory, unit: ProgressUnit, trainCount: Int) {
    guard found < starts.count else { return }
    let rest = history.firstIndices(
      notBelow: edges[found...], unit: unit, trainCount: trainCount, from: found > 0 ? starts[found - 1] : 0)
    starts.replaceSubrange(found..., with: rest)
    found = starts.partitionPoint { $0 >= history.attempts.count }
  }

  /// The first so many columns get no further samples.
  var settled: Int { max(0, found - 1) }

  /// The first so many columns get no further samples and hold none from an index on.
  func settled(before index: Int) -> Int { min(settled, max(0, starts.partitionPoint { $0 > index } - 1)) }

  /// Samples in a dot column.
  subscript(column: Int) -> Range<Int> { starts[column]..<starts[column + 1] }

  /// Samples in a column of cells.
  subscript(cell cell: Int) -> Range<Int> { starts[cell * across]..<starts[(cell + 1) * across] }

  /// How many of the lane's attempts in an ascending list lie in a column of cells.
  ///
  /// O(log n).
  func count(_ attempts: [Int], of history: LaneHistory, inCell cell: Int) -> Int {
    let samples = self[cell: cell]
    guard !attempts.isEmpty, !samples.isEmpty else { return 0 }
    return attempts.count(in: history.attempts[samples.lowerBound]..<history.attempts[samples.upperBound - 1] + 1)
  }
}

/// Which samples of a lane lie in each dot column of a chart.
struct SampleColumns {
  /// Index of the first sample in each column, and after them of the first behind the last column.
  private let starts: [Int]
  /// Dot columns in a cell.
  private let across: Int

  /// Looks them up for all columns at once.
  ///
  /// O(columns · log of the samples in one).
  init(of history: LaneHistory, on progress: ProgressAxis, trainCount: Int, across: Int) {
    self.across = across
    starts = history.firstIndices(notBelow: progress.edges, unit: progress.unit, trainCount: trainCount)
  }

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

import TrainingEvents

/// What stands below the table of the numerics pane where there is room for one chart only.
enum NumericsView: String, CaseIterable, Sendable, Hashable {
  /// The selected tensor by powers of two.
  case histogram
  /// Largest magnitudes over time.
  case magnitudes
  /// Shares that were lost to subnormal numbers and zero, over time.
  case losses

  /// The next in turn.
  var next: NumericsView {
    let all = NumericsView.allCases
    return all[((all.firstIndex(of: self) ?? 0) + 1) % all.count]
  }
}

/// Where the parts of the numerics pane lie inside its border.
struct NumericsLayout: Sendable {
  /// The line about the report.
  let status: Rect
  /// The table with its heading.
  let table: Rect
  /// The histogram; empty where there is none.
  private(set) var histogram = Rect(x: 0, y: 0, width: 0, height: 0)
  /// The heat map; empty where there is none.
  private(set) var heatMap = Rect(x: 0, y: 0, width: 0, height: 0)
  /// Index, among the tensors shown, of the table's first row.
  let firstRow: Int

  /// Least rows of a chart.
  private static let chartHeight = 7

  /// Rows of what stands in place of a histogram that was not counted yet: the tensor, and how to get one.
  private static let absenceHeight = 3

  /// `count` tensors are in the table, of which one is selected; without a histogram of it, the others get its rows.
  init(in room: Rect, count: Int, selected: Int, view: NumericsView, hasHistogram: Bool) {
    status = Rect(x: room.x, y: room.y, width: room.width, height: min(1, room.height))
    let body = room.insetting(top: 1)
    var tableHeight = body.height
    if body.height >= NumericsLayout.chartHeight + 4 {
      tableHeight = min(count + 1, max(4, body.height * 9 / 20), body.height - NumericsLayout.chartHeight)
    }
    let isAlone = body.width < 100 && body.height - tableHeight < 2 * NumericsLayout.chartHeight
    let isAbsent = !hasHistogram && isAlone && view == .histogram && tableHeight < body.height
    if isAbsent { tableHeight = min(count + 1, body.height - NumericsLayout.absenceHeight) }
    table = Rect(x: body.x, y: body.y, width: body.width, height: max(0, tableHeight))
    let rows = max(1, table.height - 1)
    firstRow = max(0, min(selected - rows / 2, count - rows))
    let charts = body.insetting(top: tableHeight)
    guard !isAbsent else {
      histogram = charts
      return
    }
    guard charts.height >= NumericsLayout.chartHeight else { return }
    if charts.width >= 100 {
      let left = charts.width / 2
      histogram = Rect(x: charts.x, y: charts.y, width: left - 2, height: charts.height)
      heatMap = Rect(x: charts.x + left, y: charts.y, width: charts.width - left, height: charts.height)
    } else if charts.height >= 2 * NumericsLayout.chartHeight {
      let height = hasHistogram ? max(NumericsLayout.chartHeight, charts.height / 2) : NumericsLayout.absenceHeight
      histogram = Rect(x: charts.x, y: charts.y, width: charts.width, height: height)
      heatMap = charts.insetting(top: histogram.height)
    } else if view == .histogram {
      histogram = charts
    } else {
      heatMap = charts
    }
  }

  /// Index, among the tensors shown, of the table's row on a line of the screen; nil for the heading and elsewhere.
  func row(at x: Int, _ y: Int) -> Int? {
    table.insetting(top: 1).contains(x, y) ? firstRow + y - table.y - 1 : nil
  }
}

/// Where everything goes on a screen of a size: panes are given up from the least important on as room gets scarce.
///
/// | screen | arrangement |
/// |---|---|
/// | from 72×20 | header, two columns of panes, footer |
/// | from 40×10 | header, one column of panes, footer |
/// | below | one line a lane |
struct Layout: Sendable {
  /// The arrangements.
  enum Kind: Sendable { case columns, stack, lines }

  let kind: Kind
  /// The header with its border; empty in `lines`.
  private(set) var header = Rect(x: 0, y: 0, width: 0, height: 0)
  /// True where the header has a border.
  private(set) var headerHasBorder = false
  /// Lines about the session inside the header.
  private(set) var sessionLines = 0
  /// Row of each lane's line.
  private(set) var laneRows: [Int] = []
  /// Index of the lane in the first of those rows.
  private(set) var firstLane = 0
  /// The panes that are drawn.
  private(set) var panes: [Pane: Rect] = [:]
  private var extraRows: [Pane: Int] = [:]
  /// Lines below the digits of the speedup.
  private var speedupLines = 3
  /// The footer; empty in `lines`.
  private(set) var footer = Rect(x: 0, y: 0, width: 0, height: 0)

  init(state: DashboardState, width: Int, height: Int) {
    let laneCount = max(1, state.lanes.count)
    guard width >= 40, height >= 10 else {
      kind = .lines
      laneRows = Array(0..<max(0, min(laneCount, height)))
      return
    }
    kind = width >= 72 && height >= 20 ? .columns : .stack
    headerHasBorder = height >= 14
    sessionLines = height >= 30 && width >= 100 ? 2 : 0
    let frame = headerHasBorder ? 2 : 0
    // However many lanes there are, at least half of the screen stays for the charts.
    let shown = min(laneCount, max(1, height / 2 - frame - sessionLines))
    header = Rect(x: 0, y: 0, width: width, height: frame + sessionLines + shown)
    let top = frame / 2 + sessionLines
    laneRows = Array(top..<top + shown)
    // Where not all lanes fit, the focused one is among those shown.
    let focused = state.lanes.firstIndex { $0.lane == state.focusedLane } ?? 0
    firstLane = max(0, min(focused, state.lanes.count - shown))
    footer = Rect(x: 0, y: height - 1, width: width, height: 1)
    let body = Rect(x: 0, y: header.height, width: width, height: height - header.height - 1)
    place(state, in: body, laneCount: laneCount)
  }

  /// Widths that the left column can have, in percent.
  static let shares = 30...75

  private mutating func place(_ state: DashboardState, in body: Rect, laneCount: Int) {
    if let zoomed = state.zoomedPane {
      panes[zoomed] = body
      return
    }
    extraRows = state.extraRows
    speedupLines = max(3, SpeedupPane.noteCount(state))
    let isVisible: (Pane) -> Bool = { !state.hiddenPanes.contains($0) }
    let shown = Set(Pane.allCases.filter(isVisible))
    if shown.contains(.numerics), shown.count <= 4 {
      placeLab(shown, state, in: body, laneCount: laneCount)
      return
    }
    if kind == .stack {
      let order = [Pane.speedup, .loss, .race, .numerics, .lossScale, .stepTime, .memory, .log].filter(isVisible)
      stack(order, in: body, laneCount: laneCount)
      return
    }
    var left = [Pane.loss, .numerics, .lossScale, .log].filter(isVisible)
    // On a low screen the log would take more from the charts than it tells; zooming still shows it.
    if body.height < 24, left.count > 1 { left.removeAll { $0 == .log } }
    let right = [Pane.speedup, .race, .stepTime, .memory].filter(isVisible)
    if left.isEmpty || right.isEmpty {
      stack(left + right, in: body, laneCount: laneCount)
      return
    }
    let leftWidth = max(36, body.width - max(32, body.width * (100 - state.leftShare) / 100))
    stack(left, in: Rect(x: 0, y: body.y, width: leftWidth, height: body.height), laneCount: laneCount)
    stack(
      right, in: Rect(x: leftWidth, y: body.y, width: body.width - leftWidth, height: body.height),
      laneCount: laneCount)
  }

  /// Numerics among few panes: it takes the screen, and the others a column or the rows that it leaves.
  private mutating func placeLab(_ shown: Set<Pane>, _ state: DashboardState, in body: Rect, laneCount: Int) {
    let others = [Pane.speedup, .loss, .race, .lossScale, .stepTime, .memory, .log].filter { shown.contains($0) }
    guard !others.isEmpty, body.width >= 110 || body.height >= 34 else {
      panes[.numerics] = body
      return
    }
    guard body.width >= 110 else {
      stack([.numerics] + others, in: body, laneCount: laneCount)
      return
    }
    let width = min(max(64, body.width * state.leftShare / 100), body.width - 36)
    panes[.numerics] = Rect(x: body.x, y: body.y, width: width, height: body.height)
    let column = Rect(x: body.x + width, y: body.y, width: body.width - width, height: body.height)
    stack(others, in: column, laneCount: laneCount)
  }

  /// What a pane needs and wants.
  private struct Demand {
    var pane: Pane
    var minimum: Int
    var preferred: Int
    /// Share in the rows that are left over.
    var weight: Int
    /// The pane with the largest number goes first.
    var priority: Int

    init(_ pane: Pane, laneCount: Int, speedupLines: Int) {
      self.pane = pane
      switch pane {
      case .loss: (minimum, preferred, weight, priority) = (6, 11, 6, 0)
      case .speedup: (minimum, preferred, weight, priority) = (5, 8 + speedupLines, 0, 1)
      case .stepTime: (minimum, preferred, weight, priority) = (2 + 2 * laneCount, 4 + 4 * laneCount, 3, 2)
      case .lossScale: (minimum, preferred, weight, priority) = (5 + laneCount, 10, 3, 3)
      case .memory: (minimum, preferred, weight, priority) = (3 + laneCount, 8 + laneCount, 1, 4)
      case .race: (minimum, preferred, weight, priority) = (3 + 2 * laneCount, 3 + 3 * laneCount, 0, 1)
      case .numerics: (minimum, preferred, weight, priority) = (7, 14, 4, 1)
      case .log: (minimum, preferred, weight, priority) = (4, 6, 2, 5)
      }
    }
  }

  /// Gives panes the rows that the user moved, as far as the others keep their least heights.
  private func exchange(_ heights: inout [Int], _ demands: [Demand], _ total: Int) {
    guard demands.count > 1, demands.contains(where: { extraRows[$0.pane] ?? 0 != 0 }) else { return }
    for (index, demand) in demands.enumerated() {
      heights[index] = max(min(demand.minimum, heights[index]), heights[index] + (extraRows[demand.pane] ?? 0))
    }
    var surplus = heights.reduce(0, +) - total
    while surplus > 0,
      let index = heights.indices.max(by: {
        heights[$0] - demands[$0].minimum < heights[$1] - demands[$1].minimum
      }), heights[index] > 3
    {
      heights[index] -= 1
      surplus -= 1
    }
    if surplus < 0 { heights[heights.indices.max { demands[$0].weight < demands[$1].weight } ?? 0] -= surplus }
  }

  /// Stacks panes in a column: minimum heights, then preferred ones by priority, then the rest by weight.
  private mutating func stack(_ order: [Pane], in column: Rect, laneCount: Int) {
    var demands = order.map { Demand($0, laneCount: laneCount, speedupLines: speedupLines) }
    while demands.count > 1, demands.map(\.minimum).reduce(0, +) > column.height,
      let last = demands.indices.max(by: { demands[$0].priority < demands[$1].priority })
    {
      demands.remove(at: last)
    }
    guard !demands.isEmpty else { return }
    var heights = demands.map(\.minimum)
    var rest = column.height - heights.reduce(0, +)
    for index in demands.indices.sorted(by: { demands[$0].priority < demands[$1].priority }) where rest > 0 {
      let more = min(rest, max(0, demands[index].preferred - heights[index]))
      heights[index] += more
      rest -= more
    }
    let weights = demands.map(\.weight).reduce(0, +)
    if rest > 0 {
      let spare = rest
      for index in demands.indices where weights > 0 {
        let more = spare * demands[index].weight / weights
        heights[index] += more
        rest -= more
      }
      let heaviest = demands.indices.max { demands[$0].weight < demands[$1].weight } ?? 0
      heights[heaviest] += rest
    } else if rest < 0 {
      heights[0] = max(0, column.height)
    }
    exchange(&heights, demands, column.height)
    var y = column.y
    for (index, demand) in demands.enumerated() {
      panes[demand.pane] = Rect(x: column.x, y: y, width: column.width, height: heights[index])
      y += heights[index]
    }
  }
}

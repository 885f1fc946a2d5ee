import TrainingEvents

/// Planned memory of all lanes as stacked bars on one scale, then by category, then the measured size of the process.
enum MemoryPane {
  /// Everything that the pane is drawn from: where it is equal, so are the cells.
  struct Inputs: Hashable {
    private struct Lane: Hashable {
      var lane: LaneID
      var memory: MemoryReport?
      var batchSize: Int?
    }

    private let lanes: [Lane]
    private let baseline: LaneID?
    private let batchSize: Int?
    private let isFocused: Bool
    private let rect: Rect
    private let screen: Rect
    private let theme: Theme
    private let glyphs: GlyphSet

    init(_ state: DashboardState, in rect: Rect, with painter: Painter) {
      lanes = state.lanes.map { Lane(lane: $0.lane, memory: $0.memory, batchSize: $0.batchSize) }
      (baseline, batchSize) = (state.session?.baseline, state.session?.batchSize)
      isFocused = state.focus == .pane(.memory)
      (self.rect, theme, glyphs) = (rect, painter.theme, painter.glyphs)
      screen = Rect(x: 0, y: 0, width: painter.grid.width, height: painter.grid.height)
    }
  }

  static func draw(_ state: DashboardState, in rect: Rect, with painter: inout Painter) {
    let rss = state.lanes.compactMap(\.memory?.rss).max()
    // A narrow pane gives up its margin so that the difference to the baseline still fits.
    let margin = rect.width < 36 ? 0 : 1
    let label = rect.width >= 44 ? "planned · process RSS " : "RSS "
    let remark = rss.map { [(label, painter.secondary), (Format.bytes($0), painter.text)] } ?? []
    let room = painter.box(.memory, rect, state: state, remark: remark).insetting(left: margin, right: margin)
    let lanes = state.lanes.filter { $0.memory != nil }
    guard !lanes.isEmpty else {
      let text = "not reported yet"
      painter.grid.write(
        text, x: room.x + max(0, (room.width - text.columns) / 2), y: room.y + room.height / 2,
        style: painter.secondary, limit: room.width)
      return
    }
    let full = Double(lanes.compactMap { $0.memory.map { MemoryCategory.total(of: $0.bytes) } }.max() ?? 0)
    let categories = MemoryCategory.allCases.filter { category in
      lanes.contains { $0.memory.map { category.bytes(in: $0.bytes) > 0 } ?? false }
    }
    var y = room.y
    for track in lanes where y < room.bottom {
      drawLane(track, state, full: full, room: room, y: y, with: &painter)
      y += 1
    }
    // The table before the headroom, which stands in the lower border where it has no row.
    let rows = room.bottom - y
    let hasTable = room.width >= 30 && rows >= categories.count
    if rows >= 3, !hasTable || rows > categories.count {
      y = drawHeadroom(lanes, state, room: room, y: y, with: &painter)
    } else {
      drawHeadroom(lanes, state, inBorderOf: rect, with: &painter)
      painter.grid.confine(to: room)
    }
    if hasTable {
      drawTable(lanes, categories, room: room, y: y, with: &painter)
    } else {
      drawLegend(lanes, categories, in: room.insetting(top: y - room.y), with: &painter)
    }
  }

  /// Name, total, bar, and the difference to the baseline.
  private static func drawLane(
    _ track: LaneTrack, _ state: DashboardState, full: Double, room: Rect, y: Int, with painter: inout Painter
  ) {
    guard let memory = track.memory else { return }
    let start = painter.write(
      [
        ("\(track.lane) ", painter.lane(track.lane)),
        (Format.bytes(MemoryCategory.total(of: memory.bytes)).leftPadded(8) + " ", painter.strong),
      ], x: room.x, y: y, in: room)
    var right = room.right
    if state.lanes.count > 1, room.width >= 30 {
      right -= 8
      if track.lane == state.session?.baseline {
        painter.write("baseline", endingAt: room.right, y: y, style: painter.secondary, in: room)
      } else if let base = state.baseline?.memory.map({ MemoryCategory.total(of: $0.bytes) }), base > 0 {
        let change = Double(MemoryCategory.total(of: memory.bytes)) / Double(base) - 1
        let text = (change >= 0 ? "+" : "−") + Format.percent(abs(change))
        let color = change < 0 ? painter.theme.good : change > 0 ? painter.theme.warning : painter.theme.secondary
        painter.write(text, endingAt: room.right, y: y, style: painter.style(color), in: room)
      }
      right -= 1
    }
    let parts = MemoryCategory.allCases.map { category in
      StackedBar.Part(
        value: Double(category.bytes(in: memory.bytes)), color: painter.theme.memory[category.rawValue],
        pattern: category.pattern, label: "")
    }
    StackedBar(parts: parts).draw(
      in: Rect(x: start, y: y, width: max(0, right - start), height: 1), full: full, with: &painter)
  }

  /// What the lanes' bytes would buy: the largest batch that fits into the baseline's; returns the next row.
  private static func drawHeadroom(
    _ lanes: [LaneTrack], _ state: DashboardState, room: Rect, y: Int, with painter: inout Painter
  ) -> Int {
    var groups = headroom(lanes, state, title: room.width >= 48 ? "the baseline's bytes" : nil, painter)
    guard !groups.isEmpty else { return y }
    if room.width >= 60 { groups.append([("  :batch N sets it", painter.secondary)]) }
    painter.write(Array(groups.joined()), x: room.x, y: y, in: room)
    return y + 1
  }

  /// The same in the lower border, of as many lanes as it holds.
  private static func drawHeadroom(
    _ lanes: [LaneTrack], _ state: DashboardState, inBorderOf rect: Rect, with painter: inout Painter
  ) {
    guard rect.width >= 16, rect.height >= 3 else { return }
    let line = Rect(x: rect.x + 2, y: rect.bottom - 1, width: rect.width - 4, height: 1)
    var groups = headroom(lanes, state, title: nil, painter)
    // A blank at each end.
    func columns() -> Int { groups.joined().reduce(2) { $0 + $1.0.columns } }
    while groups.count > 1, columns() > line.width { groups.removeLast() }
    guard groups.count > 1 else { return }
    painter.grid.confine(to: rect)
    painter.write([(" ", painter.text)] + groups.joined() + [(" ", painter.text)], x: line.x, y: line.y, in: line)
  }

  /// What the headroom's line says: its title, then a group a lane; empty where no lane has planned ahead.
  private static func headroom(
    _ lanes: [LaneTrack], _ state: DashboardState, title: String?, _ painter: Painter
  ) -> [[(String, Style)]] {
    let found = lanes.filter { $0.memory?.largestBatch != nil }
    guard !found.isEmpty, let session = state.session else { return [] }
    let title = title ?? "\(session.baseline)'s bytes"
    return [[("in \(title): batch", painter.secondary)]]
      + found.map { track in
        let batch = track.memory?.largestBatch ?? 0
        let isMore = batch > (track.batchSize ?? session.batchSize)
        return [
          (track.lane == found[0].lane ? " " : "  ", painter.text), ("\(track.lane) ", painter.lane(track.lane)),
          (Format.grouped(batch), isMore ? painter.style(painter.theme.good) : painter.text),
        ]
      }
  }

  private static func mark(_ category: MemoryCategory, _ painter: Painter) -> (String, Style) {
    let pattern = painter.theme.usesPatterns ? String(category.pattern) : "■"
    return (pattern, painter.style(painter.theme.memory[category.rawValue]))
  }

  /// A row a category, a column a lane.
  private static func drawTable(
    _ lanes: [LaneTrack], _ categories: [MemoryCategory], room: Rect, y: Int,
    with painter: inout Painter
  ) {
    let names = 16
    let columns = min(lanes.count, max(1, (room.width - names) / 9))
    let width = min(14, (room.width - names) / columns)
    // Without a row to spare, the order and colours of the bars above have to do as headings.
    let hasHeading = room.bottom - y > categories.count
    for (index, track) in lanes.prefix(columns).enumerated() where hasHeading {
      let right = room.x + names + (index + 1) * width
      painter.write("\(track.lane)", endingAt: right, y: y, style: painter.lane(track.lane), in: room)
    }
    let y = y + (hasHeading ? 1 : 0)
    for (row, category) in categories.enumerated() {
      painter.write(
        [mark(category, painter), (" \(category.label)", painter.secondary)], x: room.x, y: y + row, in: room)
      for (index, track) in lanes.prefix(columns).enumerated() {
        let bytes = track.memory.map { category.bytes(in: $0.bytes) } ?? 0
        let right = room.x + names + (index + 1) * width
        painter.write(
          bytes == 0 ? "–" : Format.bytes(bytes), endingAt: right, y: y + row,
          style: bytes == 0
            ? painter.inactive : hasHeading ? painter.text : painter.style(painter.theme.color(of: track.lane)),
          in: room)
      }
    }
  }

  /// The categories by name, the largest first, as many to a row as fit; in short where not all do.
  private static func drawLegend(
    _ lanes: [LaneTrack], _ categories: [MemoryCategory], in room: Rect, with painter: inout Painter
  ) {
    func largest(_ category: MemoryCategory) -> Int {
      lanes.compactMap { $0.memory.map { category.bytes(in: $0.bytes) } }.max() ?? 0
    }
    let order = categories.sorted { (largest($1), $0.rawValue) < (largest($0), $1.rawValue) }
    let columns = order.reduce(0) { $0 + $1.label.columns + 2 }
    let isShort = columns > room.width * room.height
    // In one row that is too narrow for all the marks alone keep them apart.
    let shortColumns = order.reduce(-1) { $0 + $1.shortLabel.columns + 2 }
    let gap = isShort && room.height == 1 && shortColumns > room.width ? 0 : 1
    var (x, y) = (room.x, room.y)
    for category in order {
      let label = isShort ? category.shortLabel : category.label
      if x + label.columns + 1 > room.right, x > room.x { (x, y) = (room.x, y + 1) }
      guard y < room.bottom else { return }
      x = painter.write([mark(category, painter), (label, painter.secondary)], x: x, y: y, in: room) + gap
    }
  }
}

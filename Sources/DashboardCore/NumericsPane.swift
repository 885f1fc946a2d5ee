import TrainingEvents

/// What the tensors of the focused lane hold: a table by risk, the exponents of the selected one in the window of a
/// format, and how they moved over time.
enum NumericsPane {
  static func draw(_ state: DashboardState, in rect: Rect, with painter: inout Painter) {
    let room = inside(
      painter.box(.numerics, rect, state: state, remark: remark(state, isWide: rect.width >= 60, painter)))
    guard let track = state.focusedTrack, !state.lanes.isEmpty else {
      return Waiting.draw(state, in: room, with: &painter)
    }
    guard let look = track.numerics.newest else { return drawAbsence(track, state, in: room, with: &painter) }
    let shown = state.shownTensors(of: track)
    let selected = state.selectedIndex(in: shown, of: track)
    let layout = NumericsLayout(
      in: room, count: shown.count, selected: selected, view: state.numericsView,
      hasHistogram: track.numerics.detailed != nil)
    drawStatus(look, track, in: layout.status, with: &painter)
    NumericsTable.draw(
      track, shown, selected: selected, first: layout.firstRow, isActive: state.hasNumericsFocus, in: layout.table,
      with: &painter)
    guard shown.indices.contains(selected) else { return }
    let row = track.numerics.rows[shown[selected]]
    if !layout.histogram.isEmpty {
      ExponentChart.draw(row, track, state.whatIf, in: layout.histogram, with: &painter)
    }
    if !layout.heatMap.isEmpty {
      NumericsHeatMap.draw(
        track, kind: row.report.kind, selected: row, view: state.numericsView, in: layout.heatMap, with: &painter)
    }
  }

  /// Lines of the table by which a key moves; nil for keys that mean something else.
  static func rows(of command: KeyCommand) -> Int? {
    switch command {
    case .laneUp: -1
    case .laneDown: 1
    case .pageUp: -10
    case .pageDown: 10
    case .toStart: -NumericsHistory.tensorLimit
    case .toEnd: NumericsHistory.tensorLimit
    default: nil
    }
  }

  /// The pane's inside without its margins.
  static func inside(_ room: Rect) -> Rect {
    let margin = room.width < 36 ? 0 : 1
    return room.insetting(left: margin, right: margin)
  }

  private static func remark(_ state: DashboardState, isWide: Bool, _ painter: Painter) -> [(String, Style)] {
    var pieces: [(String, Style)] = []
    if let kind = state.tensorKind { pieces += [(kind.label, painter.strong), (" only", painter.secondary)] }
    guard isWide else { return pieces }
    if !pieces.isEmpty { pieces.append((" · ", painter.inactive)) }
    switch state.numericsRequest {
    case .every(let interval): pieces.append(("details every \(interval) attempts", painter.secondary))
    case .off: pieces.append(("details off", painter.secondary))
    case nil:
      let isOn = state.hasDetails
      pieces.append((isOn ? "with details" : "no details: ", painter.secondary))
      if !isOn { pieces.append(("i", painter.key)) }
    }
    return pieces
  }

  /// Nothing was reported yet: how to get it.
  private static func drawAbsence(
    _ track: LaneTrack, _ state: DashboardState, in room: Rect, with painter: inout Painter
  ) {
    var lines = [[("no tensor of lane \(track.lane) was looked at yet", painter.text)]]
    if state.replay != nil {
      lines.append([("this recording holds no numerics up to here", painter.secondary)])
    } else if case .every(let interval) = state.numericsRequest {
      lines.append([("asked for: every \(interval) attempts, from the next step on", painter.secondary)])
    } else {
      lines.append([
        ("i", painter.key), (" here, or ", painter.secondary), (":numerics 20", painter.key),
        (", looks at every 20th attempt", painter.secondary),
      ])
    }
    let first = room.y + max(0, (room.height - lines.count) / 2)
    for (index, line) in lines.enumerated() {
      let width = line.reduce(0) { $0 + $1.0.columns }
      painter.write(line, x: room.x + max(0, (room.width - width) / 2), y: first + index, in: room)
    }
  }

  /// Lane, attempt, how much was looked at, and what looking costs.
  private static func drawStatus(
    _ look: NumericsHistory.Look, _ track: LaneTrack, in rect: Rect, with painter: inout Painter
  ) {
    typealias Field = FieldRow.Field
    let secondary = painter.secondary
    let all =
      look.sampled >= look.count
      ? [("all ", painter.strong), ("\(Format.short(Double(look.count))) elements", secondary)]
      : [
        ("sampled ", secondary), (Format.short(Double(look.sampled)), painter.strong),
        (" of \(Format.short(Double(look.count)))", secondary),
      ]
    var fields = [
      Field(pieces: [("\(track.lane) \(track.policyText)", painter.lane(track.lane))], priority: 0),
      Field(pieces: [("attempt ", secondary), (Format.grouped(look.attempt), painter.text)], priority: 1),
      Field(pieces: all, priority: 2),
      Field(
        pieces: [
          ("counting ", secondary), (Format.percent(look.overhead), overheadStyle(look.overhead, painter)),
          (rect.width >= 90 ? " of step time" : "", secondary),
        ], priority: 3),
    ]
    if let detailed = track.numerics.detailed, detailed.attempt != look.attempt {
      fields.append(
        Field(pieces: [("details of ", secondary), (Format.grouped(detailed.attempt), secondary)], priority: 4))
    }
    FieldRow.draw(fields, x: rect.x, y: rect.y, in: rect, with: &painter)
  }

  private static func overheadStyle(_ share: Double, _ painter: Painter) -> Style {
    share > 0.05 ? painter.style(painter.theme.warning, .bold) : painter.text
  }
}

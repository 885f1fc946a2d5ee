import TrainingEvents

/// The loss scale on a log2 axis: a step a change, growth ▲, backoff ▼, skipped attempts ✕ below.
enum LossScalePane {
  static func draw(_ state: DashboardState, in rect: Rect, with painter: inout Painter) {
    let room = painter.box(.lossScale, rect, state: state, remark: [("log2", painter.secondary)])
    guard !state.lanes.isEmpty else { return Waiting.draw(state, in: room, with: &painter) }
    var y = room.y
    for track in shown(state, rows: room.height) {
      painter.write(status(of: track, width: room.width, painter), x: room.x + 1, y: y, in: room)
      y += 1
      guard room.height >= heightForStories, let story = LossScaleStory(of: track) else { continue }
      let start = painter.write([(" ╰ ", painter.inactive)], x: room.x + 1, y: y, in: room)
      painter.write(story.text, x: start, y: y, style: style(of: story.kind, painter), cutAt: room.right)
      y += 1
    }
    let chart = room.insetting(top: y - room.y)
    guard chart.height >= 3 else { return }
    drawChart(state, in: chart, with: &painter)
  }

  /// Rows inside from which on each lane that scales gets a line about what its scale is doing.
  private static let heightForStories = 7

  /// The lanes that get a line: those that scale first, then those that might, then the rest.
  ///
  /// Where rows are short, a lane that needs no scaling gives its line to the story of one that does.
  private static func shown(_ state: DashboardState, rows: Int) -> [LaneTrack] {
    let scaling = state.lanes.filter(\.hasScaler).count
    let isShort = scaling > 0 && rows < 7 + state.lanes.count + scaling
    let wanted = isShort ? state.lanes.filter { rank($0) < 2 } : state.lanes
    return wanted.sorted { (rank($0), $0.lane) < (rank($1), $1.lane) }.prefix(max(1, rows))
      .sorted { $0.lane < $1.lane }
  }

  private static func style(of kind: LossScaleStory.Kind, _ painter: Painter) -> Style {
    switch kind {
    case .calm: painter.secondary
    case .watch: painter.style(painter.theme.warning, .bold)
    case .bad: painter.style(painter.theme.overflow, .bold)
    }
  }

  private static func rank(_ track: LaneTrack) -> Int {
    track.hasScaler ? 0 : track.precision == .fp32 ? 2 : 1
  }

  /// One line about a lane's scale: its value and when it grows, or why it has none.
  private static func status(of track: LaneTrack, width: Int, _ painter: Painter) -> [(String, Style)] {
    let name = width >= 62 ? "\(track.lane) \(track.precision.rawValue.rightPadded(8))  " : "\(track.lane) "
    let lane = (name, painter.lane(track.lane))
    guard track.hasScaler else {
      let format = track.precision.computeFormat?.rawValue ?? "fp32"
      if format == "fp16" {
        return [lane, ("fp16 without loss scaling: small gradients become 0", painter.style(painter.theme.warning))]
      }
      let needsNone = "\(format) needs no scaling"
      guard track.precision == .ampBF16 else { return [lane, (needsNone, painter.secondary)] }
      return [
        lane, (needsNone, painter.secondary), (": press ", painter.secondary), ("p", painter.key),
        (" for fp16", painter.secondary),
      ]
    }
    guard let scale = track.lastStep?.scale ?? track.scaler?.initialScale else { return [lane] }
    var pieces = [lane, (Format.scale(scale).leftPadded(8), painter.strong)]
    if let countdown = track.lastStep?.stepsToGrowth {
      let interval = track.growthInterval.map { "/\($0)" } ?? ""
      pieces += [("  ▲ in ", painter.secondary), (String(countdown).leftPadded(4) + interval, painter.text)]
      if width >= 84, let interval = track.growthInterval {
        pieces += gauge(1 - Double(countdown) / Double(max(1, interval)), painter)
      }
    }
    // What follows is left out from the least important on: the share, the word, PyTorch's default.
    var room = width - 1 - pieces.reduce(0) { $0 + $1.0.columns }
    let count = "  ✕ \(track.skipped)"
    if track.skipped > 0 { room -= count.columns }
    let note = " (PyTorch 2000)"
    if track.lastStep?.stepsToGrowth != nil, room >= note.columns {
      pieces.append((note, painter.secondary))
      room -= note.columns
    }
    guard track.skipped > 0 else { return pieces }
    pieces.append((count, painter.style(painter.theme.bad, .bold)))
    let share = Format.percent(Double(track.skipped) / Double(max(1, track.history.attempts.count)))
    if room >= 8 { pieces.append((" skipped", painter.text)) }
    if room >= 10 + share.columns {
      pieces.append((", \(share)", painter.secondary))
      let normal = LossScaleStory.normalShare(growthInterval: track.growthInterval).map {
        " (normal \(Format.percent($0)))"
      }
      if let normal, room >= 10 + share.columns + normal.columns { pieces.append((normal, painter.secondary)) }
    }
    return pieces
  }

  /// How far the scale has come on its way to the next growth, in twelve cells.
  private static func gauge(_ share: Double, _ painter: Painter) -> [(String, Style)] {
    let cells = 12
    let filled = Int(min(max(share, 0), 1) * Double(cells))
    return [
      (" ", painter.text), (String(repeating: "━", count: filled), painter.style(painter.theme.good)),
      (String(repeating: "─", count: cells - filled), painter.inactive),
    ]
  }

  /// The frame of the chart in the pane's inside, or in the part of it below the lanes' lines: their widths are equal.
  static func frame(
    _ state: DashboardState, in rect: Rect, glyphs: GlyphSet, memory: ChartMemory? = nil
  ) -> ChartFrame {
    let labelWidth = (state.lanes.map { rect.width >= 48 ? $0.precision.rawValue.columns + 2 : 1 }.max() ?? 0) + 1
    // One row below the plot belongs to the skipped attempts.
    return ChartFrame(
      in: rect.insetting(bottom: 1), state: state, glyphs: glyphs, labelWidth: labelWidth, memory: memory)
  }

  private static func drawChart(_ state: DashboardState, in rect: Rect, with painter: inout Painter) {
    let names = state.lanes.filter { !$0.history.scaleChanges.isEmpty || $0.hasScaler }
      .map { rect.width >= 48 ? "\($0.lane) \($0.precision.rawValue)" : "\($0.lane)" }
    let frame = frame(state, in: rect, glyphs: painter.glyphs, memory: painter.memory)
    let skipRow = frame.plot.bottom

    var extent = MinMaxPyramid.Extent.none
    for track in state.lanes { extent.include(track.history.scale.extent(frame.samplesInView(of: track.history))) }
    if !extent.isEmpty, extent.high > 0 {
      let axis = ValueAxis(
        scale: .log2, least: Double(extent.low), greatest: Double(extent.high), rows: frame.plot.height)
      frame.drawValueAxis(axis, with: &painter)
      var canvas = PlotCanvas(width: frame.plot.width, height: frame.plot.height, glyphs: painter.glyphs)
      for (index, track) in state.lanes.enumerated() {
        drawSteps(track, index: index, isAlone: names.count < 2, axis, frame, &canvas, painter)
      }
      canvas.draw(into: &painter.grid, x: frame.plot.x, y: frame.plot.y)
      frame.drawMarkers(state, with: &painter)
      for track in state.lanes { drawChanges(track, axis, frame, canvas, with: &painter) }
      let labels = state.lanes.compactMap { track -> (text: String, style: Style, row: Int)? in
        guard track.hasScaler, let scale = track.lastStep?.scale, let position = axis.position(scale) else {
          return nil
        }
        let text = rect.width >= 48 ? "\(track.lane) \(track.precision.rawValue)" : "\(track.lane)"
        return (text, painter.lane(track.lane), frame.plot.y + canvas.row(at: position) / canvas.dotsDown)
      }
      frame.drawEndLabels(labels, with: &painter)
    } else {
      frame.drawMarkers(state, with: &painter)
      if names.isEmpty, frame.plot.height >= 3 {
        let text = "no lane scales its loss"
        painter.grid.write(
          text, x: frame.plot.x + max(0, (frame.plot.width - text.columns) / 2),
          y: frame.plot.y + frame.plot.height / 2,
          style: painter.secondary, limit: frame.plot.width)
      }
    }
    frame.drawCursor(state, with: &painter)
    drawSkips(state, frame, row: skipRow, with: &painter)
    if frame.progressRow != nil { frame.drawProgress(row: skipRow + 1, with: &painter) }
  }

  private static func drawSteps(
    _ track: LaneTrack, index: Int, isAlone: Bool, _ axis: ValueAxis, _ frame: ChartFrame, _ canvas: inout PlotCanvas,
    _ painter: Painter
  ) {
    let letter = track.lane.description.unicodeScalars.first ?? "*"
    let pen = PlotCanvas.Pen(
      style: painter.style(painter.theme.color(of: track.lane), .bold), layer: 1, character: letter,
      dash: isAlone ? .solid : .pattern(lane: index, dotsAcross: canvas.dotsAcross))
    var previous: (x: Int, y: Int)?
    for (column, value) in frame.columns(of: track).scale(of: track).enumerated() where !value.isEmpty {
      let extent = value.extent
      guard !extent.isEmpty, let low = axis.position(Double(extent.low)), let high = axis.position(Double(extent.high))
      else {
        previous = nil
        continue
      }
      let (bottom, top) = (canvas.row(at: low), canvas.row(at: high))
      let last = axis.position(Double(value.last)).map { canvas.row(at: $0) }
      if let previous {
        // The scale holds between its changes: along first, then up or down.
        canvas.line(from: previous, to: (column, previous.y), pen)
        canvas.column(column, from: min(previous.y, top), to: max(previous.y, bottom), pen)
      } else {
        canvas.column(column, from: top, to: bottom, pen)
      }
      previous = (column, last ?? top)
    }
  }

  private static func drawChanges(
    _ track: LaneTrack, _ axis: ValueAxis, _ frame: ChartFrame, _ canvas: PlotCanvas, with painter: inout Painter
  ) {
    let history = track.history
    let (bad, good) = (painter.style(painter.theme.bad, .bold), painter.style(painter.theme.good, .bold))
    // A fall must not be hidden by a growth in the same cell: growths are drawn first.
    for falls in [false, true] {
      var (scale, row): (Double?, Int?) = (nil, nil)
      // The newest 512: more could not be told apart.
      for change in history.scaleChanges.suffix(512) where (change.to < change.from) == falls {
        // At its ceiling a scale goes to and fro between two values.
        if change.to != scale {
          (scale, row) = (change.to, axis.position(change.to).map { canvas.row(at: $0) / canvas.dotsDown })
        }
        guard let row, change.cause != .reset, let cell = frame.cell(of: change.attempt, in: history) else {
          continue
        }
        painter.grid[frame.plot.x + cell, frame.plot.y + row] = Cell(
          character: falls ? "▼" : "▲", style: change.cause == .backoff ? bad : good)
      }
    }
  }

  /// One row of ✕, with the count where several attempts of a cell were skipped.
  private static func drawSkips(_ state: DashboardState, _ frame: ChartFrame, row: Int, with painter: inout Painter) {
    let style = painter.style(painter.theme.overflow, .bold)
    painter.grid.write("  skip", x: frame.plot.x - 7, y: row, style: painter.secondary, limit: 6)
    let skipping = state.lanes.filter { !$0.history.skipped.isEmpty }.map { frame.columns(of: $0).skipped(of: $0) }
    for cell in 0..<frame.plot.width where !skipping.isEmpty {
      let count = skipping.reduce(0) { $0 + (cell < $1.count ? $1[cell] : 0) }
      guard count > 0 else { continue }
      let character: Unicode.Scalar = count == 1 ? "✕" : count > 9 ? "#" : Unicode.Scalar(UInt8(48 + count))
      painter.grid[frame.plot.x + cell, row] = Cell(character: character, style: style)
    }
  }
}

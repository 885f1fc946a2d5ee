import RunStatistics
import TrainingEvents

/// Step time of each lane: median and 95th percentile, where it goes by phase, whether it pays, and its course.
enum StepTimePane {
  static func draw(_ state: DashboardState, in rect: Rect, with painter: inout Painter) {
    let remark =
      rect.width >= 60
      ? "median and p95 in ms, this segment" : rect.width >= 40 ? "median and p95 in ms" : "median p95 ms"
    // A narrow pane gives up its margin so that "storage-only" still fits beside the figures.
    let margin = rect.width < 36 ? 0 : 1
    let room = painter.box(.stepTime, rect, state: state, remark: [(remark, painter.secondary)])
      .insetting(left: margin, right: margin)
    guard state.lastAttempt != nil else { return Waiting.draw(state, in: room, with: &painter) }
    let full = state.lanes.compactMap { shownMilliseconds(of: $0) }.max() ?? 0
    let phases = PhaseMeans(state)
    let count = state.lanes.count
    var y = room.y
    for track in state.lanes where y < room.bottom {
      drawFigures(track, state, phases, room: room, y: y, with: &painter)
      y += 1
      if room.height >= 2 * count, y < room.bottom {
        drawBar(
          track, phases, in: Rect(x: room.x, y: y, width: room.width, height: 1), full: full, with: &painter)
        y += 1
      }
    }
    let verdict = Verdict.lines(state, phases, width: room.width)
    if room.bottom - y >= count + 1 {
      drawShares(state, phases, room: room, y: y, with: &painter)
      y += count + 1
    }
    for line in verdict where y < room.bottom {
      painter.grid.write(line.text, x: room.x, y: y, style: color(of: line.kind, painter), limit: room.width)
      y += 1
    }
    let roofed = state.lanes.filter { RooflineBar.share(of: $0, state, phases) != nil }
    if room.bottom - y >= roofed.count + count + 1 {
      for track in roofed {
        RooflineBar.draw(
          track, state, phases, in: Rect(x: room.x, y: y, width: room.width, height: 1), with: &painter)
        y += 1
      }
    }
    if let baseline = state.baseline {
      // The histogram of the ratios never takes the last rows: the course of the times comes first.
      for track in state.lanes where track.lane != baseline.lane && room.bottom - y > count {
        StepRatios.draw(
          track, against: baseline, in: Rect(x: room.x, y: y, width: room.width, height: 1), with: &painter)
        y += 1
      }
    }
    // A row a lane for the labels at the ends of the course, and one for its axis.
    if room.bottom - y >= max(4, count + 1) {
      drawCourse(state, in: Rect(x: room.x, y: y, width: room.width, height: room.bottom - y), with: &painter)
    } else if room.bottom - y >= count {
      for track in state.lanes {
        let row = Rect(x: room.x, y: y, width: room.width, height: 1)
        painter.grid.write("\(track.lane)", x: row.x, y: y, style: painter.lane(track.lane), limit: 1)
        // Where the bars have no rows, they stand short behind the newest steps.
        let roof =
          roofed.isEmpty || room.width >= 56 ? 0 : RooflineBar.drawShort(track, state, phases, in: row, with: &painter)
        drawSparkline(track, in: row.insetting(left: 2, right: roof), with: &painter)
        y += 1
      }
    }
  }

  private static func color(of kind: Verdict.Kind, _ painter: Painter) -> Style {
    switch kind {
    case .pays: painter.style(painter.theme.good)
    case .doesNotPay: painter.style(painter.theme.warning)
    case .open: painter.secondary
    }
  }

  /// The median; before there is one, during warm-up, the newest step.
  private static func shownMilliseconds(of track: LaneTrack) -> Double? {
    track.stepTimes.median ?? track.lastStep?.stepMilliseconds
  }

  private static func drawFigures(
    _ track: LaneTrack, _ state: DashboardState, _ phases: PhaseMeans, room: Rect, y: Int, with painter: inout Painter
  ) {
    let isWide = room.width >= 40
    let name = isWide ? "\(track.lane) \(track.precision.rawValue.rightPadded(8)) " : "\(track.lane) "
    var pieces = [(name, painter.lane(track.lane))]
    let label = state.support(of: track.precision).map { support in
      support.isNative
        ? ("native".rightPadded(12), painter.secondary) : ("storage-only", painter.style(painter.theme.warning))
    }
    if isWide, let label { pieces += [label, (" ", painter.text)] }
    if let median = track.stepTimes.median, let p95 = track.stepTimes.p95 {
      pieces += [
        (Format.milliseconds(median).leftPadded(5), painter.strong), (" p95 ", painter.secondary),
        (Format.milliseconds(p95).leftPadded(5), painter.text),
      ]
    } else if let last = track.lastStep?.stepMilliseconds {
      pieces += [(Format.milliseconds(last).leftPadded(5), painter.strong), (" warming up", painter.secondary)]
    } else {
      pieces.append(("no step yet", painter.secondary))
    }
    if !isWide, room.width >= 30, let label { pieces += [(" ", painter.text), label] }
    if room.width >= 56, let roof = RooflineBar.share(of: track, state, phases) {
      pieces.append((" \(Format.percent(roof.share, decimals: 0)) of peak", painter.secondary))
    }
    let end = painter.write(pieces, x: room.x, y: y, in: room)
    if room.height < 4 + 4 * state.lanes.count - 2 {
      drawSparkline(track, in: Rect(x: end + 1, y: y, width: room.right - end - 1, height: 1), with: &painter)
    }
  }

  /// The newest steps as bars of eighths, a step a column, from 0.9 to 1.4 times the median: what matters is what
  /// stands out.
  private static func drawSparkline(_ track: LaneTrack, in rect: Rect, with painter: inout Painter) {
    guard rect.width >= 4, let middle = shownMilliseconds(of: track), middle > 0 else { return }
    let bars: [Unicode.Scalar] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    let samples = track.history.stepTime.samples.suffix(rect.width)
    for (offset, sample) in samples.enumerated() where sample.isFinite {
      let level = min(7, max(0, Int((min(max(Double(sample) / middle, 0), 2) - 0.9) * 14)))
      let isSlow = Double(sample) > 1.5 * middle
      painter.grid[rect.right - samples.count + offset, rect.y] = Cell(
        character: bars[level],
        style: painter.style(isSlow ? painter.theme.warning : painter.theme.color(of: track.lane)))
    }
  }

  private static func drawBar(
    _ track: LaneTrack, _ phases: PhaseMeans, in rect: Rect, full: Double, with painter: inout Painter
  ) {
    guard let means = phases[track.lane], let shown = shownMilliseconds(of: track) else { return }
    let sum = means.reduce(0, +)
    let percentages = StackedBar.percentages(of: means)
    // The bar is as long as the median step; the mean phases say how it is divided.
    let parts = StepPhase.allCases.map { phase in
      StackedBar.Part(
        value: means[phase.rawValue] / sum * shown, color: painter.theme.phases[phase.rawValue], pattern: phase.pattern,
        label: "\(percentages[phase.rawValue])%")
    }
    StackedBar(parts: parts).draw(in: rect, full: full, with: &painter)
  }

  /// A table: the phases as coloured headings, and each lane's milliseconds below.
  private static func drawShares(
    _ state: DashboardState, _ means: PhaseMeans, room: Rect, y: Int, with painter: inout Painter
  ) {
    // Looking at tensors has a column where it is done.
    let isLookedAt = state.lanes.contains { (means[$0.lane]?[StepPhase.numerics.rawValue] ?? 0) > 0 }
    let phases = StepPhase.allCases.filter { $0 != .numerics || isLookedAt }
    let column = max(5, min(10, (room.width - 2) / phases.count))
    func x(_ index: Int) -> Int { room.x + 2 + (index + 1) * column }
    for (index, phase) in phases.enumerated() {
      let label = column >= 9 ? phase.label : phase.shortLabel
      let pattern = painter.theme.usesPatterns ? String(phase.pattern) : "■"
      let width = label.columns + pattern.columns
      let start = x(index) - width
      painter.write(
        [(pattern, painter.style(painter.theme.phases[phase.rawValue])), (label, painter.secondary)], x: start, y: y,
        in: room)
    }
    for (row, track) in state.lanes.enumerated() {
      painter.grid.write("\(track.lane)", x: room.x, y: y + 1 + row, style: painter.lane(track.lane), limit: 1)
      guard let means = means[track.lane] else { continue }
      for (index, phase) in phases.enumerated() {
        let value = means[phase.rawValue]
        // Five columns hold "9.87", "98.7" or "987" and leave a gap to the next number.
        let isTight = column < 6 && value >= 9.995
        let short = Format.fixed(value, decimals: value < 99.95 ? 1 : 0)
        let text = value == 0 ? "–" : isTight ? short : Format.milliseconds(value)
        painter.write(text, endingAt: x(index), y: y + 1 + row, style: painter.text, in: room)
      }
    }
  }

  /// The frame of the course in the pane's inside, as far as its columns go.
  static func frame(_ state: DashboardState, in room: Rect, glyphs: GlyphSet) -> ChartFrame {
    let margin = room.width + 2 < 36 ? 0 : 1
    return ChartFrame(
      in: room.insetting(left: margin, right: margin), state: state, glyphs: glyphs, labelWidth: 2)
  }

  /// Step times over attempts, every sample as the extent of its column.
  private static func drawCourse(_ state: DashboardState, in rect: Rect, with painter: inout Painter) {
    let frame = ChartFrame(in: rect, state: state, glyphs: painter.glyphs, labelWidth: 2, memory: painter.memory)
    var highs: [Double] = []
    let extents = state.lanes.map { frame.columns(of: $0).stepTime(of: $0) }
    for extent in extents.joined() where !extent.isEmpty { highs.append(Double(extent.high)) }
    guard let greatest = highs.max() else { return }
    // One slow step, at the start or when the machine was busy elsewhere, must not flatten the rest.
    let usual = highs.element(ofRank: min(highs.count - 1, highs.count * 95 / 100))
    let axis = ValueAxis(
      scale: .linear, least: 0, greatest: min(greatest, usual * 1.5), rows: max(4, frame.plot.height))
    frame.drawValueAxis(axis, with: &painter)
    var canvas = PlotCanvas(width: frame.plot.width, height: frame.plot.height, glyphs: painter.glyphs)
    var labels: [(text: String, style: Style, row: Int)] = []
    for (index, track) in state.lanes.enumerated() {
      let letter = track.lane.description.unicodeScalars.first ?? "*"
      let pen = PlotCanvas.Pen(
        style: painter.style(painter.theme.color(of: track.lane)), layer: 1, character: letter,
        dash: .pattern(lane: index, dotsAcross: canvas.dotsAcross))
      var last: Int?
      for (column, extent) in extents[index].enumerated() {
        guard !extent.isEmpty, let low = axis.position(Double(extent.low)),
          let high = axis.position(Double(extent.high))
        else { continue }
        canvas.column(column, from: canvas.row(at: low), to: canvas.row(at: high), pen)
        last = canvas.row(at: low)
      }
      if let last {
        labels.append(("\(track.lane)", painter.lane(track.lane), frame.plot.y + last / canvas.dotsDown))
      }
    }
    canvas.draw(into: &painter.grid, x: frame.plot.x, y: frame.plot.y)
    frame.drawMarkers(state, with: &painter)
    frame.drawCursor(state, with: &painter)
    frame.drawEndLabels(labels, with: &painter)
    frame.drawProgress(with: &painter)
  }
}

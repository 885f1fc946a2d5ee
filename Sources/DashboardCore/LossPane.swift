import TrainingEvents

/// The loss of all lanes, overlaid: every sample faint as the extent of its column, the debiased average bright.
enum LossPane {
  /// What one lane shows in each dot column.
  private struct Curve {
    var track: LaneTrack
    var index: Int
    /// Dot column, extent of the samples in it, and their average after the last of them.
    var points: [(column: Int, extent: MinMaxPyramid.Extent, average: Float)] = []
  }

  static func draw(_ state: DashboardState, in rect: Rect, with painter: inout Painter) {
    let room = painter.box(.loss, rect, state: state, remark: remark(state, painter, width: rect.width))
    guard state.lastAttempt != nil else { return Waiting.draw(state, in: room, with: &painter) }
    drawChart(state, in: room, with: &painter)
  }

  /// The chart alone, without border; nothing before the first step.
  static func drawChart(_ state: DashboardState, in room: Rect, with painter: inout Painter) {
    guard state.lastAttempt != nil else { return }
    let names = state.lanes.map { label(of: $0, width: room.width) }
    let frame = ChartFrame(
      in: room, state: state, glyphs: painter.glyphs, labelWidth: (names.map(\.columns).max() ?? 0) + 1)
    let curves = state.lanes.enumerated().map { curve(of: $1, index: $0, on: frame.attempts) }
    guard let axis = valueAxis(for: curves, isLogarithmic: state.hasLogAxis, rows: frame.plot.height) else {
      painter.grid.write(
        "no finite loss in view", x: frame.plot.x + 1, y: frame.plot.y + frame.plot.height / 2,
        style: painter.secondary, limit: max(0, frame.plot.width - 1))
      drawMarks(curves, axis: nil, frame: frame, with: &painter)
      frame.drawAttempts(state, with: &painter)
      return
    }
    frame.drawValueAxis(axis, with: &painter)
    var canvas = PlotCanvas(width: frame.plot.width, height: frame.plot.height, glyphs: painter.glyphs)
    for curve in curves { drawSamples(curve, axis, &canvas, painter) }
    for curve in curves { drawAverage(curve, axis, &canvas, painter) }
    canvas.draw(into: &painter.grid, x: frame.plot.x, y: frame.plot.y)
    frame.drawPrecisionMarkers(state, with: &painter)
    drawMarks(curves, axis: axis, frame: frame, with: &painter)
    frame.drawAttempts(state, with: &painter)
    let labels = curves.enumerated().compactMap { index, curve -> (text: String, style: Style, row: Int)? in
      guard let last = curve.points.last(where: { $0.average.isFinite }),
        let position = axis.position(Double(last.average))
      else { return nil }
      let row = frame.plot.y + canvas.row(at: position) / canvas.dotsDown
      return (names[index], painter.lane(curve.track.lane), row)
    }
    frame.drawEndLabels(labels, with: &painter)
  }

  private static func remark(_ state: DashboardState, _ painter: Painter, width: Int) -> [(String, Style)] {
    let smoothing = Format.fixed(state.smoothing.weight, decimals: state.smoothing.weight > 0.99 ? 3 : 2)
    var pieces: [(String, Style)] = []
    if width >= 60 {
      pieces += [(state.window.attempts.map { "last \(Format.grouped($0)) · " } ?? "", painter.secondary)]
    }
    pieces += [
      (state.hasLogAxis ? "log " : "linear ", painter.secondary), ("y", painter.key), (" · ", painter.inactive),
      ("smooth \(smoothing) ", painter.secondary), ("[ ]", painter.key),
    ]
    return pieces
  }

  private static func label(of track: LaneTrack, width: Int) -> String {
    width >= 48 ? "\(track.lane) \(track.precision.rawValue)" : "\(track.lane)"
  }

  private static func curve(of track: LaneTrack, index: Int, on axis: AttemptAxis) -> Curve {
    var curve = Curve(track: track, index: index)
    let history = track.history
    for column in 0..<axis.columns {
      let range = axis.attempts(at: column)
      guard !range.isEmpty else { continue }
      let samples = history.samples(in: range)
      if samples.isEmpty { continue }
      curve.points.append((column, history.loss.extent(samples), history.smoothedLoss[samples.upperBound - 1]))
    }
    return curve
  }

  /// An axis for all curves.
  ///
  /// A few columns that lie far above the rest do not flatten it: they are cut off at the top and marked there.
  private static func valueAxis(for curves: [Curve], isLogarithmic: Bool, rows: Int) -> ValueAxis? {
    var lows: [Double] = []
    var highs: [Double] = []
    for point in curves.flatMap(\.points) where !point.extent.isEmpty {
      let low = Double(point.extent.low)
      if !isLogarithmic || low > 0 { lows.append(low) }
      highs.append(Double(point.extent.high))
    }
    guard let least = lows.min() ?? highs.min(), let greatest = highs.max() else { return nil }
    highs.sort()
    let usual = highs[min(highs.count - 1, highs.count * 98 / 100)]
    let limit = isLogarithmic ? greatest : usual + 0.25 * max(usual - least, abs(usual) * 0.1)
    return ValueAxis(
      scale: isLogarithmic ? .log10 : .linear, least: least, greatest: min(greatest, limit), rows: rows)
  }

  private static func drawSamples(_ curve: Curve, _ axis: ValueAxis, _ canvas: inout PlotCanvas, _ painter: Painter) {
    let color = painter.theme.color(of: curve.track.lane)
    let faint = painter.style(
      color.mixed(with: painter.theme.background, at: 0.62), painter.theme.background == .default ? .dim : [])
    let pen = PlotCanvas.Pen(style: faint, layer: 0, character: curve.index == 0 ? "." : ":")
    for point in curve.points where !point.extent.isEmpty {
      guard let low = axis.position(Double(point.extent.low)) ?? axis.position(Double(point.extent.high)),
        let high = axis.position(Double(point.extent.high)), low <= 1
      else { continue }
      canvas.column(point.column, from: canvas.row(at: low), to: canvas.row(at: high), pen)
    }
  }

  private static func drawAverage(_ curve: Curve, _ axis: ValueAxis, _ canvas: inout PlotCanvas, _ painter: Painter) {
    let letter = curve.track.lane.description.unicodeScalars.first ?? "*"
    let pen = PlotCanvas.Pen(
      style: painter.style(painter.theme.color(of: curve.track.lane), .bold), layer: 1, character: letter,
      dash: .pattern(lane: curve.index, dotsAcross: canvas.dotsAcross))
    var previous: (x: Int, y: Int)?
    for point in curve.points {
      guard let position = axis.position(Double(point.average)) else {
        // A non-finite loss is a gap, not a line across it.
        previous = nil
        continue
      }
      let here = (x: point.column, y: canvas.row(at: position))
      if let previous { canvas.line(from: previous, to: here, pen) } else { canvas.dot(here.x, here.y, pen) }
      previous = here
    }
  }

  /// Marks what the axis cannot show in the topmost row: losses that are NaN or infinite, and losses cut off.
  private static func drawMarks(
    _ curves: [Curve], axis: ValueAxis?, frame: ChartFrame, with painter: inout Painter
  ) {
    let across = painter.glyphs == .unicode ? 2 : 1
    for curve in curves {
      let color = painter.theme.color(of: curve.track.lane)
      for point in curve.points {
        let isCut = (axis?.position(Double(point.extent.high))).map { $0 > 1.001 } ?? false
        guard isCut, !point.extent.isEmpty else { continue }
        painter.grid[frame.plot.x + point.column / across, frame.plot.y] = Cell(
          character: "▲", style: painter.style(color, .bold))
      }
      let marks = curve.track.history.nonFiniteLoss
      for cell in 0..<frame.plot.width where !marks.isEmpty {
        let range =
          frame.attempts.attempts(at: cell * across)
          .lowerBound..<frame.attempts.attempts(
            at: cell * across + across - 1
          ).upperBound
        guard !range.isEmpty, marks.count(in: range) > 0 else { continue }
        painter.grid[frame.plot.x + cell, frame.plot.y] = Cell(
          character: "✕", style: painter.style(painter.theme.overflow, .bold))
      }
    }
  }
}

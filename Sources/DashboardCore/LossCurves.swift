import TrainingEvents

/// The loss of lanes on one chart: every sample faint as the extent of its column, the debiased average bright.
struct LossCurves {
  /// What one lane shows.
  private struct Curve {
    var track: LaneTrack
    var index: Int
    /// Dot column, extent of the samples in it, and their average after the last of them.
    var points: [(column: Int, extent: MinMaxPyramid.Extent, average: Float)] = []
    /// Losses that were not finite, by column of cells; empty where there are none.
    var nonFinite: [Int]
  }

  private let curves: [Curve]
  private let frame: ChartFrame

  /// Collects what is in view; `indices` are places in the session's list of lanes.
  init(_ state: DashboardState, lanes indices: [Int], on frame: ChartFrame) {
    self.frame = frame
    curves = indices.map { index in
      let track = state.lanes[index]
      let columns = frame.columns(of: track)
      var curve = Curve(
        track: track, index: index, nonFinite: track.history.nonFiniteLoss.isEmpty ? [] : columns.nonFinite(of: track))
      let values = columns.loss(of: track)
      curve.points.reserveCapacity(values.count)
      for (column, value) in values.enumerated() where !value.isEmpty {
        curve.points.append((column, value.extent, value.last))
      }
      return curve
    }
  }

  /// An axis for all curves; nil where there is no finite loss in view.
  ///
  /// A few columns that lie far above the rest do not flatten it: they are cut off at the top and marked there.
  func valueAxis(isLogarithmic: Bool) -> ValueAxis? {
    var lows: [Double] = []
    var highs: [Double] = []
    for point in curves.lazy.flatMap(\.points) where !point.extent.isEmpty {
      let low = Double(point.extent.low)
      if !isLogarithmic || low > 0 { lows.append(low) }
      highs.append(Double(point.extent.high))
    }
    guard let least = lows.min() ?? highs.min(), let greatest = highs.max() else { return nil }
    let usual = highs.element(ofRank: min(highs.count - 1, highs.count * 98 / 100))
    let limit = isLogarithmic ? greatest : usual + 0.25 * max(usual - least, abs(usual) * 0.1)
    return ValueAxis(
      scale: isLogarithmic ? .log10 : .linear, least: least, greatest: min(greatest, limit), rows: frame.plot.height)
  }

  /// Draws curves, precision markers, marks of what the axis cannot show, the cursor, and names at the curves' ends.
  func draw(_ state: DashboardState, axis: ValueAxis?, names: [String], with painter: inout Painter) {
    guard let axis else {
      painter.grid.write(
        "no finite loss in view", x: frame.plot.x + 1, y: frame.plot.y + frame.plot.height / 2,
        style: painter.secondary, limit: max(0, frame.plot.width - 1))
      drawMarks(axis: nil, with: &painter)
      frame.drawCursor(state, with: &painter)
      return
    }
    frame.drawValueAxis(axis, with: &painter)
    var canvas = PlotCanvas(width: frame.plot.width, height: frame.plot.height, glyphs: painter.glyphs)
    for curve in curves { drawSamples(curve, axis, &canvas, painter) }
    for curve in curves { drawAverage(curve, axis, &canvas, painter) }
    canvas.draw(into: &painter.grid, x: frame.plot.x, y: frame.plot.y)
    frame.drawMarkers(state, with: &painter)
    drawMarks(axis: axis, with: &painter)
    frame.drawCursor(state, with: &painter)
    let labels = curves.compactMap { curve -> (text: String, style: Style, row: Int)? in
      guard let last = curve.points.last(where: { $0.average.isFinite }),
        let position = axis.position(Double(last.average))
      else { return nil }
      let row = frame.plot.y + canvas.row(at: position) / canvas.dotsDown
      return (names[curve.index], painter.lane(curve.track.lane), row)
    }
    frame.drawEndLabels(labels, with: &painter)
  }

  private func drawSamples(_ curve: Curve, _ axis: ValueAxis, _ canvas: inout PlotCanvas, _ painter: Painter) {
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

  private func drawAverage(_ curve: Curve, _ axis: ValueAxis, _ canvas: inout PlotCanvas, _ painter: Painter) {
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
  private func drawMarks(axis: ValueAxis?, with painter: inout Painter) {
    for curve in curves {
      let color = painter.theme.color(of: curve.track.lane)
      for point in curve.points {
        let isCut = (axis?.position(Double(point.extent.high))).map { $0 > 1.001 } ?? false
        guard isCut, !point.extent.isEmpty else { continue }
        painter.grid[frame.plot.x + point.column / frame.across, frame.plot.y] = Cell(
          character: "▲", style: painter.style(color, .bold))
      }
      for (cell, count) in curve.nonFinite.enumerated() where count > 0 && cell < frame.plot.width {
        painter.grid[frame.plot.x + cell, frame.plot.y] = Cell(
          character: "✕", style: painter.style(painter.theme.overflow, .bold))
      }
    }
  }
}

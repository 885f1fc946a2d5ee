import TrainingEvents

/// The loss of the other lanes minus the baseline's at the same attempt: around zero where precision costs nothing.
enum LossDifferenceChart {
  /// Draws the chart on a frame; the smoothed difference bright, each sample's faint where there is height for both.
  static func draw(_ state: DashboardState, on frame: ChartFrame, with painter: inout Painter) {
    var extents: [Double] = []
    let lanes = state.lanes.indices.filter { state.lanes[$0].difference != nil }
    let curves = lanes.map { points(of: state.lanes[$0], on: frame) }
    let showsSamples = frame.plot.height >= 8
    for point in curves.joined() {
      if point.average.isFinite { extents.append(abs(Double(point.average))) }
      if showsSamples, !point.extent.isEmpty {
        extents.append(max(abs(Double(point.extent.low)), abs(Double(point.extent.high))))
      }
    }
    guard let greatest = extents.max() else {
      painter.grid.write(
        "no attempt that two lanes made is in view", x: frame.plot.x + 1, y: frame.plot.y + frame.plot.height / 2,
        style: painter.secondary, limit: max(0, frame.plot.width - 1))
      return
    }
    // As for the loss: what lies far outside the rest is cut off rather than flattening it.
    let usual = max(extents.element(ofRank: min(extents.count - 1, extents.count * 95 / 100)), 1e-9)
    let axis = ValueAxis(symmetricTo: min(greatest, 1.5 * usual), rows: frame.plot.height)
    frame.drawValueAxis(axis, with: &painter)
    drawZero(axis, frame, with: &painter)
    var canvas = PlotCanvas(width: frame.plot.width, height: frame.plot.height, glyphs: painter.glyphs)
    var labels: [(text: String, style: Style, row: Int)] = []
    for (index, points) in zip(lanes, curves) {
      let track = state.lanes[index]
      let color = painter.theme.color(of: track.lane)
      if showsSamples {
        let faint = painter.style(color.mixed(with: painter.theme.background, at: 0.62))
        let pen = PlotCanvas.Pen(style: faint, layer: 0, character: ":")
        for point in points where !point.extent.isEmpty {
          guard let low = axis.position(Double(point.extent.low)), let high = axis.position(Double(point.extent.high)),
            low <= 1, high >= 0
          else { continue }
          canvas.column(point.column, from: canvas.row(at: low), to: canvas.row(at: high), pen)
        }
      }
      let letter = track.lane.description.unicodeScalars.first ?? "*"
      let pen = PlotCanvas.Pen(
        style: painter.style(color, .bold), layer: 1, character: letter,
        dash: lanes.count > 1 ? .pattern(lane: index, dotsAcross: canvas.dotsAcross) : .solid)
      var previous: (x: Int, y: Int)?
      for point in points {
        guard let position = axis.position(Double(point.average)) else {
          previous = nil
          continue
        }
        let here = (x: point.column, y: canvas.row(at: position))
        if let previous { canvas.line(from: previous, to: here, pen) } else { canvas.dot(here.x, here.y, pen) }
        previous = here
      }
      if let previous {
        let base = state.session.map { "−\($0.baseline)" } ?? ""
        labels.append(("\(track.lane)\(base)", painter.lane(track.lane), frame.plot.y + previous.y / canvas.dotsDown))
      }
    }
    canvas.draw(into: &painter.grid, x: frame.plot.x, y: frame.plot.y)
    if showsSamples { frame.drawMarkers(state, with: &painter) }
    frame.drawCursor(state, with: &painter)
    frame.drawEndLabels(labels, with: &painter)
  }

  private static func points(
    of track: LaneTrack, on frame: ChartFrame
  ) -> [(column: Int, extent: MinMaxPyramid.Extent, average: Float)] {
    let values = frame.columns(of: track).difference(of: track)
    var points: [(column: Int, extent: MinMaxPyramid.Extent, average: Float)] = []
    points.reserveCapacity(values.count)
    for (column, value) in values.enumerated() where !value.isEmpty {
      points.append((column, value.extent, value.last))
    }
    return points
  }

  private static func drawZero(_ axis: ValueAxis, _ frame: ChartFrame, with painter: inout Painter) {
    guard let position = axis.position(0), frame.plot.height > 0 else { return }
    let row = frame.plot.y + Int(((1 - position) * Double(frame.plot.height - 1)).rounded())
    for x in frame.plot.x..<frame.plot.right {
      painter.grid[x, row] = Cell(character: "┈", style: painter.secondary)
    }
  }
}

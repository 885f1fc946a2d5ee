import TrainingEvents

/// The loss of all lanes: overlaid, in a chart each, or as the difference to the baseline.
enum LossPane {
  /// Rows from which on a strip with the difference to the baseline is drawn below the overlaid curves.
  private static let heightForStrip = 18

  static func draw(_ state: DashboardState, in rect: Rect, with painter: inout Painter) {
    let room = painter.box(.loss, rect, state: state, remark: remark(state, painter, width: rect.width))
    guard state.lastAttempt != nil else { return Waiting.draw(state, in: room, with: &painter) }
    drawChart(state, in: room, with: &painter)
  }

  /// The charts alone, without border; nothing before the first step.
  static func drawChart(_ state: DashboardState, in room: Rect, with painter: inout Painter) {
    guard state.lastAttempt != nil else { return }
    let names = names(state, width: room.width)
    let hasDifference = state.lanes.contains { $0.difference != nil }
    switch state.lossView {
    case .split where state.lanes.count > 1 && room.height / state.lanes.count >= 4:
      drawSplit(state, in: room, names: names, with: &painter)
    case .difference where hasDifference:
      let frame = frame(state, in: room, glyphs: painter.glyphs, memory: painter.memory)
      LossDifferenceChart.draw(state, on: frame, with: &painter)
      frame.drawProgress(with: &painter)
    default:
      let hasStrip = hasDifference && state.lossView == .overlay && room.height >= heightForStrip
      let stripHeight = hasStrip ? max(5, room.height * 22 / 100) : 0
      let frame = frame(state, in: room.insetting(bottom: stripHeight), glyphs: painter.glyphs, memory: painter.memory)
      let curves = LossCurves(state, lanes: Array(state.lanes.indices), on: frame)
      curves.draw(state, axis: curves.valueAxis(isLogarithmic: state.hasLogAxis), names: names, with: &painter)
      frame.drawProgress(with: &painter)
      guard hasStrip else { return }
      let strip = self.frame(
        state, in: room.insetting(top: room.height - stripHeight), glyphs: painter.glyphs, hasProgressRow: false,
        memory: painter.memory)
      LossDifferenceChart.draw(state, on: strip, with: &painter)
    }
  }

  /// A chart a lane, all on one scale so that heights compare.
  private static func drawSplit(
    _ state: DashboardState, in room: Rect, names: [String], with painter: inout Painter
  ) {
    let count = state.lanes.count
    let all = LossCurves(
      state, lanes: Array(state.lanes.indices),
      on: frame(
        state, in: Rect(x: room.x, y: room.y, width: room.width, height: room.height / count),
        glyphs: painter.glyphs, memory: painter.memory))
    let axis = all.valueAxis(isLogarithmic: state.hasLogAxis)
    var y = room.y
    for index in 0..<count {
      let height = room.height * (index + 1) / count - room.height * index / count
      let part = Rect(x: room.x, y: y, width: room.width, height: height)
      let frame = frame(
        state, in: part, glyphs: painter.glyphs, hasProgressRow: index == count - 1, memory: painter.memory)
      LossCurves(state, lanes: [index], on: frame).draw(state, axis: axis, names: names, with: &painter)
      frame.drawProgress(with: &painter)
      y += height
    }
  }

  /// The frame of a chart in a part of the pane's inside.
  static func frame(
    _ state: DashboardState, in room: Rect, glyphs: GlyphSet, hasProgressRow: Bool = true, memory: ChartMemory? = nil
  ) -> ChartFrame {
    let width = (names(state, width: room.width).map(\.columns).max() ?? 0) + 1
    return ChartFrame(
      in: room, state: state, glyphs: glyphs, labelWidth: width, hasProgressRow: hasProgressRow, memory: memory)
  }

  private static func names(_ state: DashboardState, width: Int) -> [String] {
    state.lanes.map { width >= 48 ? "\($0.lane) \($0.precision.rawValue)" : "\($0.lane)" }
  }

  private static func remark(_ state: DashboardState, _ painter: Painter, width: Int) -> [(String, Style)] {
    let smoothing = Format.fixed(state.smoothing.weight, decimals: state.smoothing.weight > 0.99 ? 3 : 2)
    var groups: [[(String, Style)]] = []
    if width >= 60, state.window != .all {
      let length = state.window.stretch(total: state.progress(in: state.progressUnit)).length
      let text = state.progressUnit.lengthText(length)
      groups.append([("\(state.window.isAtNewest ? "last " : "")\(text)", painter.secondary)])
    }
    if width >= 72, state.lanes.count > 1 {
      groups.append([("\(state.lossView.rawValue) ", painter.secondary), ("o", painter.key)])
    }
    if width >= 60, state.hasLogProgress { groups.append([("log x ", painter.secondary), ("L", painter.key)]) }
    groups.append([(state.hasLogAxis ? "log " : "linear ", painter.secondary), ("y", painter.key)])
    groups.append([("smooth \(smoothing) ", painter.secondary), ("[ ]", painter.key)])
    // What is left out where not all has room: the end first, which help and options tell too.
    func columns() -> Int { groups.joined().reduce(3 * (groups.count - 1)) { $0 + $1.0.columns } }
    while groups.count > 2, columns() > width - 15 { groups.removeLast() }
    var pieces: [(String, Style)] = []
    for group in groups { pieces += (pieces.isEmpty ? [] : [(" · ", painter.inactive)]) + group }
    return pieces
  }
}

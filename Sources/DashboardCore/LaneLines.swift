import RunStatistics
import TrainingEvents

/// The smallest dashboard: one line a lane, then the speedup, then the keys, as far as there are rows.
enum LaneLines {
  static func draw(_ state: DashboardState, width: Int, height: Int, with painter: inout Painter) {
    let screen = Rect(x: 0, y: 0, width: width, height: height)
    guard !state.lanes.isEmpty else {
      let isStarting = state.loading == nil && !state.isEnded
      painter.grid.write(
        isStarting ? "ampscope: starting" : Waiting.text(state), x: 0, y: 0, style: painter.text, limit: width)
      return
    }
    for (row, track) in state.lanes.enumerated() where row < height {
      FieldRow.draw(fields(of: track, state, painter), x: 0, y: row, in: screen, with: &painter)
    }
    if height > state.lanes.count {
      painter.write(speedup(state, painter), x: 0, y: state.lanes.count, in: screen)
    }
    let chart = Rect(x: 0, y: state.lanes.count + 1, width: width, height: height - state.lanes.count - 2)
    if chart.height >= 3, width >= 24 { LossPane.drawChart(state, in: chart, with: &painter) }
    if height > state.lanes.count + 1 {
      let text =
        state.hint?.text ?? state.activity
        ?? (state.isPaused ? "PAUSED  Space resumes" : "q quit  ? help  p precision")
      painter.grid.write(text, x: 0, y: height - 1, style: painter.secondary, limit: width)
    }
  }

  private static func fields(of track: LaneTrack, _ state: DashboardState, _ painter: Painter) -> [FieldRow.Field] {
    let mark = track.lane == state.focusedLane ? "▶" : " "
    let precision = track.pendingPrecision.map { "→\($0.rawValue)" } ?? track.precision.rawValue
    let loss = track.history.smoothedLoss.last.map { Format.significant(Double($0)) } ?? "–"
    let time = (track.stepTimes.median ?? track.lastStep?.stepMilliseconds).map { Format.milliseconds($0) } ?? "–"
    let attempt = track.lastStep.map { String($0.attempt + 1) } ?? "0"
    return [
      FieldRow.Field(
        pieces: [
          (mark, painter.key), ("\(track.lane) \(precision.rightPadded(9))", painter.lane(track.lane)),
        ], priority: 0),
      FieldRow.Field(pieces: [(loss.leftPadded(6), painter.strong)], priority: 1),
      FieldRow.Field(pieces: [(time.leftPadded(5), painter.text), ("ms", painter.secondary)], priority: 2),
      FieldRow.Field(pieces: [("#", painter.secondary), (attempt.leftPadded(6), painter.text)], priority: 3),
    ]
  }

  private static func speedup(_ state: DashboardState, _ painter: Painter) -> [(String, Style)] {
    guard let track = state.comparedTrack, let speedup = track.speedup else { return [("one lane", painter.secondary)] }
    let figure = speedup.figure(under: state.schedule)
    let style = painter.style(SpeedupText.color(figure, painter.theme), .bold)
    switch figure {
    case .collecting(let count, let needed):
      return [("speedup ", painter.secondary), ("\(count) of \(needed) steps", painter.text)]
    case .measured(let estimate, _):
      let text = estimate.low.map { low in
        " [\(Format.fixed(low, decimals: 2)), \(Format.fixed(estimate.high ?? low, decimals: 2))]"
      }
      let label = state.schedule == .alternating ? "" : " indicative"
      return [(SpeedupText.digits(figure), style), ((text ?? "") + label, painter.secondary)]
    }
  }
}

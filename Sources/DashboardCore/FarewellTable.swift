import RunStatistics
import TrainingEvents

/// What stays on the normal screen when the dashboard is left: a line a lane, and how much faster it was.
///
/// Fits 80 columns.
public enum FarewellTable {
  /// The lines, without colours; none before the first step.
  public static func lines(_ state: DashboardState) -> [String] {
    guard let session = state.session, state.lastAttempt != nil else { return [] }
    let rows =
      [["lane", "precision", "state", "steps", "skipped", "loss", "accuracy", "ms/step", "samples/s"]]
      + state.lanes.map { track in
        [
          "\(track.lane)", track.precision.rawValue, track.state.rawValue, "\(track.committed)", "\(track.skipped)",
          track.history.smoothedLoss.last.map { Format.significant(Double($0)) } ?? "–",
          track.evaluation.map { Format.percent($0.accuracy, decimals: 2) } ?? "–",
          track.stepTimes.median.map { Format.milliseconds($0) } ?? "–",
          track.stepTimes.samplesPerSecond.map { Format.grouped(Int(min($0, 1e12).rounded())) } ?? "–",
        ]
      }
    let widths = rows[0].indices.map { column in rows.map { $0[column].columns }.max() ?? 0 }
    var lines = ["\(session.model) on \(session.data.name), \(Format.duration(state.elapsed))"]
    for row in rows {
      // Words to the left, numbers to the right.
      let cells = row.indices.map { $0 < 3 ? row[$0].rightPadded(widths[$0]) : row[$0].leftPadded(widths[$0]) }
      lines.append(cells.joined(separator: "  "))
    }
    for track in state.lanes {
      guard case .measured(let estimate, _)? = track.speedup?.figure(under: state.schedule) else { continue }
      let label = estimate.schedule == .alternating ? "alternating" : "concurrent, indicative"
      lines.append("\(estimate.lane) over \(estimate.baseline)  \(SpeedupText.short(estimate))  \(label)")
    }
    return lines
  }
}

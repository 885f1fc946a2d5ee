import RunStatistics
import TrainingEvents

/// What the events of a session say about switches of one lane beside another.
struct SwitchLog {
  let events: [TrainingEvent]
  /// When each switch was asked for, in seconds; the first compiles.
  let commands: [Double]
  let lane: LaneID
  let neighbour: LaneID

  /// One switch.
  private struct Change {
    var compileMilliseconds: Double
    /// The first attempt in the new mode.
    var attempt: Int
    var asked: Double
    var reported: Double
    /// End of the first step in the new mode.
    var settled: Double
    /// From the last step in the old mode to the first in the new one.
    var pause: Double
  }

  /// Everything about the switches; nil where none to an executable at hand was whole.
  func switching(_ network: String, _ precisions: [Precision]) -> ScalingReport.Switching? {
    let changes = changes()
    let (compiled, cached) = (
      changes.filter { $0.compileMilliseconds > 0 }, changes.filter { $0.compileMilliseconds <= 0 }
    )
    let steps = events.timedSteps(of: neighbour)
    func meets(_ step: TimedStep, _ change: Change) -> Bool {
      step.end >= change.asked && step.start <= change.settled
    }
    let during = steps.filter { step in cached.contains { meets(step, $0) } }
    let compiling = steps.filter { step in compiled.contains { meets(step, $0) } }
    let elsewhere = steps.filter { step in !changes.contains { meets(step, $0) } }
    func milliseconds(_ steps: [TimedStep]) -> Spread? { Spread(steps.map { ($0.end - $0.start) * 1e3 }) }
    guard let pauses = Spread(cached.map { $0.pause * 1e3 }),
      let latencies = Spread(cached.map { ($0.reported - $0.asked) * 1e3 }), let met = milliseconds(during),
      let free = milliseconds(elsewhere)
    else { return nil }
    return ScalingReport.Switching(
      network: network, precisions: precisions, compileMilliseconds: compiled.first?.compileMilliseconds ?? 0,
      pauses: pauses, latencies: latencies, neighbourDuring: met, neighbourElse: free,
      neighbourCompiling: milliseconds(compiling))
  }

  private func changes() -> [Change] {
    let steps = Dictionary(events.timedSteps(of: lane).map { ($0.attempt, $0) }) { $1 }
    var reports: [(time: Double, report: PrecisionReport)] = []
    for event in events {
      if case .precision(let report) = event.body, report.lane == lane { reports.append((event.time, report)) }
    }
    return zip(commands, reports).compactMap { asked, change in
      let attempt = change.report.attempt
      guard let before = steps[attempt - 1], let after = steps[attempt] else { return nil }
      return Change(
        compileMilliseconds: change.report.compileMilliseconds, attempt: attempt, asked: asked, reported: change.time,
        settled: after.end, pause: after.start - before.end)
    }
  }
}

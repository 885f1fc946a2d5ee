import Benchmarks
import DashboardCore
import DashboardTerminal
import Foundation
import RunStatistics
import TrainingEvents

/// Measures what events and frames cost once a dashboard has many steps behind it, on a pseudo-terminal of its own.
struct RecordedStepsBench {
  /// Steps of each lane, from the fewest on.
  var counts = [1000, 10_000, 100_000, 1_000_000]
  /// Rounds in which every count has a turn.
  var rounds = 15
  /// Steps whose events are timed in a round: five times the pairs after which an interval of a long run is computed anew.
  var timedSteps = 1020
  /// Frames of either view in a round.
  var frames = 5
  /// Steps of a round before those that are timed.
  private static let settlingSteps = 200
  /// Told what is being measured.
  let progress: (String) -> Void

  /// Little of everything, to see that it works.
  static func quick(_ progress: @escaping (String) -> Void) -> RecordedStepsBench {
    RecordedStepsBench(counts: [100, 1000, 3000], rounds: 1, timedSteps: 50, frames: 2, progress: progress)
  }

  /// Measures all counts in turns, and adds a row each.
  ///
  /// Throws what opening a terminal throws, and `BenchmarkError.givenUp` where a signal ends it.
  func run(into report: inout ScalingReport) throws {
    let stage = try Stage(columns: 180, rows: 50, color: .fixed(.trueColor))
    defer { stage.close() }
    var runs: [Run] = []
    for count in counts {
      progress("taking in \(count) steps")
      let before = HeapCounter.bytes
      var run = Run(steps: count, machine: report.machine)
      // In pieces: all events at once would take more than the state that they make.
      for piece in stride(from: 0, to: count, by: 1000) {
        try stage.checkSignals()
        run.takeIn(min(1000, count - piece))
      }
      run.heapBytes = before.flatMap { before in HeapCounter.bytes.map { $0 - before } }
      runs.append(run)
    }
    for round in -1..<rounds {
      progress(round < 0 ? "warming up" : "round \(round + 1)/\(rounds)")
      for index in runs.indices {
        try stage.checkSignals()
        let costs = cost(of: runs[index], on: stage.screen)
        if round >= 0 { runs[index].costs.append(costs) }
      }
    }
    report.recordings += zip(counts, runs).map { count, run in
      ScalingReport.Recording(
        steps: count, eventMicroseconds: median(run.costs.map(\.event)),
        frameMilliseconds: median(run.costs.map(\.frame)), lossMilliseconds: median(run.costs.map(\.loss)),
        heapBytes: run.heapBytes)
    }
  }

  /// A dashboard, and the session that it shows.
  private struct Run {
    var session: ScriptedSession
    var state = DashboardState()
    let renderer = Renderer()
    var heapBytes: Int?
    var costs: [Costs] = []

    init(steps: Int, machine: MachineDescription) {
      session = ScriptedSession(drawnAfter: steps)
      _ = reduce(into: &state, action: .resize(width: 180, height: 50))
      for event in session.opening(machine: machine) { _ = reduce(into: &state, action: .event(event)) }
    }

    mutating func press(_ key: Unicode.Scalar) { _ = reduce(into: &state, action: .key(.character(key))) }

    mutating func takeIn(_ steps: Int) {
      for event in session.attempts(steps) { _ = reduce(into: &state, action: .event(event)) }
    }

    /// Milliseconds of processor time of a frame after two further steps.
    mutating func frame(on screen: TerminalScreen) -> Double {
      takeIn(2)
      let start = UIBench.threadMilliseconds
      _ = reduce(into: &state, action: .tick(time: UIBench.now, cost: FrameCost()))
      screen.apply(renderer.draw(state, theme: .standard, width: 180, height: 50, glyphs: .unicode))
      return UIBench.threadMilliseconds - start
    }
  }

  /// What one round showed.
  private struct Costs {
    /// Microseconds a step of one lane.
    var event: Double
    /// Milliseconds of a frame with all panes.
    var frame: Double
    /// Milliseconds of a frame with the loss alone.
    var loss: Double
  }

  /// Goes on from a run, which stays as it is: every round begins after as many steps.
  private func cost(of run: Run, on screen: TerminalScreen) -> Costs {
    var trial = run
    // A copy shares everything with the run until it changes: a growth, a skip and a look at tensors are among these steps.
    trial.takeIn(RecordedStepsBench.settlingSteps)
    let events = trial.session.attempts(timedSteps)
    let start = UIBench.threadMilliseconds
    for event in events { _ = reduce(into: &trial.state, action: .event(event)) }
    let taken = UIBench.threadMilliseconds - start
    // The loss is what z enlarges at first; v goes from the standard panes to all.
    trial.press("z")
    let loss = frames(of: &trial, on: screen)
    trial.press("z")
    trial.press("v")
    return Costs(event: taken * 1000 / Double(2 * timedSteps), frame: frames(of: &trial, on: screen), loss: loss)
  }

  /// The median of some frames after one that draws everything anew.
  private func frames(of run: inout Run, on screen: TerminalScreen) -> Double {
    _ = run.frame(on: screen)
    return median((0..<frames).map { _ in run.frame(on: screen) })
  }
}

import ArgumentParser
import Foundation
import Training
import TrainingEvents

/// Headless: plain lines, no escapes.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Trains without the dashboard and prints plain lines.")

  @OptionGroup var options: RunOptions

  func run() throws {
    try HeadlessRun(options: options, defaultSchedule: .alternating).run()
  }
}

/// A run that prints lines: `train`, and the dashboard where there is no terminal for it.
struct HeadlessRun {
  let options: RunOptions
  let defaultSchedule: Schedule

  func run() throws {
    let recorder = try options.jsonl.map { try EventRecorder($0) }
    let session = try SessionFactory(
      options: options, defaultSchedule: defaultSchedule, isLossless: recorder != nil
    ).makeSession()
    SignalFlag.install()
    var report = LineReport(session: session.description, isSilent: recorder?.isStandardOutput ?? false)
    try session.start()
    var summary: RunSummary?
    var isStopping = false
    while !session.isOver {
      _ = session.waitUntilEnded(milliseconds: 50)
      if SignalFlag.current != nil, !isStopping {
        isStopping = true
        session.send(.abandon)
      }
      let events = session.drain()
      // Where this throws the process ends, and the lanes with it.
      try recorder?.write(events)
      for event in events {
        report.add(event)
        if case .summary(let value) = event.body { summary = value }
      }
      try report.flush()
    }
    session.join()
    if let number = SignalFlag.current { throw ExitStatus.signal(number) }
    try RunOutcome.check(summary)
  }
}

/// What a run's summary means for the exit status.
enum RunOutcome {
  /// Throws the exit status of a run that did not end well.
  static func check(_ summary: RunSummary?) throws {
    let states = summary?.lanes.map(\.state) ?? []
    if states.contains(.failed) { throw ExitStatus.failure }
    if states.contains(.diverged) { throw ExitStatus.diverged }
  }
}

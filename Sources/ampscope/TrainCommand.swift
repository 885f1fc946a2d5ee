import ArgumentParser
import Foundation
import ModelZoo
import Training
import TrainingEvents

/// Headless: plain lines, no escapes.
struct TrainCommand: ConfigurableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Trains without the dashboard and prints plain lines.")

  @OptionGroup var configurationOptions: ConfigurationOptions
  @OptionGroup var options: RunOptions
  @OptionGroup var requirements: Requirements

  func run() throws {
    var options = options
    // Nobody watches: a run without a length ends when the network has learned something.
    if options.steps == nil, options.batches == nil { options.steps = try options.model.modelName().defaults.steps }
    try HeadlessRun(options: options, requirements: requirements, defaultSchedule: .alternating).run()
  }
}

/// A run that prints lines: `train`, and the dashboard where there is no terminal for it.
struct HeadlessRun {
  let options: RunOptions
  var requirements: Requirements?
  let defaultSchedule: Schedule

  func run() throws {
    let recorder = try options.jsonl.map { try EventRecorder($0) }
    let session = try SessionFactory(
      options: options, defaultSchedule: defaultSchedule, isLossless: recorder != nil
    ).makeSession()
    try requirements?.check(session.description)
    SignalFlag.install()
    var report = LineReport(session: session.description, isSilent: recorder?.isStandardOutput ?? false)
    try session.start()
    var summary: RunSummary?
    var agreements: [AgreementReport] = []
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
        switch event.body {
        case .summary(let value): summary = value
        case .agreement(let value): agreements.append(value)
        default: break
        }
      }
      try report.flush()
    }
    session.join()
    if let number = SignalFlag.current { throw ExitStatus.signal(number) }
    try RunOutcome.check(summary)
    let unmet = requirements?.unmet(session.description, summary: summary, agreements: agreements) ?? []
    guard unmet.isEmpty else {
      StandardStream.complain(unmet.map { "ampscope: \($0)\n" }.joined())
      throw ExitStatus.unmet
    }
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

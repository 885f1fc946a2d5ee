import ArgumentParser
import Benchmarks
import DashboardCore
import DashboardTerminal
import Foundation
import Training
import TrainingEvents

/// What the dashboard takes from the lanes.
extension UIBench {
  /// Trains two lanes, draws them in every other segment of the run, and compares their throughput, until that is known well
  /// enough or the most pairs were measured.
  func measureThroughput(_ schedule: Schedule, into report: inout UIReport) throws {
    progress("throughput, \(schedule.rawValue)")
    let options = try RunOptions.parse(
      ["--data", "glyphs", "--lanes", "fp32,amp-bf16", "--schedule", schedule.rawValue])
    let session = try SessionFactory(options: options, defaultSchedule: schedule, isLossless: false).makeSession()
    let feed = ListeningFeed(session)
    // The screen before the lanes: opening it changes the environment for a moment.
    let stage = try Stage(columns: 180, rows: 50, color: .fixed(.trueColor))
    defer { stage.close() }
    var loop = DashboardLoop(
      feed: feed, screen: stage.screen, catalog: ThemeCatalog(), theme: nil, hasMouse: false, isRemembered: false)
    try session.start()
    defer {
      session.send(.abandon)
      feed.finish()
    }
    loop.begin()
    // Compiling and warming up belong to no segment.
    while feed.steps.count < 40 { try turn(&loop) }
    var rates = session.description.lanes.map { _ in [Double?]() }
    var (interface, process, wallSeconds) = (0.0, 0.0, 0.0)
    let (minimum, limit) = (effort.pairs.lowerBound, effort.pairs.upperBound)
    for pair in 0..<limit {
      let widths = rates.map { UIReport.halfWidth(of: $0) }
      if pair >= minimum, widths.allSatisfy({ $0 ?? 1 < effort.halfWidth }) { break }
      let width = widths.compactMap(\.self).max().map { ", ± \(Int(($0 * 1000).rounded()))/1000" } ?? ""
      progress("throughput, \(schedule.rawValue), pair \(pair + 1) of at most \(limit)\(width)")
      for segment in 2 * pair...2 * pair + 1 {
        feed.steps = []
        let start = UIBench.now
        let end = start + effort.segmentSeconds
        if UIReport.hasDashboard(segment: segment) {
          let used = (UIBench.threadMilliseconds, UIBench.processMilliseconds)
          while UIBench.now < end { try turn(&loop) }
          interface += UIBench.threadMilliseconds - used.0
          process += UIBench.processMilliseconds - used.1
          wallSeconds += UIBench.now - start
        } else {
          while UIBench.now < end {
            try stage.checkSignals()
            _ = session.waitUntilEnded(milliseconds: 50)
            _ = feed.drain()
          }
        }
        _ = feed.drain()
        for (index, lane) in session.description.lanes.enumerated() {
          rates[index].append(feed.samplesPerSecond(of: lane.lane, from: start, to: end))
        }
      }
    }
    let actual = session.description.schedule
    for (lane, segments) in zip(session.description.lanes, rates) {
      report.add(
        schedule: actual, precision: lane.precision, segments: segments,
        uiShare: process > interface ? interface / (process - interface) : 0)
    }
    report.shares[actual.rawValue] = wallSeconds > 0 ? interface / 1000 / wallSeconds : 0
  }

  private func turn(_ loop: inout DashboardLoop) throws {
    if try loop.turn() != nil { throw BenchmarkError.givenUp }
  }
}

/// A live session whose steps are kept as they pass.
private final class ListeningFeed: EventFeed {
  private let session: Session
  var steps: [(time: Double, report: StepReport)] = []

  init(_ session: Session) { self.session = session }

  func drain() -> [TrainingEvent] {
    let events = session.drain()
    for event in events { if case .step(let report) = event.body { steps.append((event.time, report)) } }
    return events
  }

  var isOver: Bool { session.isOver }
  func send(_ command: TrainingCommand) { session.send(command) }
  func droppedEvents(of lane: LaneID) -> Int { session.droppedEvents(of: lane) }

  func finish() {
    while !session.isOver {
      _ = session.waitUntilEnded(milliseconds: 20)
      _ = session.drain()
    }
    session.join()
  }

  /// Samples over the lane's own step time, of steps that lie in a stretch of time whole; nil where there is none.
  ///
  /// Sums, not medians: a frame that holds up one step in ten must show.
  func samplesPerSecond(of lane: LaneID, from start: Double, to end: Double) -> Double? {
    let inside = steps.filter {
      $0.report.lane == lane && $0.time <= end && $0.time - $0.report.stepMilliseconds / 1000 >= start
    }
    let seconds = inside.reduce(0) { $0 + $1.report.stepMilliseconds } / 1000
    return seconds > 0 ? Double(inside.reduce(0) { $0 + $1.report.samples }) / seconds : nil
  }
}

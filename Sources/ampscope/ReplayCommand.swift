import ArgumentParser
import Foundation
import TrainingEvents

/// Plays a recorded run in the dashboard.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Plays a run recorded with --jsonl in the dashboard.")

  @Argument(help: "File of JSON lines.")
  var file: String

  @Option(help: "Times as fast as it happened; 0 shows the end at once.")
  var speed = 1.0

  @OptionGroup var display: DisplayOptions

  func run() throws {
    guard speed >= 0, speed.isFinite else {
      throw ValidationError("--speed must be a finite number of at least 0, found \(speed)")
    }
    guard DisplayOptions.plainReason == nil else {
      try printWhole()
      return
    }
    let (path, speed) = (file, speed == 0 ? Double.infinity : speed)
    try display.show(
      LoadingFeed(ReplayCommand.stage(of: path)) { report in
        try RecordedEvents.read(path: path) { report(ReplayCommand.stage(of: path), $0) }
      } open: {
        ReplayFeed($0, speed: speed)
      })
  }

  private static func stage(of path: String) -> String { "reading \((path as NSString).lastPathComponent)" }

  /// Plain lines, where there is no terminal for a dashboard.
  private func printWhole() throws {
    let events = try RecordedEvents.read(path: file)
    guard case .session(let session)? = events.first?.body else { return }
    var report = LineReport(session: session, isSilent: false)
    for event in events { report.add(event) }
    try report.flush()
  }
}

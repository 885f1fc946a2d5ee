import ArgumentParser
import Foundation
import Training
import TrainingEvents

/// The dashboard over a live session; plain lines where there is no terminal for it.
struct DashboardCommand: ConfigurableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dashboard", abstract: "Opens the dashboard (what ampscope does without a subcommand).")

  @OptionGroup var configurationOptions: ConfigurationOptions
  @OptionGroup var options: RunOptions
  @OptionGroup var display: DisplayOptions

  func run() throws {
    if let reason = DisplayOptions.plainReason {
      StandardStream.complain("ampscope: no dashboard: \(reason); plain lines instead\n")
      try HeadlessRun(options: options, defaultSchedule: .concurrent).run()
      return
    }
    let recorder = try options.jsonl.map { path in
      guard path != "-" else {
        throw ValidationError("--jsonl -: the dashboard needs standard output; name a file, or use `ampscope train`")
      }
      return try EventRecorder(path)
    }
    let factory = SessionFactory(
      options: options, defaultSchedule: .concurrent, isLossless: recorder != nil, plansAhead: true)
    // What can be refused without reading a file is refused before the screen opens.
    try factory.checkOptions()
    try display.show(
      LoadingFeed(factory.firstStage) { report in
        try factory.makeSession { report($0, nil) }
      } open: { session in
        try session.start()
        return LiveFeed(session: session, recorder: recorder)
      })
  }
}

import ArgumentParser
import Foundation

/// The command: see `ampscope --help`.
@main
struct Ampscope: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ampscope",
    abstract: "Trains the same network in FP32 and in mixed precision at once, and shows what precision does.",
    discussion: """
      Without a subcommand the dashboard opens. It takes all of train's options.

      Exit status: 0 done, 1 failure, 2 usage, 3 a lane diverged, 4 a --require-… is not met, \
      128+n ended by signal n.
      """,
    version: Version.text,
    subcommands: [
      DashboardCommand.self, TrainCommand.self, DoctorCommand.self, BenchCommand.self, InspectCommand.self,
      ReplayCommand.self, ThemesCommand.self,
    ],
    defaultSubcommand: DashboardCommand.self)

  static func main() {
    OpenMPEnvironment.restartWithoutBinding()
    do {
      var command = try parseAsRoot(ProgramArguments.current.get().all)
      try command.run()
    } catch let error as ExitStatus {
      leave(error.code)
    } catch {
      finish(error)
    }
  }

  /// The one place that turns errors into text and exit status.
  private static func finish(_ error: any Error) -> Never {
    let code = exitCode(for: error)
    if code == .success {
      print(fullMessage(for: error))
      leave(0)
    }
    let isUsage = code == .validationFailure
    let text = isUsage ? fullMessage(for: error) + note(on: error) : "ampscope: \(error)"
    StandardStream.complain(text + "\n")
    leave(isUsage ? ExitStatus.usage.code : ExitStatus.failure.code)
  }

  private static func note(on error: any Error) -> String {
    (try? ProgramArguments.current.get())?.note(on: message(for: error)) ?? ""
  }

  /// Ends the process at once, after what was printed has gone out.
  ///
  /// Not by `exit`: lanes may still compute, and must not meet libraries that are being torn down.
  private static func leave(_ code: Int32) -> Never {
    fflush(nil)
    _exit(code)
  }
}

import Benchmarks
import Foundation
import Testing
import TrainingEvents

/// `bench --against pytorch`, with a shell script in PyTorch's place.
@Suite struct BenchAgainstTests {
  private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  private static let fake = tests.appendingPathComponent("BenchmarksTests/Fixtures/fake_twin.sh").path
  private static let twins = tests.appendingPathComponent("Reference").path
  private static let small = ["bench", "--against", "pytorch", "--models", "ncf", "--rounds", "1", "--threads", "1"]

  private func run(_ arguments: [String], _ settings: [String: String]) throws -> Program {
    try Program(
      BenchAgainstTests.small + ["--python", BenchAgainstTests.fake, "--twins", BenchAgainstTests.twins] + arguments,
      environment: settings)
  }

  @Test(
    "Losses that are not ours exit with 1 and name the network; with ours there are both tables, and JSON says the same"
  )
  func compared() throws {
    let wrong = try run(["--json", "-", "--lanes", "fp32"], ["FAKE_LOSSES": "1,2,3,4"])
    #expect(wrong.status == 1)
    let refused = try JSONDecoder().decode(AgainstReport.self, from: Data(wrong.output.utf8))
    let row = try #require(refused.rows.first)
    #expect(row.error?.contains("another network") == true && row.eager?.losses == [1, 2, 3, 4] && row.best == nil)
    #expect(refused.means.isEmpty)

    let losses = row.ours.losses.map { "\($0)" }.joined(separator: ",")
    let file = TemporaryFile(".json")
    let right = try run(
      ["--lanes", "fp32,amp-bf16", "--json", file.url.path], ["FAKE_LOSSES": losses, "FAKE_MILLISECONDS": "80"])
    #expect(right.status == 0, "\(right.errors)")
    let report = try JSONDecoder().decode(AgainstReport.self, from: Data(contentsOf: file.url))
    #expect(report.rows.map(\.precision) == [.fp32, .ampBF16] && report.versions["PyTorch"] == "9.9")
    #expect(report.threads == 1 && report.processors.count == 1 && report.rounds == 1)
    #expect(
      report.rows.allSatisfy { $0.eager?.rounds == [80] && $0.compiled?.rounds == [80] && $0.ours.rounds.count == 1 })
    #expect(right.output.contains("best / ours") && right.output.contains("smaller / ours"))
    #expect(right.output.contains("goal 1.25") && right.output.contains("goal 1.35"))
    #expect(right.errors.contains("1/1 ncf: round 1/1"), "progress")
  }

  @Test(
    "What is missing is named by its option with what to do, and exits with 1",
    arguments: [
      (["--python", "/nowhere/python"], [:], "--python /nowhere/python: cannot be started"),
      (["--twins", "/nowhere"], [:], "--twins /nowhere: speed_twin.py is not there"),
      ([], ["FAKE_MISSING": "torch"], "the package torch is not installed in it; install it with"),
      ([], ["FAKE_END": "start"], "it has ended"),
    ])
  func missing(_ arguments: [String], _ settings: [String: String], _ message: String) throws {
    let run = try run(arguments, settings)
    #expect(run.status == 1 && run.output.isEmpty)
    #expect(run.errors.contains(message), "\(run.errors)")
  }

  @Test(
    "Usage errors exit with 2 and name the option",
    arguments: [
      (["--against", "pytorch"], "--against pytorch needs --python"),
      (["--against", "pytorh", "--python", "p"], "did you mean pytorch?"),
      (["--against", "pytorch", "--python", "p", "--steps", "9"], "--steps is not for --against"),
      (["--against", "pytorch", "--python", "p", "--rounds", "0"], "--rounds must be 1 to 1000"),
      (["--against", "pytorch", "--python", "p", "--lanes", "fp32,o2"], "not in o2"),
      (["--against", "pytorch", "--python", "p", "--lanes", "fp32,fp32"], "names a precision twice"),
      (["--against", "pytorch", "--python", "p", "--threads", "0"], "--threads must be 1 to 1024"),
      (["--against", "pytorch", "--python", "p", "--zoo"], "choose one of"),
      (["--zoo", "--python", "p"], "--python is for --against pytorch"),
      (["--zoo", "--rounds", "2"], "--rounds is for --against pytorch"),
    ])
  func usage(_ arguments: [String], _ message: String) throws {
    let run = try Program(["bench"] + arguments)
    #expect(run.status == 2)
    #expect(run.errors.contains(message), "\(run.errors)")
  }

  @Test("A signal ends it with 128 + n and without a table")
  func signal() throws {
    let run = try Program(
      BenchAgainstTests.small + ["--python", BenchAgainstTests.fake, "--twins", BenchAgainstTests.twins],
      environment: ["FAKE_SILENCE": "build"], signalOnErrors: ("PyTorch builds it", SIGTERM))
    #expect(run.status == 128 + SIGTERM && run.output.isEmpty)
  }
}

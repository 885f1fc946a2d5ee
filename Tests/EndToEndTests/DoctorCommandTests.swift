import Foundation
import PrecisionDoctor
import Testing
import TrainingEvents

@Suite struct DoctorCommandTests {
  private let small = ["--model", "ncf", "--factors", "4", "--batch", "64", "--threads", "1"]

  @Test("doctor prints a table, what to run and one step of it, and writes the same as JSON")
  func report() throws {
    let file = TemporaryFile(".json")
    let run = try Program(["doctor"] + small + ["--steps", "3", "--json", file.url.path])
    #expect(run.status == 0, "\(run.errors)")
    let report = try DoctorReport(json: Data(contentsOf: file.url))
    #expect(report.model == "ncf" && report.examination.looks.map(\.attempt) == [0, 2])
    #expect(report.recommendation.prescriptions.allSatisfy { $0.trial.isCommitted })
    for line in run.output.split(separator: "\n") where !line.hasPrefix("    ampscope") {
      #expect(line.count <= 100, "\(line)")
    }
    #expect(run.output.contains("Recommended: \(report.recommendation.prescriptions[0].policy.mode.rawValue)"))
    #expect(run.output.contains("ampscope train \(small.joined(separator: " ")) --lanes fp32,amp-fp16 --init-scale "))
    #expect(run.errors.contains("examining ncf in fp32"), "progress")
  }

  @Test("The command that doctor recommends is one that train takes")
  func command() throws {
    let run = try Program(["doctor"] + small + ["--steps", "0"])
    let lines = run.output.split(separator: "\n").filter { $0.hasPrefix("    ampscope train") }
    #expect(lines.count == 2)
    for line in lines {
      let arguments = line.split(separator: " ").dropFirst().map(String.init)
      let train = try Program(arguments + ["--steps", "2"])
      #expect(train.status == 0, "\(train.errors)")
      let committed = train.output.components(separatedBy: "2 committed, 0 skipped")
      #expect(committed.count == 3, "both lanes: \(train.output)")
    }
  }

  @Test("--bisect of a mode that trains has nothing to close; --json - prints nothing but JSON")
  func bisect() throws {
    let run = try Program(
      ["doctor"] + small + ["--steps", "4", "--bisect", "--mode", "amp-bf16", "--tolerance", "1", "--json", "-"])
    #expect(run.status == 0, "\(run.errors)")
    let report = try DoctorReport(json: Data(run.output.utf8))
    #expect(report.bisection?.verdict == .nothingToClose && report.bisection?.mode == .ampBF16)
    #expect(run.errors.contains("kept in fp32: nothing; gap "))
  }

  @Test("Where fp32 itself diverges the exit status is 3, with the reason")
  func diverged() throws {
    let run = try Program([
      "doctor", "--model", "mlp", "--hidden", "8", "--data", "glyphs", "--batch", "8", "--optimizer", "sgd", "--lr",
      "1e30",
      "--threads", "1",
    ])
    #expect(run.status == 3)
    #expect(run.output.isEmpty && run.errors.contains("fp32 itself diverges"))
  }

  @Test(
    "Options that mean nothing here are refused by name",
    arguments: [
      ["--jsonl", "x"], ["--save", "x"], ["--lanes", "fp32"], ["--mode", "fp16"], ["--init-scale", "8"],
      ["--keep-fp32", "head"], ["--bisect", "--steps", "3"], ["--bisect", "--mode", "fp32"],
      ["--bisect", "--tolerance=-1"],
    ])
  func refusals(options: [String]) throws {
    let run = try Program(["doctor"] + small + options)
    #expect(run.status == 2)
    #expect(options.contains { $0.hasPrefix("--") && run.errors.contains($0.prefix { $0 != "=" }) })
  }

  @Test("A signal ends it with 128 + n and without a report")
  func signal() throws {
    let run = try Program(
      ["doctor"] + small + ["--steps", "1000000"], signalOnErrors: ("examining", SIGTERM))
    #expect(run.status == 128 + SIGTERM)
    #expect(run.output.isEmpty)
  }
}

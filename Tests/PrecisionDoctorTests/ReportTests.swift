import BackendCPU
import Foundation
import Testing
import Training
import TrainingEvents

@testable import PrecisionDoctor

@Suite("Reports") struct ReportTests {
  private func report() throws -> DoctorReport {
    let configuration = smallRun(optimizer: .adamW())
    let weights = try ScaledWeights(configuration, factors: overflowing)
    var report = try DoctorReport(configuration, on: CPUBackend(), steps: 2, initialWeights: weights.file)
    report.bisection = try LayerBisection(
      training: configuration, on: CPUBackend(), mode: .ampFP16, steps: 8, initialWeights: weights.file)
    return report
  }

  @Test("JSON brings everything back, infinities too")
  func json() throws {
    let report = try report()
    #expect(report.bisection?.gapBefore == .infinity)
    let data = try report.json()
    #expect(try DoctorReport(json: data).json() == data)
  }

  @Test("The text names what is in danger, how to apply the remedy, and fits 100 columns")
  func text() throws {
    let text = try report().text(command: "ampscope train --model small")
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.allSatisfy { $0.count <= DoctorReport.textWidth || $0.hasPrefix("    ampscope") })
    #expect(text.contains("layers in danger"))
    #expect(lines.contains { $0.hasPrefix("2 ") && $0.hasSuffix("overflow") })
    #expect(text.contains("kept in fp32: 2"))
    #expect(text.contains("    ampscope train --model small --lanes fp32,amp-fp16 --init-scale "))
    #expect(text.contains("gap with nothing kept in fp32: infinite (it does not train)"))
    #expect(text.contains("--keep-fp32 '2'"))
  }

  @Test("Every verdict of a bisection has its words")
  func verdicts() throws {
    var report = try report()
    func bisection(_ gap: @escaping (Set<String>) -> Double) throws -> LayerBisection {
      try LayerBisection(
        mode: .bf16, steps: 40, tolerance: 0.1, referenceLoss: 1, layers: ["a", "b"], gap: gap)
    }
    report.bisection = try bisection { _ in 0 }
    #expect(report.text(command: "x").contains("nothing to close"))
    report.bisection = try bisection { _ in 1 }
    #expect(report.text(command: "x").contains("layers are not the cause"))
    report.bisection = try bisection { $0.count == 2 ? 0 : 1 }
    #expect(report.text(command: "x").contains("without b: 1.0000"))
  }

  @Test("Names too long for the table lose their beginning")
  func longNames() {
    let rows = aligned([[String(repeating: "x", count: 200) + "end", "1", ""]])
    #expect(rows[0].count <= DoctorReport.textWidth && rows[0].hasPrefix("…") && rows[0].contains("xend  1"))
  }

  @Test(
    "Numbers are short",
    arguments: [(0.0, "0 %"), (1e-9, "<0.1 %"), (0.5, "50.0 %"), (0.9999, ">99.9 %"), (1, "100 %")])
  func percents(share: Double, text: String) { #expect(percent(share) == text) }

  @Test("Text is broken at blanks and goes on where it began")
  func wrapping() {
    let lines = wrapped(Array(repeating: "word", count: 60).joined(separator: " "), indent: 2, hanging: 4)
    #expect(
      lines.count == 4 && lines[0].hasPrefix("  word") && lines.dropFirst().allSatisfy { $0.hasPrefix("    word") })
    #expect(lines.allSatisfy { $0.count <= DoctorReport.textWidth })
  }
}

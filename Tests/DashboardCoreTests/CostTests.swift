import Testing
import TrainingEvents

@testable import DashboardCore

@Suite("Overrides in the header, looking at tensors in the step time, masters in memory")
struct CostTests {
  private let b = LaneID(1)

  private func text(_ state: DashboardState, _ width: Int = 120, _ height: Int = 40) -> String {
    render(state, theme: .standard, width: width, height: height, glyphs: .unicode).text
  }

  @Test(
    "What is changed of a mode stands behind it, short; nothing where nothing is",
    arguments: [
      (PrecisionOverrides(), "amp-fp16"), (PrecisionOverrides(keepFP32: ["a", "b.*"]), "amp-fp16 +2 fp32"),
      (PrecisionOverrides(masterWeights: false), "amp-fp16 −masters"),
      (PrecisionOverrides(keepBatchNormFP32: true, stochasticRounding: true), "amp-fp16 +bn fp32 +stochastic"),
    ])
  func short(overrides: PrecisionOverrides, text: String) {
    #expect(PrecisionPolicy(.ampFP16, overrides: overrides).shortText == text)
  }

  @Test("The header shows overrides in force and those asked for, and columns stay in line")
  func header() throws {
    let state = Driver(Fixture.lab)
    state.receive(
      .precision(
        PrecisionReport(
          lane: b, attempt: 600, from: .ampFP16, to: .ampFP16, compileMilliseconds: 1, lossy: false, scaler: .kept,
          overrides: PrecisionOverrides(keepFP32: ["features.0", "classifier"]))))
    let lines = text(state.state, 200, 60).split(separator: "\n").map { Array($0.unicodeScalars) }
    let rows = lines.filter { String(String.UnicodeScalarView($0)).contains(" avg loss ") }
    #expect(rows.count == 2 && String(String.UnicodeScalarView(rows[1])).contains("B amp-fp16 +2 fp32  running"))
    let places = rows.map { row in row.indices.first { row[$0...].starts(with: "step ".unicodeScalars) } }
    #expect(places[0] != nil && places[0] == places[1])
    state.state.lanes[1].pendingOverrides = PrecisionOverrides(keepFP32: ["features.0"])
    #expect(text(state.state).contains("→1 fp32"))
    // The session may begin with overrides.
    var session = ScriptedRun.sessionWithAllModes()
    session.lanes[1].overrides = PrecisionOverrides(keepFP32: ["classifier"])
    state.receive(.session(session))
    #expect(text(state.state).contains("B amp-bf16 +1 fp32"))
  }

  @Test("Time spent on looking has a column where there is any, and the phases add up to the step")
  func numericsPhase() {
    #expect(!text(Fixture.paying, 200, 60).contains("num"))
    let events = ScriptedRun(attempts: 60, switchAt: nil).events.map { event in
      guard case .step(var report) = event.body else { return event }
      report.phases.numerics = 0.03 * report.stepMilliseconds
      report.phases.backward -= 0.03 * report.stepMilliseconds
      return TrainingEvent(time: event.time, body: .step(report))
    }
    let state = Fixture.state(events)
    let means = state.lanes[1].phases.mean ?? []
    let share = means[StepPhase.numerics.rawValue] / means.reduce(0, +)
    #expect(abs(share - 0.03) < 1e-9)
    let steps = state.lanes[1].history.stepTime.samples.map { Double($0) }
    let (sum, step): (Double, Double) = (means.reduce(0, +), steps.reduce(0, +) / Double(steps.count))
    // Step times are kept in single precision.
    #expect(abs(sum / step - 1) < 1e-5)
    for (width, height) in [(120, 40), (200, 60)] { #expect(text(state, width, height).contains("num")) }
  }

  @Test("A file without the field counts no time for looking")
  func olderFiles() {
    #expect(StepPhase.numerics.milliseconds(in: PhaseTimes(forward: 1, numerics: nil)) == 0)
  }

  @Test("A verdict against a mode names the cast tax")
  func castTax() {
    let events = ScriptedRun(attempts: 60, switchAt: nil).events.map { event in
      guard case .step(var report) = event.body, report.lane == b else { return event }
      report.stepMilliseconds *= 2
      report.phases = PhaseTimes(
        forward: 0.3 * report.stepMilliseconds, backward: 0.4 * report.stepMilliseconds,
        cast: 0.3 * report.stepMilliseconds)
      return TrainingEvent(time: event.time, body: .step(report))
    }
    #expect(
      Verdict.lines(Fixture.state(events), width: 80).map(\.text) == ["bf16 does not pay: the cast tax is 30 %"])
  }

  @Test("fp32 masters have a line where a mode keeps them, and none elsewhere")
  func masters() {
    let state = Driver(Fixture.running)
    state.take(.resize(width: 200, height: 60))
    #expect(!text(state.state, 200, 60).contains("masters"))
    var bytes = MemoryBreakdown(parameters: 1 << 20, masters: 2 << 20, gradients: 1 << 20, activations: 8 << 20)
    state.receive(
      .memory(
        MemoryReport(
          lane: b, attempt: 1, precision: .o2, bytes: bytes, peak: bytes.total, unshared: bytes.total, rss: 1)))
    #expect(text(state.state, 200, 60).contains("masters") && text(state.state, 200, 60).contains("2.00 MiB"))
    bytes.masters = 0
    #expect(MemoryCategory.total(of: bytes) == bytes.total)
  }
}

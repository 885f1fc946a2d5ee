import BackendAPI
import BackendCPU
import Testing
import Training
import TrainingEvents

@Suite("Session: planning ahead")
struct PlanAheadTests {
  private func memory(_ events: [TrainingEvent], of lane: LaneID) -> [MemoryReport] {
    events.compactMap { if case .memory(let report) = $0.body, report.lane == lane { report } else { nil } }
  }

  @Test("Peaks are measured once, before the first step, for every format")
  func peaks() throws {
    var options = Session.Options(steps: 3, schedule: .alternating)
    options.plansAhead = true
    let events = try SessionHarness(.small("mlp"), [.fp32, .ampBF16], options: options).runToEnd()
    let found = events.indices.filter { if case .peaks = events[$0].body { true } else { false } }
    #expect(found.count == 1)
    guard let index = found.first, case .peaks(let report) = events[index].body else { return }
    #expect(report.threads == 1)
    for format in NumericFormat.allCases {
      // A machine that runs this suite multiplies faster than 10⁷ and slower than 10¹⁴ operations a second.
      let rate = try #require(report[format])
      #expect(rate > 0.01 && rate < 100_000, "\(format)")
    }
    let firstStep = try #require(events.firstIndex { if case .step = $0.body { true } else { false } })
    #expect(index < firstStep)
  }

  @Test("The largest batch that fits the baseline's bytes is what the plans say, and no larger one fits")
  func headroom() throws {
    var options = Session.Options(schedule: .alternating, isLossless: true, ringCapacity: 64)
    options.plansAhead = true
    let configuration = try Trainer.Configuration.small("cnn", dropout: 0, batchSize: 24)
    let harness = try SessionHarness(configuration, [.fp32, .ampBF16], options: options)
    try harness.start()
    harness.drain(until: "the headroom is planned") { events in
      memory(events, of: laneB).contains { $0.largestBatch != nil }
    }
    harness.session.send(.stop)
    let events = harness.drainToEnd()
    let bytes = try #require(memory(events, of: laneA).first?.peak)
    let batch = try #require(memory(events, of: laneB).compactMap(\.largestBatch).last)
    #expect(batch > 24)
    func peak(_ batchSize: Int) throws -> Int {
      try Trainer(.small("cnn", dropout: 0, batchSize: batchSize), precision: .ampBF16, backend: CPUBackend()).memory
        .peak
    }
    #expect(try peak(batch) <= bytes)
    #expect(try peak(batch + 1) > bytes || batch == 96)
    #expect(memory(events, of: laneA).allSatisfy { $0.largestBatch == nil })
  }

  @Test("Nothing is planned where nobody asked")
  func quiet() throws {
    let options = Session.Options(steps: 3, schedule: .alternating)
    let events = try SessionHarness(.small("mlp"), [.fp32, .ampBF16], options: options).runToEnd()
    #expect(memory(events, of: laneB).allSatisfy { $0.largestBatch == nil })
    #expect(!events.contains { if case .peaks = $0.body { true } else { false } })
  }
}

import RunStatistics
import Testing
import TrainingEvents

@Suite struct RunSummaryBuilderTests {
  private let session = SessionDescription(
    model: "mlp", parameterCount: 1, forwardFLOPsPerSample: 1,
    data: DataDescription(
      name: "synthetic", isSynthetic: true, trainCount: 1, validationCount: 1, sampleShape: [1, 28, 28], classCount: 10,
      note: ""),
    batchSize: 100, optimizer: "sgd", learningRate: 0.1, seed: 1, steps: nil, schedule: .alternating, threadsPerLane: 1,
    lanes: [
      LaneDescription(lane: laneA, precision: .fp32, scaler: nil),
      LaneDescription(lane: laneB, precision: .ampBF16, scaler: nil),
    ],
    baseline: laneA,
    machine: MachineDescription(
      device: "cpu", processor: "", allowedProcessors: 1, instructionSets: [], memoryBytes: 1),
    precisions: [], versions: [:])

  private func started() -> RunSummaryBuilder {
    var builder = RunSummaryBuilder()
    builder.add(TrainingEvent(time: 100, body: .session(session)))
    return builder
  }

  /// Feeds steps of both lanes in turn: A takes 20 ms, B as said.
  private func run(
    _ builder: inout RunSummaryBuilder, attempts: Range<Int>, laneMilliseconds: Double, segment: Int
  ) {
    for attempt in attempts {
      let time = 100 + Double(attempt) * 0.035
      builder.add(
        TrainingEvent(time: time, body: .step(.make(laneA, attempt, milliseconds: 20, segment: segment))))
      builder.add(
        TrainingEvent(
          time: time + 0.02, body: .step(.make(laneB, attempt, milliseconds: laneMilliseconds, segment: segment))))
    }
  }

  @Test("Nothing gives an empty summary")
  func empty() {
    #expect(RunSummaryBuilder().summary == RunSummary(lanes: [], speedup: [], seconds: 0))
    let started = started().summary
    #expect(started.lanes.map(\.lane) == [laneA, laneB])
    #expect(started.lanes.allSatisfy { $0.medianStepMilliseconds == nil && $0.committed == 0 })
    #expect(started.speedup.isEmpty)
  }

  @Test("Steps, memory, states and the final evaluation end up with their lanes")
  func lanes() throws {
    var builder = started()
    run(&builder, attempts: 0..<50, laneMilliseconds: 10, segment: 0)
    builder.add(
      TrainingEvent(time: 103, body: .step(.make(laneB, 50, milliseconds: 10, committed: false))))
    let memory = MemoryReport(
      lane: laneB, attempt: 50, precision: .ampBF16, bytes: MemoryBreakdown(parameters: 4), peak: 4, unshared: 8,
      rss: 16)
    builder.add(TrainingEvent(time: 103, body: .memory(memory)))
    let middle = EvaluationReport(lane: laneB, attempt: 30, loss: 2, accuracy: 0.1, count: 5, isFinal: false)
    let last = EvaluationReport(lane: laneA, attempt: 50, loss: 1, accuracy: 0.9, count: 10, isFinal: true)
    builder.add(TrainingEvent(time: 103, body: .evaluation(middle)))
    builder.add(TrainingEvent(time: 104, body: .evaluation(last)))
    builder.add(TrainingEvent(time: 110, body: .lane(LaneStateReport(lane: laneA, attempt: 50, state: .finished))))
    builder.add(TrainingEvent(time: .nan, body: .note(Message(text: "a clock that failed"))))

    let summary = builder.summary
    #expect(summary.seconds == 10)
    let a = try #require(summary.lanes.first)
    #expect(a.state == .finished)
    #expect(a.committed == 50)
    #expect(a.skipped == 0)
    #expect(a.medianStepMilliseconds == 20)
    #expect(a.p95StepMilliseconds == 20)
    #expect(a.evaluation == last)
    #expect(abs(try #require(a.samplesPerSecond) - 5000) < 1e-9)
    let b = try #require(summary.lanes.last)
    #expect(b.precision == .ampBF16)
    #expect(b.state == .running)
    #expect(b.committed == 50)
    #expect(b.skipped == 1)
    #expect(b.memory == memory)
    #expect(b.evaluation == nil)
  }

  @Test("Speedup is given for each schedule that was measured")
  func schedules() throws {
    var builder = started()
    run(&builder, attempts: 0..<60, laneMilliseconds: 10, segment: 0)
    builder.add(
      TrainingEvent(time: 103, body: .schedule(ScheduleReport(schedule: .concurrent, segment: 1))))
    run(&builder, attempts: 60..<160, laneMilliseconds: 20, segment: 1)
    let speedup = builder.summary.speedup
    #expect(speedup.map(\.schedule) == [.alternating, .concurrent])
    #expect(speedup.allSatisfy { $0.baseline == laneA && $0.lane == laneB })
    #expect(speedup.first?.count == 50)
    #expect(abs(try #require(speedup.first).ratio - 2) < 1e-9)
    #expect(try #require(speedup.first).low != nil)
    // Both lanes make a step every 35 ms here.
    #expect(abs(try #require(speedup.last).ratio - 1) < 0.05)
  }

  @Test("A short newest segment does not hide the one before it")
  func shortSegment() throws {
    var builder = started()
    run(&builder, attempts: 0..<60, laneMilliseconds: 10, segment: 0)
    run(&builder, attempts: 60..<75, laneMilliseconds: 5, segment: 1)
    #expect(abs(try #require(builder.speedup.first).ratio - 2) < 1e-9)
    run(&builder, attempts: 75..<120, laneMilliseconds: 5, segment: 1)
    #expect(abs(try #require(builder.speedup.first).ratio - 4) < 1e-9)
  }

  @Test("A precision change forgets what was measured, even if the other lane reports late")
  func precisionChange() throws {
    var builder = started()
    run(&builder, attempts: 0..<60, laneMilliseconds: 10, segment: 0)
    let change = PrecisionReport(
      lane: laneB, attempt: 60, from: .ampBF16, to: .ampFP16, compileMilliseconds: 3, lossy: false, scaler: .reset)
    builder.add(TrainingEvent(time: 103, body: .precision(change)))
    #expect(builder.speedup.isEmpty)
    #expect(builder.summary.lanes.last?.precision == .ampFP16)
    for attempt in 60..<65 {
      builder.add(TrainingEvent(time: 103, body: .step(.make(laneA, attempt, milliseconds: 20, segment: 0))))
    }
    run(&builder, attempts: 65..<110, laneMilliseconds: 40, segment: 1)
    #expect(builder.speedup.count == 1)
    #expect(abs(try #require(builder.speedup.first).ratio - 0.5) < 1e-9)
  }

  @Test("Steps of the new segment that arrive before the precision change are kept")
  func earlyPartner() throws {
    var builder = started()
    run(&builder, attempts: 0..<60, laneMilliseconds: 10, segment: 0)
    for attempt in 60..<100 {
      builder.add(TrainingEvent(time: 104, body: .step(.make(laneA, attempt, milliseconds: 20, segment: 1))))
    }
    let change = PrecisionReport(
      lane: laneB, attempt: 60, from: .ampBF16, to: .fp32, compileMilliseconds: 0, lossy: false, scaler: .off)
    builder.add(TrainingEvent(time: 104, body: .precision(change)))
    for attempt in 60..<100 {
      builder.add(TrainingEvent(time: 104, body: .step(.make(laneB, attempt, milliseconds: 20, segment: 1))))
    }
    let estimate = try #require(builder.speedup.first)
    #expect(estimate.count == 30)
    #expect(abs(estimate.ratio - 1) < 1e-12)
  }

  @Test("Lanes that the session did not name are ignored")
  func strangers() {
    var builder = started()
    builder.add(TrainingEvent(time: 101, body: .step(.make(LaneID(5), 0, milliseconds: 1))))
    #expect(builder.summary.lanes.count == 2)
  }
}

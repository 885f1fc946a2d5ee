import BackendAPI
import BackendCPU
import Testing
import Training
import TrainingEvents

@Suite("Session: live edits")
struct LiveEditTests {
  private func paused(_ policies: [PrecisionPolicy], faults: [Fault] = []) throws -> SessionHarness {
    var options = Session.Options(schedule: .alternating, isLossless: true, startsPaused: true, ringCapacity: 64)
    options.faults = faults
    let harness = try SessionHarness(
      .small(scaler: .automatic(GradScaler.Settings(initialScale: 1024))), policies,
      options: options)
    try harness.start()
    harness.drain(until: "the lanes are paused") { events in
      policies.indices.allSatisfy { events.states(of: LaneID($0)).last == .paused }
    }
    return harness
  }

  @Test("A layer kept in fp32 takes effect at the next step, is an event, and is let go again from the cache")
  func keepLayer() throws {
    let harness = try paused([PrecisionPolicy(.ampFP16)])
    harness.session.send(.setOverrides(laneA, PrecisionOverrides(keepFP32: ["features.0"])))
    harness.drain(until: "the layer is kept") { $0.precisionChanges.count == 1 }
    harness.session.send(.setNumerics(every: 1))
    harness.session.send(.step)
    harness.drain(until: "a step in the new formats") { !$0.numerics.isEmpty }
    harness.session.send(.setOverrides(laneA, PrecisionOverrides()))
    harness.drain(until: "the layer is let go") { $0.precisionChanges.count == 2 }
    harness.session.send(.stop)
    let events = harness.drainToEnd()
    let changes = events.precisionChanges
    #expect(changes[0].overrides?.keepFP32 == ["features.0"] && changes[0].compileMilliseconds > 0)
    #expect(changes[0].from == .ampFP16 && changes[0].to == .ampFP16 && changes[0].scaler == .kept && !changes[0].lossy)
    #expect(changes[1].overrides?.isEmpty == true && changes[1].compileMilliseconds == 0)
    let report = try #require(events.numerics.first)
    for tensor in report.tensors where tensor.layer == "features.0" && tensor.kind == .activation {
      #expect(tensor.format == .fp32, "\(tensor.name)")
    }
    #expect(report.tensors.contains { $0.layer == "features.4" && $0.format == .fp16 })
  }

  @Test("Overrides wait while a lane is fp32, and come back with the mode that has a use for them")
  func overridesSurvive() throws {
    let harness = try paused([PrecisionPolicy(.ampBF16, overrides: PrecisionOverrides(keepFP32: ["classifier.*"]))])
    harness.session.send(.setPrecision(laneA, .fp32))
    harness.drain(until: "fp32") { $0.precisionChanges.last?.to == .fp32 }
    harness.session.send(.setOverrides(laneA, PrecisionOverrides(keepFP32: ["features.0"])))
    harness.session.send(.setPrecision(laneA, .ampFP16))
    harness.drain(until: "amp-fp16") { $0.precisionChanges.last?.to == .ampFP16 }
    harness.session.send(.stop)
    let events = harness.drainToEnd()
    #expect(events.precisionChanges.map { $0.overrides?.keepFP32 } == [[], ["classifier.*"]])
    #expect(events.commands.compactMap(\.refusal).count == 1)
    #expect(harness.session.description.lanes[0].overrides?.keepFP32 == ["classifier.*"])
  }

  @Test("What names nothing or contradicts a mode is refused, and changes nothing")
  func refusals() throws {
    let harness = try paused([PrecisionPolicy(.fp32), PrecisionPolicy(.ampFP16)])
    let commands: [(TrainingCommand, String)] = [
      (.setOverrides(laneB, PrecisionOverrides(keepFP32: ["tail"])), "\"tail\" names no layer"),
      (.setOverrides(laneB, PrecisionOverrides(masterWeights: false)), "master_weights means nothing to amp-fp16"),
      (.setOverrides(laneA, PrecisionOverrides(keepFP32: ["features.0"])), "everything is fp32 already"),
      (.setOverrides(laneC, PrecisionOverrides()), "no lane C"),
      (.setPrecision(laneB, .tf32), "needs NVIDIA tensor cores"),
      (.setScaler(laneB, "adaptive"), "no loss scaler \"adaptive\""),
      (.setScaler(laneB, "static"), "has no default"),
      (.setScaler(laneB, "static:x"), "no number"),
      (.setScale(laneB, 0), "2^-126 to 2^126"),
      (.setScale(laneC, 8), "no lane C"),
      (.inject(Fault(.inject(.nan, tensor: "tail"))), "no tensor \"tail\""),
      (.inject(Fault(.scale(2), lane: laneC)), "no running lane C"),
      (.setNumerics(every: 0), "every 1 attempt or more"),
    ]
    for (command, _) in commands { harness.session.send(command) }
    harness.session.send(.stop)
    let events = harness.drainToEnd()
    let reports = events.commands.prefix(commands.count)
    for (report, (command, text)) in zip(reports, commands) {
      #expect(report.command == command && report.refusal?.contains(text) == true, "\(report.refusal ?? "carried out")")
    }
    #expect(events.precisionChanges.isEmpty && events.scaleChanges.isEmpty)
  }

  @Test("The scale and the scaler's policy are set live: events, and in force at the next step")
  func scaler() throws {
    let harness = try paused([PrecisionPolicy(.ampFP16)])
    func step(_ count: Int) {
      harness.session.send(.step)
      harness.drain(until: "step \(count)") { $0.steps.count == count }
    }
    step(1)
    harness.session.send(.setScale(laneA, 64))
    harness.drain(until: "the scale is set") { $0.scaleChanges.count == 1 }
    step(2)
    harness.session.send(.setScaler(laneA, "static:32"))
    harness.drain(until: "the scaler is set") { $0.scaleChanges.count == 2 }
    step(3)
    harness.session.send(.setScaler(laneA, "none"))
    harness.drain(until: "there is none") { events in events.notes.contains { $0.text.contains("no loss scaling") } }
    step(4)
    harness.session.send(.setScale(laneA, 16))
    harness.drain(until: "an error says so") { !$0.errors.isEmpty }
    harness.session.send(.stop)
    let events = harness.drainToEnd()
    #expect(events.steps.map(\.scale) == [1024, 64, 32, nil])
    #expect(events.scaleChanges.map(\.cause) == [.forced, .reset])
    #expect(events.scaleChanges.map(\.from) == [1024, 64] && events.scaleChanges.map(\.to) == [64, 32])
    #expect(events.errors.first?.text.contains("scales nothing") == true)
  }

  @Test("Faults come at their attempt, in their lane, and once")
  func faults() throws {
    let harness = try paused(
      [PrecisionPolicy(.ampFP16), PrecisionPolicy(.ampFP16)],
      faults: ["nan:features.4@1/A", "lr*0@2", "scale=16@3/B"].map { try Fault(parsing: $0) })
    harness.session.send(.resume)
    harness.drain(until: "six steps") { events in [laneA, laneB].allSatisfy { events.steps(of: $0).count > 6 } }
    harness.session.send(.inject(Fault(.inject(.inf, tensor: "grad:classifier.0"), lane: laneB)))
    harness.drain(until: "the fault that was asked for") { $0.faults.count == 5 }
    harness.session.send(.stop)
    let events = harness.drainToEnd()
    let (a, b) = (events.steps(of: laneA), events.steps(of: laneB))
    #expect(a.prefix(6).map(\.committed) == [true, false, true, true, true, true])
    #expect(b.prefix(6).map(\.committed) == [Bool](repeating: true, count: 6))
    #expect(a[2].learningRate == 0 && b[2].learningRate == 0 && a[3].learningRate > 0)
    #expect(b[3].scale == 16 && b[4].scale == 16 && a[3].scale == 512)
    #expect(events.faults.prefix(4).map(\.attempt).sorted() == [1, 2, 2, 3])
    let last = try #require(events.faults.last)
    #expect(b.first { $0.attempt == last.attempt }?.committed == false)
    #expect(events.diagnoses.map(\.cause) == [.injected, .injected])
  }

  @Test("A mode without masters rounds parameters once, says so, and comes back widened")
  func lossy() throws {
    let harness = try paused([PrecisionPolicy(.fp32)])
    for mode in [Precision.bf16, .o2, .fp32] {
      harness.session.send(.setPrecision(laneA, mode))
      harness.drain(until: "\(mode)") { $0.precisionChanges.last?.to == mode }
    }
    harness.session.send(.stop)
    let events = harness.drainToEnd()
    #expect(events.precisionChanges.map(\.lossy) == [true, false, false])
  }
}

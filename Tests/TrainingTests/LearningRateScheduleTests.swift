import BackendAPI
import BackendCPU
import Testing
import Training
import TrainingEvents

@Suite("Learning-rate schedules against PyTorch")
struct LearningRateScheduleTests {
  /// A scheduler of torch.optim.lr_scheduler, its arguments under torch's names.
  private struct Scheduler: Decodable {
    var kind: String
    var gamma: Double?
    var factor: Double?
    var stepSize: Int?
    var startFactor: Double?
    var endFactor: Double?
    var totalIters: Int?
    var tMax: Int?
    var etaMin: Double?
    var totalSteps: Int?
    var maxLr: Double?
    var pctStart: Double?
    var annealStrategy: String?
    var divFactor: Double?
    var finalDivFactor: Double?
    var threePhase: Bool?

    /// Ours, if it takes these arguments; a linear schedule by itself holds its end.
    func schedule(base: Double) -> LearningRateSchedule? {
      switch kind {
      case "constant": return factor == 1 ? .constant : nil
      case "step":
        guard let stepSize, let gamma else { return nil }
        return .step(size: stepSize, gamma: gamma)
      case "cosine":
        guard let tMax, let etaMin else { return nil }
        return .cosine(steps: tMax, minimum: etaMin)
      case "linear": return warmup(then: .constant)
      case "one_cycle":
        let isStandard = maxLr == base && pctStart == nil && annealStrategy == nil && divFactor == nil
        guard let totalSteps, isStandard, finalDivFactor == nil, threePhase == nil else { return nil }
        return .oneCycle(steps: totalSteps)
      default: return nil
      }
    }

    /// A linear schedule up to the whole rate, then another.
    func warmup(then next: LearningRateSchedule) -> LearningRateSchedule? {
      guard kind == "linear", endFactor == 1, let totalIters, let startFactor else { return nil }
      return .warmup(steps: totalIters, startFactor: startFactor, then: next)
    }
  }

  private struct Sequence: Decodable {
    var name: String
    var baseLr: Double
    var schedulers: [Scheduler]
    var milestones: [Int]?
    /// The rate of every step.
    var lr: [Double]

    /// Ours; nil where none is the same.
    var schedule: LearningRateSchedule? {
      switch schedulers.count {
      case 1: return schedulers[0].schedule(base: baseLr)
      case 2:
        guard milestones == [schedulers[0].totalIters ?? -1] else { return nil }
        return schedulers[1].schedule(base: baseLr).flatMap { schedulers[0].warmup(then: $0) }
      default: return nil
      }
    }
  }

  private struct Sequences: Decodable {
    var steps: Int
    var sequences: [Sequence]
  }

  @Test("Every step of every schedule that we have takes torch's rate")
  func sequences() throws {
    let fixture = try ReferenceFixtures.decode(Sequences.self, "schedule_sequences.json")
    let ours = fixture.sequences.filter { $0.schedule != nil }
    #expect(
      ours.map(\.name) == [
        "step", "step-of-one", "cosine", "cosine-with-floor", "cosine-past-its-end", "linear-warmup", "warmup-constant",
        "warmup-step", "warmup-cosine", "one-cycle",
      ])
    // We have neither linear decay nor other constants of one cycle.
    #expect(
      fixture.sequences.filter { $0.schedule == nil }.map(\.name) == [
        "linear-decay", "warmup-linear-decay", "one-cycle-linear", "one-cycle-factors", "one-cycle-three-phases",
      ])
    for sequence in ours {
      let schedule = try #require(sequence.schedule)
      #expect(sequence.lr.count == fixture.steps)
      for (step, expected) in sequence.lr.enumerated() {
        let rate = schedule.rate(base: sequence.baseLr, committedSteps: step)
        // Torch multiplies its way from step to step in fp64: at most four roundings each of fifty steps, of rates that
        // were as large as the base.
        #expect(abs(rate - expected) <= 4 * 50 * 0x1p-53 * sequence.baseLr, "\(sequence.name), step \(step)")
      }
    }
  }

  @Test("Past its end a cycle stays where torch's ends")
  func afterCycle() {
    let schedule = LearningRateSchedule.oneCycle(steps: 50)
    let last = schedule.rate(base: 0.1, committedSteps: 49)
    #expect(abs(last - 0.1 / 25 / 1e4) <= 1e-15)
    #expect(schedule.rate(base: 0.1, committedSteps: 50) == last)
    #expect(schedule.rate(base: 0.1, committedSteps: 1000) == last)
  }

  @Test("Schedules of no length are finite", arguments: [0, 1])
  func short(steps: Int) {
    let schedules: [LearningRateSchedule] = [
      .step(size: steps, gamma: 0.5), .cosine(steps: steps, minimum: 0), .oneCycle(steps: steps),
      .warmup(steps: steps, startFactor: 0, then: .constant),
    ]
    for schedule in schedules {
      for step in 0..<3 {
        let rate = schedule.rate(base: 0.1, committedSteps: step)
        #expect(rate.isFinite && rate >= 0 && rate <= 0.1, "\(schedule.text), step \(step): \(rate)")
      }
    }
  }

  @Test("A skipped step leaves the rate where it is")
  func skipped() throws {
    // Gradients overflow fp16 until the scale has halved a few times.
    var configuration = try Trainer.Configuration.small(
      optimizer: .sgd(learningRate: 0.5), scaler: .automatic(GradScaler.Settings(initialScale: 0x1p30)))
    configuration.schedule = .step(size: 1, gamma: 0.5)
    let trainer = try Trainer(configuration, precision: .ampFP16, backend: CPUBackend())
    let results = try (0..<40).map { _ in try trainer.step() }
    #expect(results.count { !$0.isCommitted } >= 5)
    var (rate, committed) = (0.5, 0)
    for result in results {
      #expect(result.learningRate == rate, "attempt \(result.attempt)")
      guard result.isCommitted else { continue }
      (rate, committed) = (rate / 2, committed + 1)
    }
    #expect(committed >= 5)
    #expect(trainer.currentLearningRate == rate)
  }
}

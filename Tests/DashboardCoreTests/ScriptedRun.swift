import Glibc
import TrainingEvents

/// A made-up run with everything in it that a dashboard must show, the same on every call: no clock, no system random
/// numbers.
///
/// Lane A trains in fp32; lane B in bf16, and in fp16 with a loss scaler once it was switched.
struct ScriptedRun {
  var attempts = 600
  /// Attempt at which lane B changes to fp16; nil where it never does.
  var switchAt: Int? = 280
  var schedule = Schedule.alternating
  /// Attempts at which lane A's loss is not finite and skipped.
  var nonFinite: Set<Int> = [150]
  /// Attempts at which lane A's loss is a hundred times what it should be.
  var spikes: Set<Int> = [401]
  var isSynthetic = false
  var steps: Int? = 2000
  /// Whether tensors are looked at, skips diagnosed, and a fault comes.
  var hasNumerics = false
  /// Whether the final evaluation and the summary follow.
  var isComplete = false

  static let start = 1_790_000_000.0
  /// Attempt of the fault in a run with numerics.
  static let faultAt = 400

  static func session(schedule: Schedule, isSynthetic: Bool, steps: Int?) -> SessionDescription {
    SessionDescription(
      model: "cnn", parameterCount: 421_834, forwardFLOPsPerSample: 25_300_000,
      data: DataDescription(
        name: isSynthetic ? "synthetic" : "fashion-mnist", isSynthetic: isSynthetic, trainCount: 60_000,
        validationCount: 10_000, sampleShape: [1, 28, 28], classCount: 10,
        note: isSynthetic ? "synthetic glyphs: install dataset-fashion-mnist or pass --data-dir for real images" : ""),
      batchSize: 128, optimizer: "sgd", learningRate: 0.05, seed: 1, steps: steps, schedule: schedule,
      threadsPerLane: 1,
      lanes: [
        LaneDescription(lane: LaneID(0), precision: .fp32, scaler: nil),
        LaneDescription(lane: LaneID(1), precision: .ampBF16, scaler: nil),
      ], baseline: LaneID(0),
      machine: MachineDescription(
        device: "cpu", processor: "AMD EPYC 9B14", allowedProcessors: 2,
        instructionSets: ["avx2", "f16c", "avx512f", "avx512_bf16"], memoryBytes: 8 << 30),
      precisions: [
        PrecisionSupport(precision: .fp32, isNative: true, explanation: "AVX-512"),
        PrecisionSupport(precision: .ampBF16, isNative: true, explanation: "AVX512_BF16 dot products"),
        PrecisionSupport(
          precision: .ampFP16, isNative: false, explanation: "stored in fp16, computed in fp32: no AVX512_FP16"),
      ], versions: ["ampscope": "0.1.0", "oneDNN": "2.6.3"])
  }

  /// As on a device that speaks of every mode, and has no TF32.
  static func sessionWithAllModes() -> SessionDescription {
    var session = session(schedule: .alternating, isSynthetic: false, steps: nil)
    session.precisions.insert(
      PrecisionSupport(
        precision: .tf32, isNative: false, explanation: "products on tensor cores",
        refusal: "this device has no TF32 tensor cores: take fp32"), at: 1)
    session.precisions += [
      PrecisionSupport(precision: .o2, isNative: false, explanation: "fp16 model, fp32 masters"),
      PrecisionSupport(precision: .fp16, isNative: false, explanation: "everything in fp16"),
      PrecisionSupport(precision: .bf16, isNative: true, explanation: "everything in bf16"),
    ]
    return session
  }

  /// The events in order.
  var events: [TrainingEvent] {
    var script = Script(run: self)
    return script.play()
  }
}

/// The state of a run while it is being written.
private struct Script {
  let run: ScriptedRun
  private var time = ScriptedRun.start
  private var events: [TrainingEvent] = []
  private var random: UInt64 = 42
  private var scale = 1_048_576.0
  private var clean = 0
  private var committed = [0, 0]
  private var segment = 0
  private var laneTimes = [ScriptedRun.start + 0.4, ScriptedRun.start + 0.4]
  private var memories: [LaneID: MemoryReport] = [:]

  init(run: ScriptedRun) { self.run = run }

  /// Uniform in -1 to 1.
  private mutating func noise() -> Double {
    random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(random >> 11) / Double(1 << 52) - 1
  }

  private mutating func emit(_ body: TrainingEvent.Body) { events.append(TrainingEvent(time: time, body: body)) }

  mutating func play() -> [TrainingEvent] {
    emit(.session(ScriptedRun.session(schedule: run.schedule, isSynthetic: run.isSynthetic, steps: run.steps)))
    for lane in [LaneID(0), LaneID(1)] {
      emit(.lane(LaneStateReport(lane: lane, attempt: 0, state: .compiling)))
    }
    time += 0.4
    for lane in [LaneID(0), LaneID(1)] {
      emit(.lane(LaneStateReport(lane: lane, attempt: 0, state: .running)))
      memory(lane, precision: lane.rawValue == 0 ? .fp32 : .ampBF16, attempt: 0)
    }
    for attempt in 0..<run.attempts {
      if attempt == run.switchAt { change(at: attempt) }
      let order = attempt.isMultiple(of: 2) ? [0, 1] : [1, 0]
      for lane in order { step(lane, attempt) }
    }
    time = max(laneTimes[0], laneTimes[1])
    if run.isComplete { finish() }
    return events
  }

  private mutating func change(at attempt: Int) {
    segment += 1
    clean = 0
    emit(
      .precision(
        PrecisionReport(
          lane: LaneID(1), attempt: attempt, from: .ampBF16, to: .ampFP16, compileMilliseconds: 38.2, lossy: false,
          scaler: .reset)))
    emit(.scale(ScaleReport(lane: LaneID(1), attempt: attempt, from: 1, to: scale, cause: .reset)))
    memory(LaneID(1), precision: .ampFP16, attempt: attempt)
  }

  private mutating func memory(_ lane: LaneID, precision: Precision, attempt: Int) {
    let is16 = precision != .fp32
    let bytes = MemoryBreakdown(
      parameters: 1_690_000, masters: 0, lowPrecisionCopies: is16 ? 845_000 : 0, gradients: 1_690_000,
      optimizerState: 1_690_000, activations: is16 ? 38_400_000 : 61_200_000, workspace: is16 ? 2_900_000 : 3_400_000)
    let report = MemoryReport(
      lane: lane, attempt: attempt, precision: precision, bytes: bytes, peak: bytes.total, unshared: bytes.total * 2,
      rss: 214_000_000)
    memories[lane] = report
    emit(.memory(report))
  }

  private mutating func step(_ lane: Int, _ attempt: Int) {
    let isFP16 = lane == 1 && (run.switchAt.map { attempt >= $0 } ?? false)
    let (fast, slow) = (exp(-Double(attempt) / 60), exp(-Double(attempt) / 400))
    let base: Double = 0.28 + 2.02 * fast + 0.35 * slow
    var loss: Double = base * (1 + 0.16 * noise()) + 0.004 * Double(lane)
    if lane == 0, run.spikes.contains(attempt) { loss *= 100 }
    if lane == 0, run.nonFinite.contains(attempt) { loss = .nan }
    let overflows = isFP16 && scale > 65_536
    let isCommitted = loss.isFinite && !overflows
    let usual: Double = lane == 0 ? 41.0 : isFP16 ? 45.5 : 26.8
    let jitter: Double = abs(noise() * noise())
    let duration = usual * (1 + 0.1 * jitter) * (attempt % 97 == 60 + lane ? 1.4 : 1)
    if isCommitted { committed[lane] += 1 }
    let used = scale
    if isFP16 { clean = overflows ? 0 : clean + 1 }
    // Concurrent lanes have a clock each; those that alternate share one.
    laneTimes[lane] =
      (run.schedule == .concurrent ? laneTimes[lane] : max(laneTimes[0], laneTimes[1])) + duration / 1000
    time = laneTimes[lane]
    let phases = phases(of: duration, lane: lane, isFP16: isFP16)
    let reason: SkipReason? = isCommitted ? nil : overflows ? .nonFiniteGradient : .nonFiniteLoss
    emit(
      .step(
        StepReport(
          lane: LaneID(lane), attempt: attempt, committedStep: committed[lane], committed: isCommitted,
          skipReason: reason, loss: loss, scale: isFP16 ? used : nil, stepsToGrowth: isFP16 ? 100 - clean % 100 : nil,
          stepMilliseconds: duration, phases: phases, gradNorm: base * 1.7, learningRate: 0.05, samples: 128,
          segment: segment)))
    if run.hasNumerics { look(lane, attempt, isFP16: isFP16, scale: isFP16 ? used : nil, isCommitted: isCommitted) }
    guard isFP16 else { return }
    if overflows {
      scale /= 2
      emit(.scale(ScaleReport(lane: LaneID(1), attempt: attempt, from: used, to: scale, cause: .backoff)))
    } else if clean.isMultiple(of: 100) {
      scale *= 2
      emit(.scale(ScaleReport(lane: LaneID(1), attempt: attempt, from: used, to: scale, cause: .growth)))
    }
  }

  /// Counters every tenth attempt, details every twentieth, a diagnosis of every skip, a fault in lane B.
  private mutating func look(_ lane: Int, _ attempt: Int, isFP16: Bool, scale: Double?, isCommitted: Bool) {
    let format: NumericFormat = lane == 0 ? .fp32 : isFP16 ? .fp16 : .bf16
    if lane == 1, attempt == ScriptedRun.faultAt {
      let fault = Fault(.inject(.nan, tensor: "grad:features.4"), attempt: attempt, lane: LaneID(1))
      emit(.fault(FaultReport(lane: LaneID(1), attempt: attempt, fault: fault)))
    }
    if attempt.isMultiple(of: 10) {
      emit(
        .numerics(
          ScriptedNumerics.report(
            lane: lane, attempt: attempt, format: format, scale: scale, isDetailed: attempt.isMultiple(of: 20))))
    }
    if !isCommitted {
      emit(.diagnosis(ScriptedNumerics.diagnosis(lane: lane, attempt: attempt, scale: scale)))
    }
  }

  private func phases(of duration: Double, lane: Int, isFP16: Bool) -> PhaseTimes {
    if lane == 0 {
      return PhaseTimes(
        forward: 0.33 * duration, backward: 0.55 * duration, optimizer: 0.07 * duration, data: 0.02 * duration,
        idle: 0.03 * duration)
    }
    return PhaseTimes(
      forward: 0.3 * duration, backward: 0.47 * duration, optimizer: 0.07 * duration,
      cast: (isFP16 ? 0.12 : 0.05) * duration, data: 0.02 * duration, idle: (isFP16 ? 0.02 : 0.09) * duration)
  }

  private func evaluation(of lane: Int) -> EvaluationReport {
    EvaluationReport(
      lane: LaneID(lane), attempt: run.attempts, loss: lane == 0 ? 0.3391 : 0.3411,
      accuracy: lane == 0 ? 0.8812 : 0.8801, count: 10_000, isFinal: true)
  }

  private func summary(of lane: Int, medianMilliseconds: Double) -> LaneSummary {
    LaneSummary(
      lane: LaneID(lane), precision: lane == 0 ? .fp32 : .ampBF16, state: .finished,
      medianStepMilliseconds: medianMilliseconds, p95StepMilliseconds: medianMilliseconds + 1.4,
      samplesPerSecond: 128_000 / medianMilliseconds, committed: committed[lane],
      skipped: run.attempts - committed[lane], memory: memories[LaneID(lane)], evaluation: evaluation(of: lane))
  }

  private mutating func finish() {
    for lane in 0...1 {
      emit(.lane(LaneStateReport(lane: LaneID(lane), attempt: run.attempts, state: .evaluating)))
      time += 1
      emit(.evaluation(evaluation(of: lane)))
      emit(.lane(LaneStateReport(lane: LaneID(lane), attempt: run.attempts, state: .finished)))
    }
    emit(
      .agreement(
        AgreementReport(
          baseline: LaneID(0), lane: LaneID(1), attempt: run.attempts, difference: -0.0011, low: -0.0046, high: 0.0024,
          count: 10_000, mcNemarP: 0.5722, void: nil)))
    emit(
      .summary(
        RunSummary(
          lanes: [summary(of: 0, medianMilliseconds: 41.62), summary(of: 1, medianMilliseconds: 27.19)],
          speedup: [
            SpeedupEstimate(
              baseline: LaneID(0), lane: LaneID(1), ratio: 1.531, low: 1.527, high: 1.535, count: run.attempts - 10,
              schedule: run.schedule, effective: 1.528)
          ], seconds: time - ScriptedRun.start)))
  }
}

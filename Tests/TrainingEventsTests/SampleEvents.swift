import TrainingEvents

/// One event of every type, with every field set to a value of its own.
enum SampleEvents {
  static let session = SessionDescription(
    model: "cnn", parameterCount: 94_410, forwardFLOPsPerSample: 1.25e7,
    data: DataDescription(
      name: "fashion-mnist", isSynthetic: false, trainCount: 60_000, validationCount: 10_000, sampleShape: [1, 28, 28],
      classCount: 10, note: "read from a \"place\""),
    batchSize: 128, optimizer: "adamw", learningRate: 0.001, seed: .max, steps: 400, schedule: .alternating,
    threadsPerLane: 2,
    lanes: [
      LaneDescription(lane: LaneID(0), precision: .fp32, scaler: nil),
      LaneDescription(
        lane: LaneID(1), precision: .ampFP16,
        scaler: ScalerDescription(
          initialScale: 65536, growthFactor: 2, backoffFactor: 0.5, growthInterval: 50, policy: .apex,
          minimumScale: 0.5, maximumScale: 0x1p24, hysteresis: 3),
        overrides: PrecisionOverrides(keepFP32: ["1.*"])),
    ],
    baseline: LaneID(0),
    machine: MachineDescription(
      device: "cpu", processor: "Some CPU", allowedProcessors: 4, instructionSets: ["avx2", "f16c"],
      memoryBytes: 1 << 34),
    precisions: [PrecisionSupport(precision: .ampBF16, isNative: true, explanation: "avx512_bf16", refusal: "no")],
    versions: ["ampscope": "0.1.0", "oneDNN": "2.6.3"])

  static let step = StepReport(
    lane: LaneID(1), attempt: 7, committedStep: 6, committed: false, skipReason: .nonFiniteGradient, loss: 2.5,
    scale: 32768, stepsToGrowth: 44, stepMilliseconds: 12.5,
    phases: PhaseTimes(forward: 4, backward: 5, optimizer: 2, cast: 0.5, data: 0.75, numerics: 0.125, idle: 0.25),
    gradNorm: 1.5,
    learningRate: 0.05, samples: 128, segment: 3)

  static let memory = MemoryReport(
    lane: LaneID(0), attempt: 5, precision: .ampBF16,
    bytes: MemoryBreakdown(
      parameters: 1, masters: 2, lowPrecisionCopies: 3, gradients: 4, optimizerState: 5, activations: 6, workspace: 7),
    peak: 28, unshared: 40, rss: 1 << 30, largestBatch: 200, impliedActivations: 5, mostActivations: 6)

  static let evaluation = EvaluationReport(
    lane: LaneID(0), attempt: 400, loss: 0.31, accuracy: 0.885, count: 10_000, isFinal: true)

  static let speedup = SpeedupEstimate(
    baseline: LaneID(0), lane: LaneID(1), ratio: 1.42, low: 1.4, high: 1.44, count: 390, schedule: .alternating,
    effective: 1.41)

  static let summary = RunSummary(
    lanes: [
      LaneSummary(
        lane: LaneID(1), precision: .ampBF16, state: .finished, medianStepMilliseconds: 10, p95StepMilliseconds: 12,
        samplesPerSecond: 12_800, committed: 398, skipped: 2, memory: memory, evaluation: evaluation,
        castShare: 0.03, numericsShare: 0.01)
    ],
    speedup: [speedup], seconds: 33.5)

  /// The type field of every event beside its body.
  static let bodies: [(type: String, body: TrainingEvent.Body)] = [
    ("session", .session(session)),
    ("step", .step(step)),
    (
      "scale",
      .scale(ScaleReport(lane: LaneID(1), attempt: 7, from: 65536, to: 32768, cause: .backoff))
    ),
    (
      "precision",
      .precision(
        PrecisionReport(
          lane: LaneID(1), attempt: 9, from: .ampBF16, to: .ampFP16, compileMilliseconds: 3.5, lossy: false,
          scaler: .reset,
          overrides: PrecisionOverrides(
            keepFP32: ["1.*"], keepBatchNormFP32: true, masterWeights: false, stochasticRounding: true)))
    ),
    (
      "numerics",
      .numerics(
        NumericsReport(
          lane: LaneID(1), attempt: 12, scale: 1024, isDetailed: true,
          tensors: [
            TensorReport(
              name: "0.weight", layer: "0", kind: .weight, format: .bf16, count: 12, sampled: 11, largest: 3.5,
              zeros: 1, infinities: 2, nans: 3, histogram: ExponentHistogram(lowest: -4, counts: [1, 0, 4]),
              updateSurvival: 0.75)
          ],
          overhead: 0.01))
    ),
    (
      "diagnosis",
      .diagnosis(
        DiagnosisReport(
          lane: LaneID(1), attempt: 13, cause: .backwardOverflow, layer: "0", operation: "matmul", phase: "backward",
          format: .fp16, count: 100, infinities: 4, nans: 1, largestOperand: 60000, scale: 65536, explanation: "why"))
    ),
    (
      "fault",
      .fault(
        FaultReport(
          lane: LaneID(1), attempt: 14,
          fault: Fault(.inject(.nan, tensor: "grad:0"), attempt: 14, lane: LaneID(1))))
    ),
    (
      "added",
      .added(
        LaneAddedReport(
          description: LaneDescription(lane: LaneID(2), precision: .o2, scaler: nil), attempt: 40, source: LaneID(1)))
    ),
    ("settings", .settings(LaneSettingsReport(lane: LaneID(1), attempt: 41, batchSize: 64, clipNorm: 1.5))),
    ("lane", .lane(LaneStateReport(lane: LaneID(2), attempt: 10, state: .diverged))),
    ("schedule", .schedule(ScheduleReport(schedule: .concurrent, segment: 4, reason: "too few processors"))),
    ("peaks", .peaks(PeaksReport(threads: 2, gigaflops: [.fp32: 105.5, .bf16: 231]))),
    ("memory", .memory(memory)),
    ("eval", .evaluation(evaluation)),
    (
      "agreement",
      .agreement(
        AgreementReport(
          baseline: LaneID(0), lane: LaneID(1), attempt: 400, difference: -0.002, low: -0.006, high: 0.002,
          count: 10_000, mcNemarP: 0.37, void: "precision was changed"))
    ),
    ("command", .command(CommandReport(command: .setLearningRate(LaneID(1), 0.01), refusal: "no such lane"))),
    ("note", .note(Message(lane: LaneID(0), text: "line\nbreak, é, / and \\"))),
    ("error", .error(Message(text: "disk full"))),
    ("summary", .summary(summary)),
  ]
}

public import TrainingEvents

/// The events of a long session that never ran, as a session makes them, the same on every call.
///
/// The steps of `ScriptedEvents` with what comes beside them: memory once, the scale at its ceiling, where each growth costs
/// a skipped step and its diagnosis, and numerics of every tensor now and then.
public struct ScriptedSession: Sendable {
  private var steps: ScriptedEvents
  private var attempt = 0

  /// Attempts between two reports of numerics: the two seconds that a session waits.
  private static let numericsInterval = 80
  private static let layers = ["features.0", "features.3", "features.6", "features.9", "head.1", "head.3"]

  /// Creates a session at its beginning that is drawn after so many steps: its curves look the same, however many they are.
  public init(drawnAfter count: Int) {
    steps = ScriptedEvents(isWild: false, ceiling: 0x1p17, decay: Double(max(1, count)) / 10)
  }

  /// The session and its lanes, running, with their memory.
  public func opening(machine: MachineDescription) -> [TrainingEvent] {
    let opening = steps.opening(machine: machine)
    let time = opening.last?.time ?? 0
    return opening
      + [Precision.fp32, .ampFP16].enumerated().map { lane, precision in
        let bytes = MemoryBreakdown(parameters: 1_690_000, gradients: 1_690_000, activations: 40_000_000)
        let report = MemoryReport(
          lane: LaneID(lane), attempt: 0, precision: precision, bytes: bytes, peak: bytes.total, unshared: bytes.total,
          rss: 200_000_000)
        return TrainingEvent(time: time, body: .memory(report))
      }
  }

  /// So many further attempts of both lanes.
  public mutating func attempts(_ count: Int) -> [TrainingEvent] {
    var events: [TrainingEvent] = []
    for _ in 0..<count {
      var time = 0.0
      for event in steps.attempts(1) {
        time = event.time
        events.append(event)
        if case .step(let report) = event.body, !report.committed {
          events.append(TrainingEvent(time: time, body: .diagnosis(diagnosis(report))))
        }
      }
      attempt += 1
      guard attempt.isMultiple(of: Self.numericsInterval) else { continue }
      for lane in 0...1 { events.append(TrainingEvent(time: time, body: .numerics(numerics(lane)))) }
    }
    return events
  }

  private func diagnosis(_ step: StepReport) -> DiagnosisReport {
    DiagnosisReport(
      lane: step.lane, attempt: step.attempt, cause: .backwardOverflow, layer: Self.layers[0], operation: "conv2d",
      phase: "backward", format: .fp16, count: 100_352, infinities: 12, nans: 3, largestOperand: 32_000,
      scale: step.scale, explanation: "the loss scale is too large for the gradient of \(Self.layers[0])")
  }

  private func numerics(_ lane: Int) -> NumericsReport {
    let tensors = Self.layers.flatMap { layer in
      TensorReport.Kind.allCases.map { kind in
        TensorReport(
          name: "\(layer) \(kind.rawValue)", layer: layer, kind: kind, format: lane == 0 ? .fp32 : .fp16,
          count: 100_352, sampled: 1024, largest: 1 + Double(attempt % 7), zeros: attempt % 100, infinities: 0, nans: 0)
      }
    }
    return NumericsReport(
      lane: LaneID(lane), attempt: attempt - 1, scale: lane == 1 ? 65_536 : nil, isDetailed: false, tensors: tensors,
      overhead: 0.004)
  }
}

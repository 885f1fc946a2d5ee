import Foundation
public import TrainingEvents

/// Events of a session that never ran, the same on every call: what scripted screens are drawn from.
///
/// Two lanes, fp32 and amp-fp16. A calm one looks like training; a wild one changes everything from step to step.
public struct ScriptedEvents: Sendable {
  /// Whether everything changes from step to step.
  public let isWild: Bool
  /// The largest loss scale at which gradients fit: a step above it is skipped.
  private let ceiling: Double
  /// Attempts in which the loss falls to 1/e of what it will fall.
  private let decay: Double
  private var time = 1_790_000_000.0
  private var attempt = 0
  private var scale = 65_536.0
  private var random: UInt64 = 42

  /// Creates the script at its beginning.
  public init(isWild: Bool, ceiling: Double = 0x1p24, decay: Double = 300) {
    (self.isWild, self.ceiling, self.decay) = (isWild, ceiling, decay)
  }

  /// The session and its lanes, running.
  public func opening(machine: MachineDescription) -> [TrainingEvent] {
    let lanes = [
      LaneDescription(lane: LaneID(0), precision: .fp32, scaler: nil),
      LaneDescription(lane: LaneID(1), precision: .ampFP16, scaler: nil),
    ]
    let session = SessionDescription(
      model: "scripted", parameterCount: 421_834, forwardFLOPsPerSample: 25_300_000,
      data: DataDescription(
        name: "scripted", isSynthetic: true, trainCount: 60_000, validationCount: 10_000, sampleShape: [1, 28, 28],
        classCount: 10, note: "a script, for measuring the dashboard"), batchSize: 128, optimizer: "sgd",
      learningRate: 0.05, seed: 1, steps: nil, schedule: .alternating, threadsPerLane: 1, lanes: lanes,
      baseline: LaneID(0), machine: machine,
      precisions: [.fp32, .ampFP16].map { PrecisionSupport(precision: $0, isNative: $0 == .fp32, explanation: "") },
      versions: [:])
    return [TrainingEvent(time: time, body: .session(session))]
      + lanes.map {
        TrainingEvent(time: time, body: .lane(LaneStateReport(lane: $0.lane, attempt: 0, state: .running)))
      }
  }

  /// So many further attempts of both lanes.
  public mutating func attempts(_ count: Int) -> [TrainingEvent] {
    var events: [TrainingEvent] = []
    for _ in 0..<count {
      for lane in 0...1 { step(lane, into: &events) }
      attempt += 1
      if isWild { memory(into: &events) }
    }
    return events
  }

  private mutating func step(_ lane: Int, into events: inout [TrainingEvent]) {
    let base = 0.3 + 2 * exp(-Double(attempt) / decay)
    let loss = isWild ? exp(2 * noise()) : base * (1 + 0.1 * noise())
    let milliseconds = (lane == 0 ? 22 : 25) * (isWild ? exp(noise()) : 1 + 0.05 * abs(noise()))
    let isSkipped = lane == 1 && (isWild && noise() > 0.5 || scale > ceiling)
    time += milliseconds / 1000
    let shares = [0.33, 0.5, 0.07, 0.05, 0.05].map { isWild ? $0 * (1 + 0.5 * noise()) : $0 }
    events.append(
      TrainingEvent(
        time: time,
        body: .step(
          StepReport(
            lane: LaneID(lane), attempt: attempt, committedStep: attempt + 1, committed: !isSkipped,
            skipReason: isSkipped ? .nonFiniteGradient : nil, loss: loss, scale: lane == 1 ? scale : nil,
            stepsToGrowth: lane == 1 ? 100 - attempt % 100 : nil, stepMilliseconds: milliseconds,
            phases: PhaseTimes(
              forward: shares[0] * milliseconds, backward: shares[1] * milliseconds,
              optimizer: shares[2] * milliseconds, cast: lane == 1 ? shares[3] * milliseconds : 0,
              data: shares[4] * milliseconds), gradNorm: 1 + noise(), learningRate: 0.05, samples: 128, segment: 0))))
    guard lane == 1, isSkipped || attempt % 100 == 99 else { return }
    let before = scale
    scale = isSkipped ? max(1, scale / 2) : min(scale * 2, 0x1p24)
    if isWild, scale < 64 { scale = 65_536 }
    events.append(
      TrainingEvent(
        time: time,
        body: .scale(
          ScaleReport(
            lane: LaneID(1), attempt: attempt, from: before, to: scale, cause: isSkipped ? .backoff : .growth))))
  }

  private mutating func memory(into events: inout [TrainingEvent]) {
    for lane in 0...1 {
      let bytes = MemoryBreakdown(
        parameters: 1_690_000, gradients: 1_690_000, activations: Int(40_000_000 * (1.5 + 0.5 * noise())))
      events.append(
        TrainingEvent(
          time: time,
          body: .memory(
            MemoryReport(
              lane: LaneID(lane), attempt: attempt, precision: lane == 0 ? .fp32 : .ampFP16, bytes: bytes,
              peak: bytes.total, unshared: bytes.total, rss: Int(2e8 * (1.5 + 0.5 * noise()))))))
    }
  }

  /// Uniform in -1 to 1.
  private mutating func noise() -> Double {
    random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(random >> 11) / Double(1 << 52) - 1
  }
}

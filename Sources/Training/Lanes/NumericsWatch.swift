public import BackendAPI
import RunStatistics
public import TrainingEvents

/// When a lane looks at its tensors, and what it has seen since it last said so.
///
/// Counters run always: every `stride` attempts a few blocks of every tensor, as long as that has taken less than
/// `budget` of the step time so far. What is found adds up until it is reported, every `interval` of wall time.
struct NumericsWatch {
  /// Share of step time that the counters may take.
  static let budget = 0.01
  /// Attempts from one sample to the next.
  static let stride = 8
  /// Nanoseconds from one report of counters to the next.
  static let reportInterval: Int64 = 2_000_000_000

  /// Attempts from one complete look to the next; nil for never.
  private(set) var interval: Int?
  private var firstComplete = 0
  private var lastReport: Int64 = 0
  private var counterMilliseconds = 0.0
  private var stepMilliseconds = 0.0
  private var gathered: [TensorReading] = []

  init(interval: Int?) { self.interval = interval }

  /// Complete looks at `attempt` and every so many attempts after it.
  mutating func setInterval(_ interval: Int?, from attempt: Int) {
    self.interval = interval
    firstComplete = attempt
  }

  /// Share of step time that counters have taken so far.
  var overhead: Double { stepMilliseconds > 0 ? counterMilliseconds / stepMilliseconds : 0 }

  func inspection(attempt: Int) -> Inspection {
    if let interval, attempt >= firstComplete, (attempt - firstComplete) % interval == 0 { return .complete }
    guard attempt % NumericsWatch.stride == 0, overhead < NumericsWatch.budget else { return .none }
    return .sampled(phase: attempt / NumericsWatch.stride)
  }

  /// Forgets what was gathered: tensors are others from now on.
  mutating func restart() { gathered = [] }

  /// Takes in an attempt; returns the report that is due, if one is.
  mutating func add(
    _ result: StepResult, tensors: [WatchedTensor], lane: LaneID, now: Int64
  ) -> NumericsReport? {
    let readings = result.outcome.readings
    stepMilliseconds += result.totalMilliseconds
    guard !readings.isEmpty else { return nil }
    if readings[0].exponents != nil { return report(readings, result, tensors, lane, isDetailed: true) }
    counterMilliseconds += Double(result.outcome.nanoseconds.numerics) * 1e-6
    gather(readings)
    guard now - lastReport >= NumericsWatch.reportInterval else { return nil }
    lastReport = now
    defer { gathered = [] }
    return report(gathered, result, tensors, lane, isDetailed: false)
  }

  private mutating func gather(_ readings: [TensorReading]) {
    guard gathered.count == readings.count else {
      gathered = readings
      return
    }
    for index in readings.indices {
      gathered[index].sampled += readings[index].sampled
      gathered[index].largest = max(gathered[index].largest, readings[index].largest)
      gathered[index].zeros += readings[index].zeros
      gathered[index].infinities += readings[index].infinities
      gathered[index].nans += readings[index].nans
    }
  }

  private func report(
    _ readings: [TensorReading], _ result: StepResult, _ tensors: [WatchedTensor], _ lane: LaneID, isDetailed: Bool
  ) -> NumericsReport {
    NumericsReport(
      lane: lane, attempt: result.attempt, scale: result.outcome.scale.map(Double.init), isDetailed: isDetailed,
      tensors: readings.map { TensorReport($0, of: tensors[$0.tensor]) }, overhead: overhead)
  }
}

extension TensorReport {
  /// What an executable read, as events state it.
  public init(_ reading: TensorReading, of tensor: WatchedTensor) {
    self.init(
      name: tensor.name, layer: tensor.layer, kind: Kind(tensor.role), format: NumericFormat(tensor.dtype) ?? .fp32,
      count: tensor.count, sampled: reading.sampled, largest: Double(reading.largest), zeros: reading.zeros,
      infinities: reading.infinities, nans: reading.nans,
      histogram: reading.exponents.map { ExponentHistogram(trimming: $0, lowest: TensorReading.lowestExponent) },
      updateSurvival: reading.changed.map { Double($0) / Double(max(tensor.count, 1)) })
  }
}

extension TensorReport.Kind {
  init(_ role: WatchedTensor.Role) {
    switch role {
    case .activation: self = .activation
    case .activationGradient: self = .activationGradient
    case .weight: self = .weight
    case .weightGradient: self = .weightGradient
    }
  }
}

extension ExponentHistogram {
  /// The counts from the first to the last that is not 0.
  init(trimming counts: [Int], lowest: Int) {
    guard let first = counts.firstIndex(where: { $0 > 0 }), let last = counts.lastIndex(where: { $0 > 0 }) else {
      self.init(lowest: 0, counts: [])
      return
    }
    self.init(lowest: lowest + first, counts: Array(counts[first...last]))
  }
}

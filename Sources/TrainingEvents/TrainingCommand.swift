/// What a front end can ask of a session.
///
/// Commands take effect between steps, never inside one.
public enum TrainingCommand: Sendable, Hashable {
  /// Hold all lanes after the step they are in.
  case pause
  /// Go on.
  case resume
  /// While paused: make one attempt in every lane.
  case step
  /// End all lanes after the step they are in; a final evaluation and the summary follow.
  case stop
  /// End all lanes after the step they are in, without the final evaluation.
  case abandon
  /// Change the precision of a lane at its next step boundary.
  case setPrecision(LaneID, Precision)
  /// Change the learning rate of one lane, or of all where the lane is nil.
  case setLearningRate(LaneID?, Double)
  /// Change how lanes share the device.
  case setSchedule(Schedule)
  /// Change what a lane changes of its precision mode, at its next step boundary.
  case setOverrides(LaneID, PrecisionOverrides)
  /// Give a lane a new loss scaler by the name of its policy; it starts at its initial scale.
  case setScaler(LaneID, String)
  /// Set the loss scale of a lane; the scaler goes on from there.
  case setScale(LaneID, Double)
  /// Break something on purpose.
  case inject(Fault)
  /// Look at every element of every tensor once every so many attempts; nil for never.
  case setNumerics(every: Int?)
  /// Add a lane: a clone of another at its next step boundary, or from the first weights where that is nil.
  case addLane(PrecisionPolicy, clone: LaneID?)
  /// Take a lane out.
  case dropLane(LaneID)
  /// Change the samples of a step, of one lane or of all.
  case setBatch(LaneID?, Int)
  /// Clip the unscaled gradients of a lane to an L2 norm; nil for no clipping.
  case setClipping(LaneID, norm: Double?)
}

extension TrainingCommand: CustomStringConvertible {
  /// One line for logs.
  public var description: String {
    switch self {
    case .pause: "pause"
    case .resume: "resume"
    case .step: "single step"
    case .stop: "stop"
    case .abandon: "abandon"
    case .setPrecision(let lane, let precision): "lane \(lane): precision \(precision.rawValue)"
    case .setLearningRate(let lane, let rate): "\(lane.map { "lane \($0)" } ?? "all lanes"): learning rate \(rate)"
    case .setSchedule(let schedule): "schedule \(schedule.rawValue)"
    case .setOverrides(let lane, let overrides):
      "lane \(lane): \(overrides.isEmpty ? "no overrides" : overrides.texts.joined(separator: ", "))"
    case .setScaler(let lane, let policy): "lane \(lane): loss scaler \(policy)"
    case .setScale(let lane, let scale): "lane \(lane): loss scale \(scale)"
    case .inject(let fault): "fault \(fault)"
    case .addLane(let policy, let source):
      source.map { "add lane: \(policy), a clone of \($0)" } ?? "add lane: \(policy) from the first weights"
    case .dropLane(let lane): "drop lane \(lane)"
    case .setBatch(let lane, let batch): "\(lane.map { "lane \($0)" } ?? "all lanes"): batch \(batch)"
    case .setClipping(let lane, let norm): "lane \(lane): \(norm.map { "clip to norm \($0)" } ?? "no clipping")"
    case .setNumerics(let interval): interval.map { "numerics every \($0) attempts" } ?? "numerics off"
    }
  }
}

/// A command was carried out or refused.
public struct CommandReport: Codable, Sendable, Hashable {
  /// The command.
  public var command: TrainingCommand
  /// Why it was refused and what to do; nil where it was carried out.
  public var refusal: String?

  /// Creates a report about a command.
  public init(command: TrainingCommand, refusal: String? = nil) {
    self.command = command
    self.refusal = refusal
  }
}

/// Written as an object: `{"name": "setPrecision", "lane": "B", "precision": "amp-fp16"}`.
extension TrainingCommand: Codable {
  enum CodingKeys: String, CodingKey {
    case name, lane, precision, learningRate = "lr", schedule, overrides, policy, scale, fault, interval, source
    case batch, norm
  }

  /// Reads a command; throws `DecodingError` for an unknown name or a missing field.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let name = try container.decode(String.self, forKey: .name)
    switch name {
    case "pause": self = .pause
    case "resume": self = .resume
    case "step": self = .step
    case "stop": self = .stop
    case "abandon": self = .abandon
    case "setPrecision":
      self = .setPrecision(
        try container.decode(LaneID.self, forKey: .lane), try container.decode(Precision.self, forKey: .precision))
    case "setLearningRate":
      self = .setLearningRate(
        try container.decodeIfPresent(LaneID.self, forKey: .lane),
        try container.decode(Double.self, forKey: .learningRate))
    case "setSchedule": self = .setSchedule(try container.decode(Schedule.self, forKey: .schedule))
    case "setOverrides":
      self = .setOverrides(
        try container.decode(LaneID.self, forKey: .lane),
        try container.decode(PrecisionOverrides.self, forKey: .overrides))
    case "setScaler":
      self = .setScaler(
        try container.decode(LaneID.self, forKey: .lane), try container.decode(String.self, forKey: .policy))
    case "setScale":
      self = .setScale(
        try container.decode(LaneID.self, forKey: .lane), try container.decode(Double.self, forKey: .scale))
    case "inject": self = .inject(try container.decode(Fault.self, forKey: .fault))
    case "addLane":
      self = .addLane(
        PrecisionPolicy(
          try container.decode(Precision.self, forKey: .precision),
          overrides: try container.decodeIfPresent(PrecisionOverrides.self, forKey: .overrides)
            ?? PrecisionOverrides()),
        clone: try container.decodeIfPresent(LaneID.self, forKey: .source))
    case "dropLane": self = .dropLane(try container.decode(LaneID.self, forKey: .lane))
    case "setBatch":
      self = .setBatch(
        try container.decodeIfPresent(LaneID.self, forKey: .lane), try container.decode(Int.self, forKey: .batch))
    case "setClipping":
      self = .setClipping(
        try container.decode(LaneID.self, forKey: .lane),
        norm: try container.decodeIfPresent(Double.self, forKey: .norm))
    case "setNumerics": self = .setNumerics(every: try container.decodeIfPresent(Int.self, forKey: .interval))
    default:
      throw DecodingError.dataCorruptedError(
        forKey: .name, in: container, debugDescription: "unknown command \"\(name)\"")
    }
  }

  /// Writes a command.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .pause: try container.encode("pause", forKey: .name)
    case .resume: try container.encode("resume", forKey: .name)
    case .step: try container.encode("step", forKey: .name)
    case .stop: try container.encode("stop", forKey: .name)
    case .abandon: try container.encode("abandon", forKey: .name)
    case .setPrecision(let lane, let precision):
      try container.encode("setPrecision", forKey: .name)
      try container.encode(lane, forKey: .lane)
      try container.encode(precision, forKey: .precision)
    case .setLearningRate(let lane, let rate):
      try container.encode("setLearningRate", forKey: .name)
      try container.encodeIfPresent(lane, forKey: .lane)
      try container.encode(rate, forKey: .learningRate)
    case .setSchedule(let schedule):
      try container.encode("setSchedule", forKey: .name)
      try container.encode(schedule, forKey: .schedule)
    case .setOverrides(let lane, let overrides):
      try container.encode("setOverrides", forKey: .name)
      try container.encode(lane, forKey: .lane)
      try container.encode(overrides, forKey: .overrides)
    case .setScaler(let lane, let policy):
      try container.encode("setScaler", forKey: .name)
      try container.encode(lane, forKey: .lane)
      try container.encode(policy, forKey: .policy)
    case .setScale(let lane, let scale):
      try container.encode("setScale", forKey: .name)
      try container.encode(lane, forKey: .lane)
      try container.encode(scale, forKey: .scale)
    case .inject(let fault):
      try container.encode("inject", forKey: .name)
      try container.encode(fault, forKey: .fault)
    case .addLane(let policy, let source):
      try container.encode("addLane", forKey: .name)
      try container.encode(policy.mode, forKey: .precision)
      if !policy.overrides.isEmpty { try container.encode(policy.overrides, forKey: .overrides) }
      try container.encodeIfPresent(source, forKey: .source)
    case .dropLane(let lane):
      try container.encode("dropLane", forKey: .name)
      try container.encode(lane, forKey: .lane)
    case .setBatch(let lane, let batch):
      try container.encode("setBatch", forKey: .name)
      try container.encodeIfPresent(lane, forKey: .lane)
      try container.encode(batch, forKey: .batch)
    case .setClipping(let lane, let norm):
      try container.encode("setClipping", forKey: .name)
      try container.encode(lane, forKey: .lane)
      try container.encodeIfPresent(norm, forKey: .norm)
    case .setNumerics(let interval):
      try container.encode("setNumerics", forKey: .name)
      try container.encodeIfPresent(interval, forKey: .interval)
    }
  }
}

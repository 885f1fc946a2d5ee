/// One thing that happened in a session: everything a front end draws can be rebuilt from the sequence of these.
public struct TrainingEvent: Sendable, Hashable {
  /// Version of the event contract, the field `v` of every line.
  public static let version = 1

  /// Seconds since 1970-01-01 00:00 UTC.
  public var time: Double
  /// What happened.
  public var body: Body

  /// Creates an event.
  public init(time: Double, body: Body) {
    self.time = time
    self.body = body
  }

  /// What can happen.
  public enum Body: Sendable, Hashable {
    /// The session starts.
    case session(SessionDescription)
    /// A lane attempted a step.
    case step(StepReport)
    /// A loss scale changed.
    case scale(ScaleReport)
    /// A lane changed its precision.
    case precision(PrecisionReport)
    /// Tensors of a lane were looked at.
    case numerics(NumericsReport)
    /// A skipped attempt was run again, and what failed was found.
    case diagnosis(DiagnosisReport)
    /// Something was broken on purpose.
    case fault(FaultReport)
    /// A lane joined the session.
    case added(LaneAddedReport)
    /// A lane trains in another way from now on.
    case settings(LaneSettingsReport)
    /// A lane is doing something else from now on.
    case lane(LaneStateReport)
    /// The schedule changed, or the one asked for was not possible.
    case schedule(ScheduleReport)
    /// How fast the machine multiplies matrices.
    case peaks(PeaksReport)
    /// Memory of a lane.
    case memory(MemoryReport)
    /// A lane was evaluated.
    case evaluation(EvaluationReport)
    /// Two lanes were compared on the same samples.
    case agreement(AgreementReport)
    /// A command was carried out or refused.
    case command(CommandReport)
    /// Something worth a line in the log.
    case note(Message)
    /// Something went wrong.
    case error(Message)
    /// The run is over.
    case summary(RunSummary)
  }
}

/// How lanes share the device from now on.
public struct ScheduleReport: Codable, Sendable, Hashable {
  /// The schedule in force.
  public var schedule: Schedule
  /// Segment that begins with it.
  public var segment: Int
  /// Why it is not the one asked for; nil where it is.
  public var reason: String?

  /// Creates a report about the schedule.
  public init(schedule: Schedule, segment: Int, reason: String? = nil) {
    self.schedule = schedule
    self.segment = segment
    self.reason = reason
  }
}

/// A line for the log.
public struct Message: Codable, Sendable, Hashable {
  /// The lane concerned; nil where it is the session.
  public var lane: LaneID?
  /// The text, which says what to do if something is to be done.
  public var text: String

  /// Creates a line for the log.
  public init(lane: LaneID? = nil, text: String) {
    self.lane = lane
    self.text = text
  }
}

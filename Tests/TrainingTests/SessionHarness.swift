import BackendAPI
import BackendCPU
import Datasets
import Testing
import Training
import TrainingEvents

/// A session under test, and every event that it has given so far.
final class SessionHarness {
  let session: Session
  private(set) var events: [TrainingEvent] = []
  private var isStarted = false

  /// No wait of a test is longer; reaching it fails the test.
  private static let deadline = Duration.seconds(30)

  convenience init(
    _ configuration: Trainer.Configuration, _ precisions: [Precision], backend: any Backend = CPUBackend(),
    options: Session.Options
  ) throws {
    try self.init(configuration, precisions.map { PrecisionPolicy($0) }, backend: backend, options: options)
  }

  init(
    _ configuration: Trainer.Configuration, _ policies: [PrecisionPolicy], backend: any Backend = CPUBackend(),
    options: Session.Options
  ) throws {
    session = try Session(
      configuration: configuration, policies: policies, backend: backend, options: options,
      data: DataDescription(
        name: "test", isSynthetic: true, trainCount: 96, validationCount: 260,
        sampleShape: configuration.batches.input.shape, classCount: configuration.batches.task.classCount, note: ""),
      machine: MachineDescription(
        device: "cpu", processor: "test", allowedProcessors: 1, instructionSets: [], memoryBytes: 0),
      versions: ["ampscope": "test"])
  }

  deinit {
    guard isStarted else { return }
    // Lanes of a test that failed must not train on beside the others.
    session.send(.abandon)
    while !session.waitUntilEnded(milliseconds: 2) { _ = session.drain() }
    session.join()
  }

  /// Starts the lanes.
  func start() throws {
    try session.start()
    isStarted = true
  }

  /// Drains until the condition holds.
  ///
  /// Fails the test at the deadline.
  func drain(
    until what: String, sourceLocation: SourceLocation = #_sourceLocation, _ isReached: ([TrainingEvent]) -> Bool
  ) {
    let clock = ContinuousClock()
    let end = clock.now + SessionHarness.deadline
    while true {
      events += session.drain()
      if isReached(events) { return }
      guard clock.now < end else {
        Issue.record("waited in vain until \(what)", sourceLocation: sourceLocation)
        return
      }
      _ = session.waitUntilEnded(milliseconds: 1)
    }
  }

  /// Starts, and drains to the end.
  @discardableResult
  func runToEnd(sourceLocation: SourceLocation = #_sourceLocation) throws -> [TrainingEvent] {
    try start()
    return drainToEnd(sourceLocation: sourceLocation)
  }

  /// Drains to the end of a session that was started.
  @discardableResult
  func drainToEnd(sourceLocation: SourceLocation = #_sourceLocation) -> [TrainingEvent] {
    drain(until: "the session is over", sourceLocation: sourceLocation) { _ in session.isOver }
    return events
  }
}

extension [TrainingEvent] {
  var steps: [StepReport] { compactMap { if case .step(let report) = $0.body { report } else { nil } } }
  var precisionChanges: [PrecisionReport] {
    compactMap { if case .precision(let report) = $0.body { report } else { nil } }
  }
  var scheduleChanges: [ScheduleReport] {
    compactMap { if case .schedule(let report) = $0.body { report } else { nil } }
  }
  var scaleChanges: [ScaleReport] { compactMap { if case .scale(let report) = $0.body { report } else { nil } } }
  var numerics: [NumericsReport] { compactMap { if case .numerics(let report) = $0.body { report } else { nil } } }
  var diagnoses: [DiagnosisReport] { compactMap { if case .diagnosis(let report) = $0.body { report } else { nil } } }
  var faults: [FaultReport] { compactMap { if case .fault(let report) = $0.body { report } else { nil } } }
  var commands: [CommandReport] { compactMap { if case .command(let report) = $0.body { report } else { nil } } }
  var evaluations: [EvaluationReport] {
    compactMap { if case .evaluation(let report) = $0.body { report } else { nil } }
  }
  var agreements: [AgreementReport] {
    compactMap { if case .agreement(let report) = $0.body { report } else { nil } }
  }
  var summaries: [RunSummary] { compactMap { if case .summary(let summary) = $0.body { summary } else { nil } } }
  var notes: [Message] { compactMap { if case .note(let message) = $0.body { message } else { nil } } }
  var errors: [Message] { compactMap { if case .error(let message) = $0.body { message } else { nil } } }

  func steps(of lane: LaneID) -> [StepReport] { steps.filter { $0.lane == lane } }

  /// What a lane did, in order.
  func states(of lane: LaneID) -> [LaneState] { stateReports(of: lane).map(\.state) }

  func stateReports(of lane: LaneID) -> [LaneStateReport] {
    compactMap { if case .lane(let report) = $0.body, report.lane == lane { report } else { nil } }
  }

  /// Lanes in the order of their steps' times.
  var lanesByTime: [LaneID] {
    let timed = compactMap { event -> (Double, LaneID)? in
      if case .step(let report) = event.body { (event.time, report.lane) } else { nil }
    }
    return timed.enumerated().sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }.map(\.element.1)
  }
}

let laneA = LaneID(0)
let laneB = LaneID(1)
let laneC = LaneID(2)

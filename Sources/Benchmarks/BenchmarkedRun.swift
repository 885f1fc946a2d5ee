public import BackendAPI
public import Datasets
public import Training
public import TrainingEvents

/// One network trained in several precisions by a session, from start to summary: what a bench measures.
public struct BenchmarkedRun: Sendable {
  /// Name in tables, for example "resnet-8".
  public var name: String
  /// What every lane trains and how.
  public var configuration: Trainer.Configuration
  /// The data, whose validation split judges the lanes at the end; nil measures speed only.
  public var dataset: (any Dataset)?
  /// What to tell people about the data.
  public var data: DataDescription
  /// One lane each; the baseline is the first fp32 one.
  public var policies: [PrecisionPolicy]
  /// Attempts of every lane.
  public var steps: Int

  /// Creates a run.
  public init(
    name: String, configuration: Trainer.Configuration, dataset: (any Dataset)?, data: DataDescription,
    policies: [PrecisionPolicy], steps: Int
  ) {
    self.name = name
    self.configuration = configuration
    self.dataset = dataset
    self.data = data
    self.policies = policies
    self.steps = steps
  }

  /// Where a run stands, for progress lines.
  public struct Progress: Sendable {
    /// Name of the run.
    public var name: String
    /// Attempts that every lane has made.
    public var attempts: Int
    /// Attempts of every lane.
    public var steps: Int
  }

  /// Trains all lanes under the alternating schedule and returns the summary.
  ///
  /// - Parameters:
  ///   - backend: the device of all lanes.
  ///   - machine: what to tell people about the machine.
  ///   - versions: of the program and its libraries.
  ///   - shouldStop: asked about ten times a second; true gives the run up.
  ///   - progress: told about ten times a second.
  ///
  /// Throws what `Session` throws, and `BenchmarkError` where a lane failed or the run was given up.
  public func run(
    on backend: any Backend, machine: MachineDescription, versions: [String: String],
    shouldStop: () -> Bool = { false }, progress: (Progress) -> Void = { _ in }
  ) throws -> RunSummary {
    let session = try Session(
      configuration: configuration, policies: policies, backend: backend,
      options: Session.Options(
        steps: steps, schedule: .alternating, evaluation: dataset, niceness: 0, isLossless: true),
      data: data, machine: machine, versions: versions)
    try session.start()
    var summary: RunSummary?
    var attempts: [LaneID: Int] = [:]
    var isStopping = false
    var failure: String?
    while !session.isOver {
      _ = session.waitUntilEnded(milliseconds: 100)
      if !isStopping, shouldStop() {
        isStopping = true
        session.send(.abandon)
      }
      for event in session.drain() {
        switch event.body {
        case .step(let step): attempts[step.lane] = step.attempt + 1
        case .error(let message): failure = failure ?? message.text
        case .summary(let value): summary = value
        default: break
        }
      }
      progress(Progress(name: name, attempts: attempts.values.min() ?? 0, steps: steps))
    }
    session.join()
    if isStopping { throw BenchmarkError.givenUp }
    guard let summary, failure == nil else {
      throw BenchmarkError.failed(name: name, reason: failure ?? "the session ended without a summary")
    }
    return summary
  }
}

/// A bench that has no result.
public enum BenchmarkError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The user ended it.
  case givenUp
  /// A lane of a run failed.
  case failed(name: String, reason: String)
  /// There is nothing to measure, or too little.
  case badSetting(String)

  /// What happened.
  public var description: String {
    switch self {
    case .givenUp: "the bench was given up; nothing is reported"
    case .failed(let name, let reason): "\(name): \(reason)"
    case .badSetting(let text): text
    }
  }
}

import BackendAPI
import Datasets
import GraphIR
import Synchronization
import TrainingEvents

/// The final evaluation of a lane.
struct FinalEvaluation: Sendable {
  var evaluation: Evaluation
  /// Attempts that the lane had made.
  var attempt: Int
}

/// What the lanes of a session have in common.
final class SessionShared: Sendable {
  let configuration: Trainer.Configuration
  let backend: any Backend
  let options: Session.Options
  let coordinator: StepCoordinator
  let processors: [Int]
  /// The forward pass of a step in fp32: what names of layers and operations are checked against.
  let forward: Graph
  /// Final evaluations of the lanes that made one.
  let evaluations = Monitor<[LaneID: FinalEvaluation]>([:])
  /// Lanes whose precision changed during the run.
  let toggled = Monitor<Set<LaneID>>([])
  /// Serial numbers of runners whose thread is done.
  let ended = Monitor<Set<Int>>([])
  /// Runners made so far.
  let runnerCount = Atomic<Int>(0)
  /// Called when a lane has joined or left.
  let rosterChange = Monitor<(@Sendable () -> Void)?>(nil)
  /// Counts drains, so that a lane with a full ring can wait for one.
  let drained = Monitor<Int>(0)
  /// Whether peaks have been measured, by the first lane that came.
  let peaks = Monitor<Bool>(false)
  /// Planned peaks of the lanes in bytes.
  let plannedPeaks = Monitor<[LaneID: Int]>([:])
  /// Threads that compile.
  let helpers = Monitor<[LaneThread]>([])
  /// The lane that others are compared with.
  let baseline: LaneID
  private let abandoned = Monitor<Bool>(false)

  init(
    configuration: Trainer.Configuration, backend: any Backend, options: Session.Options, lanes: [LaneID],
    schedule: Schedule, processors: [Int], forward: Graph, baseline: LaneID
  ) {
    self.configuration = configuration
    self.backend = backend
    self.options = options
    self.processors = processors
    self.forward = forward
    self.baseline = baseline
    coordinator = StepCoordinator(lanes: lanes, schedule: schedule, isPaused: options.startsPaused)
  }

  var isAbandoned: Bool { abandoned.read { $0 } }

  func abandon() { abandoned.update { $0 = true } }

  /// Attempts after which a lane ends.
  var attemptLimit: Int {
    min(options.steps ?? Int.max, configuration.attemptLimit ?? Int.max)
  }

  /// Processors of a lane under the schedule in force: its own part when concurrent, else all.
  func processors(for lane: LaneID) -> [Int] {
    guard coordinator.schedule == .concurrent,
      case let active = coordinator.active, let index = active.firstIndex(of: lane),
      let parts = ProcessorSet.partition(processors, lanes: active.count, threads: configuration.threads)
    else { return processors }
    return parts[index]
  }
}

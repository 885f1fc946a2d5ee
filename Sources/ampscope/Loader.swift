import DashboardCore
import DashboardTerminal
import Foundation
import Synchronization
import TrainingEvents

/// Makes something on a thread of its own while the screen is up already, and tells what it is doing.
///
/// Nobody waits for the thread: where the user leaves first, it ends with the process.
final class Loader<Loaded: Sendable>: Sendable {
  /// Says what is done from now on, or how much of the same is done.
  typealias Report = @Sendable (_ stage: String, _ share: Double?) -> Void

  private struct Status {
    var stage: LoadingStage
    var result: Result<Loaded, any Error>?
  }

  private let status: Mutex<Status>

  /// What the work begins with, for example "reading run.jsonl".
  init(_ stage: String) {
    status = Mutex(Status(stage: LoadingStage(text: stage, start: Date().timeIntervalSince1970)))
  }

  /// Starts the work.
  ///
  /// Once only.
  func start(_ load: @escaping @Sendable (Report) throws -> Loaded) {
    let thread = Thread { [self] in
      let result = Result { try load { self.report($0, share: $1) } }
      status.withLock { $0.result = result }
      TerminalScreen.wake()
    }
    thread.name = "loader"
    thread.start()
  }

  private func report(_ stage: String, share: Double?) {
    status.withLock { status in
      if status.stage.text != stage { status.stage = LoadingStage(text: stage, start: Date().timeIntervalSince1970) }
      status.stage.share = share
    }
    TerminalScreen.wake()
  }

  /// What is done at present.
  var stage: LoadingStage { status.withLock { $0.stage } }

  /// What was made, or why it could not be; nil while the work goes on, and once it was taken.
  func take() -> Result<Loaded, any Error>? {
    status.withLock { status in
      defer { status.result = nil }
      return status.result
    }
  }
}

/// Events of something that is still being loaded: none at first, then those of what was loaded.
final class LoadingFeed<Loaded: Sendable>: EventFeed {
  private let loader: Loader<Loaded>
  private let load: @Sendable (Loader<Loaded>.Report) throws -> Loaded
  private let open: (Loaded) throws -> any EventFeed
  private var feed: (any EventFeed)?

  /// Creates a feed; nothing is loaded yet.
  ///
  /// - Parameters:
  ///   - stage: what the loading begins with.
  ///   - load: made on a thread of its own.
  ///   - open: made of it on the thread that drains.
  init(
    _ stage: String, load: @escaping @Sendable (Loader<Loaded>.Report) throws -> Loaded,
    open: @escaping (Loaded) throws -> any EventFeed
  ) {
    loader = Loader(stage)
    self.load = load
    self.open = open
  }

  func begin() { loader.start(load) }

  /// Throws what loading threw.
  func drain() throws -> [TrainingEvent] {
    if feed == nil, let result = loader.take() { feed = try open(result.get()) }
    return try feed?.drain() ?? []
  }

  var loading: LoadingStage? { feed == nil ? loader.stage : nil }
  var player: ReplayFeed? { feed?.player }
  var isOver: Bool { feed?.isOver ?? false }
  func send(_ command: TrainingCommand) { feed?.send(command) }
  func droppedEvents(of lane: LaneID) -> Int { feed?.droppedEvents(of: lane) ?? 0 }
  func finish() { feed?.finish() }
}

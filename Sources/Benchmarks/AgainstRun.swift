public import BackendAPI
import Foundation
public import ModelZoo
import Synchronization
public import Training
public import TrainingEvents

/// One network trained by this engine and by PyTorch in turns: what `bench --against pytorch` measures.
///
/// Every side first makes a few steps whose losses must agree, else the row is an error: a comparison of different
/// networks is worth nothing. Then come rounds. In a round every side of every mode has a segment, whose first steps are
/// not timed; their order changes from round to round.
public struct AgainstRun: Sendable {
  /// Name in tables, for example "resnet-8".
  public var name: String
  /// What is trained and how, without dropout; its batches are taken in turn.
  public var configuration: Trainer.Configuration
  /// The network in PyTorch's words.
  public var twin: TwinDescription
  /// Modes: fp32, amp-bf16, amp-fp16.
  public var precisions: [Precision]
  /// Rounds, at least 1.
  public var rounds: Int
  /// What a segment takes, in milliseconds; at least two steps are timed in it.
  public var segmentMilliseconds = 400.0

  /// Modes that both sides have.
  public static let comparable: [Precision] = [.fp32, .ampBF16, .ampFP16]

  /// Creates a run.
  public init(
    name: String, configuration: Trainer.Configuration, twin: TwinDescription, precisions: [Precision], rounds: Int
  ) {
    self.name = name
    self.configuration = configuration
    self.twin = twin
    self.precisions = precisions
    self.rounds = rounds
  }

  /// Batches that are taken in turn.
  static let batchCount = 4
  /// Steps whose losses are compared.
  ///
  /// The first loss of a network whose head starts at 0 says nothing about it; those that follow do.
  static let checkedSteps = 4
  /// Steps before anything is measured.
  static let warmUpSteps = 10
  /// Steps at the start of a segment that are not timed: caches hold what another program left.
  static let settlingSteps = 2

  /// The largest relative difference of two losses of a step, from 0 on, that are taken for the same.
  ///
  /// AdamW's first steps are nearly the signs of gradients, and where rounding decides a sign, runs part: PyTorch's own in
  /// fp32 and in fp64 by up to 7e-4 within four steps of `cnn`, though their first losses agree to 1e-7.
  static func tolerance(of precision: Precision, step: Int) -> Double {
    precision == .fp32 ? (step == 0 ? 1e-4 : 5e-3) : 2e-2
  }

  /// Runs from weights one ulp away that show how far rounding alone takes a network's losses apart.
  static let perturbedRuns = 3
  /// Losses after the first may part by so many times what those runs part by, as in the parity tests.
  static let perturbationFactor = 5.0
  /// The most that they may part by: beyond it agreement says nothing.
  static let largestTolerance = 0.5

  /// Trains and measures; a row a mode, in the order of `precisions`.
  ///
  /// This engine computes on a thread of its own, whose team is bound; the caller's thread waits, and stays where it is.
  ///
  /// - Parameters:
  ///   - backend: this engine's device.
  ///   - process: PyTorch, started.
  ///   - processors: what the team is bound to; empty leaves it where it is.
  ///   - shouldStop: asked between two segments; true gives the run up.
  ///   - progress: told what is being done.
  ///
  /// Throws `BenchmarkError`, and what the trainer throws. What PyTorch fails at stands in its row.
  public func measure(
    on backend: any Backend, against process: TwinProcess, processors: [Int],
    shouldStop: @escaping @Sendable () -> Bool = { false }, progress: @escaping @Sendable (String) -> Void = { _ in }
  ) throws -> [AgainstReport.Row] {
    let outcome = Mutex<Result<[AgainstReport.Row], any Error>?>(nil)
    let ended = DispatchSemaphore(value: 0)
    let thread = Thread { [self] in
      let result = Result { try measureHere(backend, process, processors, shouldStop, progress) }
      outcome.withLock { $0 = result }
      ended.signal()
    }
    thread.name = "engine"
    thread.start()
    ended.wait()
    guard let result = outcome.withLock({ $0 }) else {
      throw BenchmarkError.failed(name: name, reason: "the measuring thread ended without a result")
    }
    return try result.get()
  }

  private func measureHere(
    _ backend: any Backend, _ process: TwinProcess, _ processors: [Int], _ shouldStop: () -> Bool,
    _ progress: (String) -> Void
  ) throws -> [AgainstReport.Row] {
    _ = backend.configureThread(threads: configuration.threads, processors: processors, niceness: 0)
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ampscope-against-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }

    var fixed = configuration
    let batches = try FixedBatches(configuration.batches, count: AgainstRun.batchCount)
    let files = Files(
      weights: folder.appendingPathComponent("weights.safetensors").path,
      batches: folder.appendingPathComponent("batches.safetensors").path)
    try batches.write(to: files.batches)
    fixed.batches = batches
    var contests: [Contest] = []
    for precision in precisions {
      progress("\(precision.rawValue): building")
      let trainer = try Trainer(fixed, precision: precision, backend: backend)
      // All modes start from the same weights, drawn from the seed.
      if contests.isEmpty { try trainer.state.saveWeights(to: files.weights) }
      contests.append(try contest(trainer, process, files, progress))
      if shouldStop() { throw BenchmarkError.givenUp }
    }
    let load = LoadMeter(processors, contests.first?.contenders ?? [])
    for round in 0..<rounds {
      for index in AgainstRun.order(of: contests.count, round: round) {
        progress("round \(round + 1)/\(rounds), \(precisions[index].rawValue)")
        try contests[index].run(round: round)
        if shouldStop() { throw BenchmarkError.givenUp }
      }
    }
    let foreign = load.foreignShare
    for index in contests.indices { contests[index].note(foreignShare: foreign) }
    return rows(contests)
  }

  /// The order of `count` things in a round: over 2 · count rounds each is as often at every place, and follows each of the
  /// others as often as it is followed by it.
  static func order(of count: Int, round: Int) -> [Int] {
    let rotated = (0..<count).map { ($0 + round / 2) % count }
    return round.isMultiple(of: 2) ? rotated : rotated.reversed()
  }

  /// What PyTorch starts from.
  private struct Files {
    var weights: String
    var batches: String
  }

  /// Builds all sides of a mode, compares their losses, and warms them up.
  private func contest(
    _ trainer: Trainer, _ process: TwinProcess, _ files: Files, _ progress: (String) -> Void
  ) throws -> Contest {
    let precision = trainer.precision
    // Of fp16 that PyTorch computes on a CPU nothing becomes faster by being compiled, and compiling takes minutes.
    let modes = precision == .ampFP16 ? [false] : [false, true]
    let ours = try OwnContender(trainer)
    var contest = Contest(
      row: AgainstReport.Row(network: name, precision: precision, batch: configuration.samplesPerStep),
      contenders: [ours])
    let memory = trainer.memory
    contest.row.memory = memory.bytes
    (contest.row.impliedActivations, contest.row.mostActivations) = (memory.impliedActivations, memory.mostActivations)
    for isCompiled in modes {
      progress("\(precision.rawValue): PyTorch builds it\(isCompiled ? " and compiles it" : "")")
      let request = TwinRequest.Build(
        name: "\(precision.rawValue) \(isCompiled ? "compiled" : "eager")", model: twin, mode: precision.rawValue,
        compiled: isCompiled, weights: files.weights, batches: files.batches,
        optimizer: TwinOptimizer(configuration.optimizer),
        scaler: (trainer.state.control.scaler?.settings).map(TwinScaler.init), steps: AgainstRun.checkedSteps)
      do {
        contest.contenders.append(try TwinContender(request, process))
      } catch BenchmarkError.failed(let who, let reason) where who == TwinProcess.name {
        // As an LSTM in fp16, which PyTorch has not on a CPU: our figures still say what the mode costs here.
        contest.row.notes.append("\(isCompiled ? "torch.compile" : "eager PyTorch") failed: \(reason)")
      }
    }
    try contest.judgeLosses()
    guard contest.row.error == nil else { return contest }
    progress("\(precision.rawValue): warming up")
    try contest.warmUp(segmentMilliseconds: segmentMilliseconds)
    return contest
  }

  /// The rows of all modes; our own are compared with our fp32.
  private func rows(_ contests: [Contest]) -> [AgainstReport.Row] {
    let measured = contests.map(\.measuredRow)
    let baseline = measured.first { $0.precision == .fp32 && $0.error == nil }
    return measured.map { row in
      guard let baseline, row.precision != .fp32 else { return row }
      var row = row
      row.overFP32 = AgainstReport.Ratio(row.ours.rounds, over: baseline.ours.rounds)
      return row
    }
  }
}

import Glibc
import RunStatistics
import Training
import TrainingEvents

/// A program that trains a network on request.
protocol Contender: AnyObject {
  /// What was seen of it so far.
  var side: AgainstReport.Side { get set }
  /// Whether it is PyTorch, and compiled there; nil for this engine.
  var isCompiled: Bool? { get }

  /// Makes `settling` steps and then `steps` more; milliseconds of each of the latter.
  func run(settling: Int, steps: Int) throws -> [Double]

  /// The first losses of runs from weights one ulp away; nil where that is not known.
  func perturbedLosses() throws -> [[Double]]?

  /// Takes note of memory, after a step has been made.
  func measureMemory() throws

  /// Processor time in milliseconds that its process has used; nil where that is unknown.
  var processorMilliseconds: Double? { get }
}

/// All sides of one mode of one network.
struct Contest {
  var row: AgainstReport.Row
  /// Ours first.
  var contenders: [any Contender]
  /// Largest share of a processor that a process used while another one was measured.
  private var idleShare = 0.0

  /// A share of a processor that a waiting process cannot have used without having disturbed the one that was measured.
  private static let largestIdleShare = 0.05

  /// Half of it can hit one side alone, which is too much for what is to be told apart.
  private static let largestForeignShare = 0.05

  init(row: AgainstReport.Row, contenders: [any Contender]) {
    self.row = row
    self.contenders = contenders
  }

  /// Makes the row an error where a side's losses are not ours.
  ///
  /// Runs of some networks part at once, whoever computes them, as those of a fresh resnet-50, whose gradients
  /// explode. Where losses after the first differ by more than the tolerance, PyTorch is asked how far its own part from
  /// weights one ulp away.
  mutating func judgeLosses() throws {
    let own = contenders[0].side.losses
    var tolerances = own.indices.map { AgainstRun.tolerance(of: row.precision, step: $0) }
    guard differing(tolerances) != nil else { return }
    if let distances = try perturbedDistances() {
      for (step, distance) in distances.enumerated().dropFirst() where tolerances.indices.contains(step) {
        tolerances[step] = max(
          tolerances[step], min(AgainstRun.perturbationFactor * distance, AgainstRun.largestTolerance))
      }
    }
    let limits = tolerances.map { "\(fixed($0 * 100, 2))" }.joined(separator: " ")
    guard let contender = differing(tolerances) else {
      row.notes.append(
        "losses of the first steps may part by \(limits) %: after the first, by five times what those of PyTorch do from "
          + "weights one ulp away")
      return
    }
    row.error =
      "\(contender.isCompiled == true ? "compiled" : "eager") PyTorch trains another network: losses of the first steps "
      + "\(text(contender.side.losses)), ours \(text(own)); they must agree within \(limits) % of ours"
  }

  /// The first side whose losses are not ours.
  private func differing(_ tolerances: [Double]) -> (any Contender)? {
    let own = contenders[0].side.losses
    return contenders.dropFirst().first { contender in
      let losses = contender.side.losses
      let agree = zip(zip(losses, own), tolerances).allSatisfy { abs($0.0 - $0.1) <= $1 * abs($0.1) }
      return losses.count != own.count || !agree
    }
  }

  /// The largest relative distance by step of PyTorch's runs from weights one ulp away; nil where there are none, and
  /// where a loss is not finite.
  private func perturbedDistances() throws -> [Double]? {
    for contender in contenders {
      guard let runs = try contender.perturbedLosses() else { continue }
      let distances = contender.side.losses.enumerated().map { step, loss in
        runs.map { step < $0.count ? abs($0[step] - loss) / abs(loss) : .nan }.max() ?? .nan
      }
      return distances.allSatisfy(\.isFinite) ? distances : nil
    }
    return nil
  }

  /// Makes steps until nothing is new, measures memory, and settles how many steps a segment has.
  ///
  /// Where a step takes long, as fp16 in PyTorch, two are enough: what is new in a process is small beside them.
  mutating func warmUp(segmentMilliseconds: Double) throws {
    for contender in contenders {
      var times = try contender.run(settling: 0, steps: 2)
      let isSlow = (times.last ?? 0) > segmentMilliseconds / 2
      if !isSlow { times = try contender.run(settling: AgainstRun.warmUpSteps / 2, steps: AgainstRun.warmUpSteps / 2) }
      try contender.measureMemory()
      let median = MedianInterval(times)?.median ?? 0
      let steps = median > 0 ? Int(min(1000, segmentMilliseconds / median)) : 1
      contender.side.steps = max(isSlow ? 2 : 3, steps)
    }
  }

  /// Gives every side a segment; a row that is an error has none.
  mutating func run(round: Int) throws {
    guard row.error == nil else { return }
    for index in AgainstRun.order(of: contenders.count, round: round) {
      let contender = contenders[index]
      let others = contenders.filter { ($0.isCompiled == nil) != (contender.isCompiled == nil) }.prefix(1)
      let before = others.map(\.processorMilliseconds)
      let began = ContinuousClock.now
      let times = try contender.run(
        settling: min(AgainstRun.settlingSteps, contender.side.steps - 1), steps: contender.side.steps)
      let milliseconds = (ContinuousClock.now - began) / .milliseconds(1)
      for (other, before) in zip(others, before) {
        guard let before, let after = other.processorMilliseconds else { continue }
        idleShare = max(idleShare, (after - before) / milliseconds)
      }
      guard times.count == contender.side.steps, let median = MedianInterval(times)?.median, median > 0 else {
        throw BenchmarkError.failed(
          name: row.network, reason: "\(contender.side.steps) step times were expected, \(times.count) came")
      }
      contender.side.rounds.append(median)
    }
  }

  /// Takes note of what others computed beside the rounds.
  mutating func note(foreignShare: Double?) {
    row.foreignShare = foreignShare
    guard let foreignShare, foreignShare > Contest.largestForeignShare, row.error == nil else { return }
    row.notes.append(
      "programs of others had \(fixed(foreignShare * 100, 0)) % of the processors: measure again on a quiet machine")
  }

  /// The row with what was measured.
  var measuredRow: AgainstReport.Row {
    var row = row
    row.ours = contenders[0].side
    for contender in contenders.dropFirst() {
      contender.side.ratio = AgainstReport.Ratio(contender.side.rounds, over: row.ours.rounds)
      if contender.isCompiled == true { row.compiled = contender.side } else { row.eager = contender.side }
    }
    row.idleShare = idleShare
    if idleShare > Contest.largestIdleShare {
      row.notes.append(
        "a process that waited used \(fixed(idleShare * 100, 0)) % of a processor in a segment of another: times are "
          + "disturbed")
    }
    return row
  }

  private func text(_ losses: [Double]) -> String { losses.map { fixed($0, 6) }.joined(separator: " ") }
}

/// This engine.
final class OwnContender: Contender {
  var side: AgainstReport.Side
  let isCompiled: Bool? = nil
  private let trainer: Trainer

  /// Takes a fresh trainer and makes the steps whose losses are compared.
  init(_ trainer: Trainer) throws {
    self.trainer = trainer
    side = AgainstReport.Side(losses: [])
    for _ in 0..<AgainstRun.checkedSteps { side.losses.append(try trainer.step().loss) }
  }

  func run(settling: Int, steps: Int) throws -> [Double] {
    for _ in 0..<settling { _ = try trainer.step() }
    return try (0..<steps).map { _ in try trainer.step().totalMilliseconds }
  }

  func perturbedLosses() -> [[Double]]? { nil }

  func measureMemory() { side.memory = trainer.memory.peak }

  var processorMilliseconds: Double? {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1e6
  }
}

/// A twin in the PyTorch process.
final class TwinContender: Contender {
  var side: AgainstReport.Side
  let isCompiled: Bool?
  private let name: String
  private let process: TwinProcess

  /// Has the twin built, and its first steps made.
  init(_ request: TwinRequest.Build, _ process: TwinProcess) throws {
    (name, isCompiled) = (request.name, request.compiled)
    self.process = process
    let answer: TwinAnswer.Build = try process.ask(request)
    side = AgainstReport.Side(losses: answer.losses)
  }

  func run(settling: Int, steps: Int) throws -> [Double] {
    let answer: TwinAnswer.Run = try process.ask(TwinRequest.Run(name: name, settling: settling, steps: steps))
    return answer.milliseconds
  }

  func perturbedLosses() throws -> [[Double]]? {
    let answer: TwinAnswer.Perturbed = try process.ask(
      TwinRequest.Perturbed(name: name, runs: AgainstRun.perturbedRuns))
    return answer.losses
  }

  func measureMemory() throws {
    let answer: TwinAnswer.Memory = try process.ask(TwinRequest.Memory(name: name))
    side.memory = answer.peak
  }

  var processorMilliseconds: Double? { process.processorMilliseconds }
}

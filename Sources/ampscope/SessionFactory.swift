import ArgumentParser
import BackendAPI
import BackendCPU
import DashboardCore
import Datasets
import Foundation
import GraphIR
import ModelZoo
import SafetensorsFormat
import Training
import TrainingEvents

/// Turns options into a session: the composition root.
///
/// Every refusal names the option.
struct SessionFactory: Sendable {
  let options: RunOptions
  /// Schedule where the user states none.
  let defaultSchedule: Schedule
  /// Whether lanes wait for the reader of their events: a recorder loses nothing.
  let isLossless: Bool
  /// Whether the session finds out what only a screen shows: peaks of the machine, batches that would fit.
  var plansAhead = false

  /// What `makeSession` begins with.
  var firstStage: String {
    "loading \((options.batches ?? options.data ?? "data").split(separator: "/").last ?? "data")"
  }

  /// Refuses what can be refused without reading a file or building a network.
  func checkOptions() throws {
    let backend = try SessionFactory.backend(options.model.device)
    let policies = try options.precision.policies(for: SessionFactory.precisions(options.lanes, backend: backend))
    let schedule = try scheduleChoice()
    try checkRanges()
    _ = try (options.model.modelName(), options.model.batchCount())
    _ = try (options.model.updateRule(), options.training.schedule(steps: options.steps))
    _ = try (options.training.clipping(), options.training.microBatches(), scalerPolicy())
    _ = try options.model.threadCount(schedule: schedule, lanes: policies.count)
    _ = try (options.numerics.parsedFaults(), options.numerics.interval())
  }

  /// Makes the session that the options ask for; `report` hears what is being done.
  func makeSession(_ report: (_ stage: String) -> Void = { _ in }) throws -> Session {
    let plan = try makePlan()
    if options.initialWeights != nil { report("reading weights") }
    var settings = Session.Options(
      steps: options.steps, schedule: plan.schedule, evaluation: plan.dataset,
      initialWeights: try options.initialWeights.map { try SafetensorsFile(path: $0) },
      saveWeightsTo: options.saveWeights, isLossless: isLossless)
    settings.plansAhead = plansAhead
    settings.faults = try options.numerics.parsedFaults()
    settings.numericsInterval = try options.numerics.interval()
    report("building \(plan.configuration.model.name)")
    try check(plan, faults: settings.faults)
    return try Session(
      configuration: plan.configuration, policies: plan.policies, backend: plan.backend, options: settings,
      data: plan.data, machine: MachineProbe.description, versions: Version.components)
  }

  /// What options ask for, resolved and checked.
  struct Plan {
    let backend: any Backend
    let configuration: Trainer.Configuration
    let policies: [PrecisionPolicy]
    let schedule: Schedule
    let dataset: (any Dataset)?
    let data: DataDescription
  }

  func makePlan() throws -> Plan {
    let backend = try SessionFactory.backend(options.model.device)
    let policies = try options.precision.policies(for: SessionFactory.precisions(options.lanes, backend: backend))
    let schedule = try scheduleChoice()
    try checkRanges()
    let data = try openData()
    let (update, training) = (try options.model.updateRule(), options.training)
    let configuration = Trainer.Configuration(
      model: try options.model.model(for: data.batches), batches: data.batches, optimizer: update,
      schedule: try training.schedule(steps: options.steps), clipping: try training.clipping(),
      gradientAccumulation: try training.microBatches(), recompute: try training.recomputation(),
      scaler: try scalerPolicy(), seed: options.seed,
      threads: try options.model.threadCount(schedule: schedule, lanes: policies.count))
    return Plan(
      backend: backend, configuration: configuration, policies: policies, schedule: schedule,
      dataset: data.dataset, data: data.description)
  }

  /// Refuses names of layers and tensors that the network does not have, before anything runs.
  private func check(_ plan: Plan, faults: [Fault]) throws {
    let forward = try plan.configuration.model.trainingGraph(batchSize: plan.configuration.batches.batchSize)
    do {
      for policy in plan.policies {
        let refusal = try Session.refusal(of: policy, backend: plan.backend, forward: forward)
        if let refusal { throw ValidationError("--lanes: \(refusal)") }
      }
    } catch let error as GraphError {
      throw ValidationError("--keep-fp32: \(error.message)")
    }
    for fault in faults {
      let problem = Session.problem(with: fault, lanes: plan.policies.indices.map { LaneID($0) }, forward: forward)
      if let problem { throw ValidationError("--fault: \(problem)") }
    }
  }

  // MARK: Options one by one

  static func backend(_ device: String) throws -> any Backend {
    switch device.lowercased() {
    case "cpu": return CPUBackend()
    case let name where name.hasPrefix("cuda"):
      throw ValidationError("--device \(device): this version computes on the CPU only; use --device cpu")
    default: throw ValidationError("--device \(device): unknown device\(NearestName.hint(for: device, among: ["cpu"]))")
    }
  }

  static func precisions(_ list: String, backend: any Backend) throws -> [Precision] {
    let names = list.split(separator: ",", omittingEmptySubsequences: false).map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    guard (1...4).contains(names.count) else {
      throw ValidationError("--lanes takes 1 to 4 precisions, found \(names.count)")
    }
    return try names.map { try precision($0, option: "--lanes", backend: backend) }
  }

  static func precision(_ name: String, option: String, backend: any Backend) throws -> Precision {
    if ["amp", "auto"].contains(name.lowercased()) { return backend.defaultAutocast }
    if let precision = Precision(spelling: name) {
      if let refusal = backend.support(for: precision).refusal { throw ValidationError("\(option): \(refusal)") }
      return precision
    }
    let names = Precision.allCases.flatMap { [$0.rawValue] + $0.aliases } + ["amp"]
    throw ValidationError("\(option): unknown precision \"\(name)\"\(NearestName.hint(for: name, among: names))")
  }

  private func scheduleChoice() throws -> Schedule {
    guard let name = options.schedule else { return defaultSchedule }
    guard let schedule = Schedule(rawValue: name) else {
      let names = Schedule.allCases.map(\.rawValue)
      throw ValidationError("--schedule: unknown schedule \"\(name)\"\(NearestName.hint(for: name, among: names))")
    }
    return schedule
  }

  private func scalerPolicy() throws -> ScalerPolicy {
    let (scale, interval) = (options.initialScale, options.growthInterval)
    do {
      guard let name = options.scaler else {
        return try ScalerPolicy.fitting(steps: options.steps, initialScale: scale, growthInterval: interval)
      }
      let policy = try ScalerPolicy.named(
        name, initialScale: scale, growthInterval: interval, steps: options.steps)
      if let policy { return policy }
      throw ValidationError(
        "--scaler: unknown policy \"\(name)\"\(NearestName.hint(for: name, among: ScalerPolicy.names))")
    } catch let error as TrainingError {
      throw ValidationError("--scaler \(options.scaler ?? "torch"): \(error)")
    }
  }

  private func checkRanges() throws {
    if let steps = options.steps, steps < 1 { throw ValidationError("--steps must be at least 1, found \(steps)") }
    if let scale = options.initialScale, !(scale.isFinite && scale > 0) {
      throw ValidationError("--init-scale must be a positive finite number, found \(scale)")
    }
    if let interval = options.growthInterval, interval < 1 {
      throw ValidationError("--growth-interval must be at least 1, found \(interval)")
    }
  }

  // MARK: Data

  private struct OpenedData {
    let batches: any BatchSource
    let dataset: (any Dataset)?
    let description: DataDescription
  }

  private func openData() throws -> OpenedData {
    if let path = options.batches { return try replayedData(path) }
    let batchSize = try options.model.batchCount()
    let name = options.data ?? (options.dataDirectory == nil ? options.model.defaultData : nil)
    let opened: DataCatalog.Opened
    do {
      opened = try DataCatalog.open(
        name: name,
        DataCatalog.Options(
          seed: options.seed, directory: options.dataDirectory, sequenceLength: options.sequenceLength))
    } catch let error as DatasetError where error.kind == .unknownName {
      throw ValidationError(
        "--data: \(error)\(NearestName.hint(for: options.data ?? "", among: DataCatalog.names))")
    }
    return OpenedData(
      batches: try ShuffledBatches(dataset: opened.dataset, batchSize: batchSize, seed: options.seed),
      dataset: opened.dataset, description: DataDescription(opened))
  }

  private func replayedData(_ path: String) throws -> OpenedData {
    guard options.data == nil, options.dataDirectory == nil, options.sequenceLength == nil else {
      throw ValidationError("--batches replays a file: leave out --data, --data-dir and --sequence-length")
    }
    let replayed = try ReplayedBatches(path: path)
    return OpenedData(
      batches: replayed, dataset: nil,
      description: DataDescription(
        name: (path as NSString).lastPathComponent, isSynthetic: false,
        trainCount: (replayed.attemptLimit ?? 0) * replayed.batchSize, validationCount: 0,
        sampleShape: replayed.input.shape, classCount: replayed.task.classCount, task: replayed.task.name,
        note: "replayed from \(path), in order, nothing normalised"))
  }
}

extension DataDescription {
  /// What to tell people about an opened data set.
  init(_ opened: DataCatalog.Opened) {
    let dataset = opened.dataset
    self.init(
      name: dataset.name, isSynthetic: dataset.isSynthetic, trainCount: dataset.count(of: .train),
      validationCount: dataset.count(of: .validation), sampleShape: dataset.input.shape,
      classCount: dataset.task.classCount, task: dataset.task.name, goal: dataset.knownScore.map(ScoreGoal.init),
      note: opened.note)
  }
}

extension ScoreGoal {
  /// The known score of a synthetic set, as events state it.
  init(_ score: KnownScore) {
    self.init(
      metric: score.metric == .accuracy ? .accuracy : .loss, isAtLeast: score.comparison == .atLeast,
      value: score.value, explanation: score.explanation)
  }
}

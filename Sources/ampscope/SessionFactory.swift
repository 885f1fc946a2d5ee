import ArgumentParser
import BackendAPI
import BackendCPU
import DashboardCore
import Datasets
import Foundation
import ModelZoo
import SafetensorsFormat
import Training
import TrainingEvents

/// Turns options into a session: the composition root.
///
/// Every refusal names the option.
struct SessionFactory {
  let options: RunOptions
  /// Schedule where the user states none.
  let defaultSchedule: Schedule
  /// Whether lanes wait for the reader of their events: a recorder loses nothing.
  let isLossless: Bool

  func makeSession() throws -> Session {
    let backend = try SessionFactory.backend(options.model.device)
    let precisions = try SessionFactory.precisions(options.lanes, backend: backend)
    let schedule = try scheduleChoice()
    try checkRanges()
    let data = try openData()
    let configuration = Trainer.Configuration(
      model: try options.model.model(sampleShape: data.batches.sampleShape, classCount: data.batches.classCount),
      batches: data.batches, optimizer: try options.model.updateRule(), scaler: try scalerPolicy(),
      seed: options.seed,
      threads: try options.model.threadCount(schedule: schedule, lanes: precisions.count))
    return try Session(
      configuration: configuration, precisions: precisions, backend: backend,
      options: Session.Options(
        steps: options.steps, schedule: schedule, evaluation: data.dataset,
        initialWeights: try options.initialWeights.map { try SafetensorsFile(path: $0) },
        saveWeightsTo: options.saveWeights, isLossless: isLossless),
      data: data.description, machine: MachineProbe.description, versions: Version.components)
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
    if let precision = Precision(spelling: name) { return precision }
    if name.lowercased() == "tf32" {
      throw ValidationError("\(option) tf32: TF32 needs NVIDIA tensor cores, and this device is a CPU; use fp32")
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
    let settings = GradScaler.Settings(
      initialScale: options.initialScale,
      growthInterval: options.growthInterval ?? ScalerPolicy.growthInterval(steps: options.steps))
    switch options.scaler {
    case "auto": return .automatic(settings)
    case "dynamic": return .dynamic(settings)
    case "none": return .off
    default:
      let hint = NearestName.hint(for: options.scaler, among: ["auto", "dynamic", "none"])
      throw ValidationError("--scaler: unknown policy \"\(options.scaler)\"\(hint)")
    }
  }

  private func checkRanges() throws {
    if let steps = options.steps, steps < 1 { throw ValidationError("--steps must be at least 1, found \(steps)") }
    guard options.initialScale.isFinite, options.initialScale > 0 else {
      throw ValidationError("--init-scale must be a positive finite number, found \(options.initialScale)")
    }
    if let interval = options.growthInterval, interval < 1 {
      throw ValidationError("--growth-interval must be at least 1, found \(interval)")
    }
  }

  // MARK: Data

  private struct OpenedData {
    let batches: any BatchSource
    let dataset: ImageDataset?
    let description: DataDescription
  }

  private func openData() throws -> OpenedData {
    if let path = options.batches {
      guard options.data == nil, options.dataDirectory == nil else {
        throw ValidationError("--batches replays a file: leave out --data and --data-dir")
      }
      let replayed = try ReplayedBatches(path: path)
      return OpenedData(
        batches: replayed, dataset: nil,
        description: DataDescription(
          name: (path as NSString).lastPathComponent, isSynthetic: false,
          trainCount: replayed.steps * replayed.batchSize, validationCount: 0, sampleShape: replayed.sampleShape,
          classCount: replayed.classCount, note: "replayed from \(path), in order, nothing normalised"))
    }
    if let name = options.data, !DataCatalog.names.contains(name) {
      throw ValidationError(
        "--data: unknown data set \"\(name)\"\(NearestName.hint(for: name, among: DataCatalog.names))")
    }
    guard options.model.batchSize >= 1 else {
      throw ValidationError("--batch must be at least 1, found \(options.model.batchSize)")
    }
    let opened = try DataCatalog.open(name: options.data, directory: options.dataDirectory, seed: options.seed)
    let dataset = opened.dataset
    return OpenedData(
      batches: try ShuffledBatches(dataset: dataset, batchSize: options.model.batchSize, seed: options.seed),
      dataset: dataset,
      description: DataDescription(
        name: dataset.name, isSynthetic: dataset.isSynthetic, trainCount: dataset.train.count,
        validationCount: dataset.validation.count, sampleShape: dataset.sampleShape,
        classCount: dataset.classCount, note: opened.note))
  }
}

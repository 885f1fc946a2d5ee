import ArgumentParser
import DashboardCore
import Datasets
import ModelZoo
import Training
import TrainingEvents

/// Checked values of the model options. Every refusal names the option.
extension ModelOptions {
  /// The name of the network.
  ///
  /// Throws `ValidationError` for an unknown one.
  func modelName() throws -> ModelName {
    guard let name = ModelName(rawValue: model) else {
      throw ValidationError(
        "--model: unknown model \"\(model)\"\(NearestName.hint(for: model, among: ModelCatalog.names))")
    }
    return name
  }

  /// The network for the data of a run.
  ///
  /// Throws `ValidationError` where the network has no such size, a size is out of range, or the data does not fit.
  func model(for batches: any BatchSource) throws -> Model {
    try model(input: batches.input, task: batches.task, tableSizes: batches.tableSizes)
  }

  /// The network for samples of a type and a task; throws as `model(for:)`.
  func model(input: SampleType, task: LearningTask, tableSizes: [Int]?) throws -> Model {
    let name = try modelName()
    let sizes = try sizes.sizes(for: name)
    do {
      return try ModelCatalog.model(name.rawValue, input: input, task: task, tableSizes: tableSizes, sizes: sizes)
    } catch {
      throw ValidationError(error.message)
    }
  }

  /// The data set that suits the network; nil for the data catalog's choice, and for a name that is refused later.
  var defaultData: String? { ModelName(rawValue: model)?.defaults.data }

  /// Samples in a batch.
  func batchCount() throws -> Int {
    let count = try batchSize ?? modelName().defaults.batchSize
    guard count >= 1 else { throw ValidationError("--batch must be at least 1, found \(count)") }
    return count
  }

  func updateRule() throws -> Optimizer {
    let isMomentumRule = ["sgd", "nesterov"].contains(optimizer.lowercased())
    if let rate = learningRate, !(rate.isFinite && rate >= 0) {
      throw ValidationError("--lr must be a finite number of at least 0, found \(rate)")
    }
    if let momentum {
      guard isMomentumRule else { throw ValidationError("--momentum belongs to sgd and nesterov, not \(optimizer)") }
      guard momentum >= 0, momentum < 1 else {
        throw ValidationError("--momentum must be at least 0 and below 1, found \(momentum)")
      }
    }
    if let eps {
      guard !isMomentumRule else { throw ValidationError("--eps belongs to adam and adamw, not \(optimizer)") }
      guard eps > 0, eps.isFinite else { throw ValidationError("--eps must be a positive finite number, found \(eps)") }
    }
    if let weightDecay, !(weightDecay.isFinite && weightDecay >= 0) {
      throw ValidationError("--weight-decay must be a finite number of at least 0, found \(weightDecay)")
    }
    let rate = try learningRate ?? (isMomentumRule ? nil : modelName().defaults.learningRate)
    guard
      let rule = Optimizer.named(optimizer, learningRate: rate, momentum: momentum, weightDecay: weightDecay, eps: eps)
    else {
      throw ValidationError(
        "--optimizer: unknown rule \"\(optimizer)\"\(NearestName.hint(for: optimizer, among: Optimizer.names))")
    }
    return rule
  }

  /// Threads of each lane: all lanes have equal teams.
  func threadCount(schedule: Schedule, lanes: Int) throws -> Int {
    let processors = ProcessorSet.allowed.count
    guard let threads else { return schedule == .alternating ? processors : max(1, processors / lanes) }
    guard (1...1024).contains(threads) else {
      throw ValidationError("--threads must be 1 to 1024, found \(threads)")
    }
    return threads
  }
}

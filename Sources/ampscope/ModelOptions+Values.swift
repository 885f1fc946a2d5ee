import ArgumentParser
import DashboardCore
import Foundation
import ModelZoo
import Training
import TrainingEvents

/// Checked values of the model options. Every refusal names the option.
extension ModelOptions {
  func model(sampleShape: [Int], classCount: Int) throws -> Model {
    guard ModelCatalog.names.contains(model) else {
      throw ValidationError(
        "--model: unknown model \"\(model)\"\(NearestName.hint(for: model, among: ModelCatalog.names))")
    }
    guard dropout >= 0, dropout < 1 else {
      throw ValidationError("--dropout must be at least 0 and below 1, found \(dropout)")
    }
    var sizes = ModelCatalog.Sizes()
    sizes.hidden = hidden
    sizes.layers = layers
    sizes.dropout = dropout
    sizes.channels = try channels.split(separator: ",", omittingEmptySubsequences: false).map { part in
      guard let width = Int(part.trimmingCharacters(in: .whitespaces)) else {
        throw ValidationError("--channels takes three whole numbers such as 32,64,128, found \"\(channels)\"")
      }
      return width
    }
    return try ModelCatalog.model(model, sampleShape: sampleShape, classCount: classCount, sizes: sizes)
  }

  func updateRule() throws -> Optimizer {
    if let rate = learningRate, !(rate.isFinite && rate >= 0) {
      throw ValidationError("--lr must be a finite number of at least 0, found \(rate)")
    }
    guard let rule = Optimizer.named(optimizer, learningRate: learningRate) else {
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

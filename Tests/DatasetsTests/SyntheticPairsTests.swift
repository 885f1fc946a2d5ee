import Foundation
import TensorCore
import Testing

@testable import Datasets

/// Ratings and interactions from latent factors.
@Suite struct SyntheticPairsTests {
  private func pairs(_ data: PairDataset, _ split: Split) throws -> (users: [Int], items: [Int], numbers: [Double]) {
    let batch = try filledBatch(data, split, Array(0..<data.count(of: split)))
    let tokens = batch.tokens.map(Int.init)
    return (
      stride(from: 0, to: tokens.count, by: 2).map { tokens[$0] },
      stride(from: 1, to: tokens.count, by: 2).map { tokens[$0] }, batch.numbers.map(Double.init)
    )
  }

  @Test("Pairs are inside the tables, none stands twice, and no validation pair is trained on")
  func distinct() throws {
    let data = try SyntheticRatings.generate(seed: 3, users: 20, items: 15, trainCount: 250, validationCount: 50)
    #expect(data.isSynthetic)
    #expect(data.task == .rating)
    #expect(data.tableSizes == [20, 15])
    #expect(data.input == SampleType(.int64, [2]))
    #expect(data.target == SampleType(.float32, [1]))
    let (train, validation) = (try pairs(data, .train), try pairs(data, .validation))
    let cells = zip(train.users + validation.users, train.items + validation.items).map { user, item in
      #expect((0..<20).contains(user) && (0..<15).contains(item))
      return user * 15 + item
    }
    #expect(Set(cells).count == 300)
  }

  @Test("The same seed gives the same pairs and numbers, another seed others, and counts change nothing")
  func deterministic() throws {
    func make(_ seed: UInt64, _ train: Int, _ validation: Int) throws -> [PairDataset] {
      [
        try SyntheticRatings.generate(
          seed: seed, users: 20, items: 15, trainCount: train, validationCount: validation),
        try SyntheticInteractions.generate(
          seed: seed, users: 20, items: 15, trainCount: train, validationCount: validation),
      ]
    }
    for ((data, again), other) in zip(zip(try make(5, 100, 30), try make(5, 150, 40)), try make(6, 100, 30)) {
      for (split, count) in [(Split.train, 100), (.validation, 30)] {
        let indices = Array(0..<count)
        #expect(try filledBatch(data, split, indices) == filledBatch(again, split, indices))
        #expect(try filledBatch(data, split, indices) != filledBatch(other, split, indices))
      }
    }
  }

  @Test("Ratings are affinities plus noise of the variance that is claimed")
  func noise() throws {
    let data = try SyntheticRatings.generate(seed: 7, users: 100, items: 80, trainCount: 4000, validationCount: 1000)
    let factors = try LatentFactors(seed: 7, users: 100, items: 80)
    let train = try pairs(data, .train)
    let errors = train.numbers.indices.map { train.numbers[$0] - factors.affinity(train.users[$0], train.items[$0]) }
    let mean = errors.reduce(0, +) / 4000
    let variance = errors.reduce(0) { $0 + $1 * $1 } / 4000
    // Standard errors: 0.5 / √4000 = 0.008 of the mean, 0.25 · √(2 / 4000) = 0.0056 of the variance; four of each.
    #expect(abs(mean) < 0.032)
    #expect(abs(variance - 0.25) < 0.023)

    let score = try #require(data.knownScore)
    #expect(score.metric == .loss)
    #expect(abs(score.value - 1.4 * 0.25) < 1e-12)
    let validation = try pairs(data, .validation)
    let biasesOnly = validation.numbers.indices.reduce(0.0) { sum, row in
      let (user, item) = (validation.users[row], validation.items[row])
      let error = validation.numbers[row] - factors.affinity(user, item) + factors.product(user, item)
      return sum + error * error / 1000
    }
    #expect(!score.isReached(by: biasesOnly))
    #expect(score.explanation.contains("0.250"))
  }

  @Test("Interactions come with the probability that is claimed: Bayes accuracy and log loss are met by it")
  func bayes() throws {
    let data = try SyntheticInteractions.generate(
      seed: 2, users: 100, items: 80, trainCount: 10, validationCount: 6000)
    let factors = try LatentFactors(seed: 2, users: 100, items: 80)
    let validation = try pairs(data, .validation)
    #expect(validation.numbers.allSatisfy { $0 == 0 || $0 == 1 })
    let probabilities = validation.users.indices.map {
      SyntheticInteractions.probability(factors.affinity(validation.users[$0], validation.items[$0]))
    }
    var correct = 0.0
    var logLoss = 0.0
    for (p, number) in zip(probabilities, validation.numbers) {
      correct += (p > 0.5) == (number == 1) ? 1 : 0
      logLoss -= log(number == 1 ? p : 1 - p)
    }
    let bayes = SyntheticInteractions.bayes(probabilities)
    // Standard errors over 6,000 pairs: √(0.85 · 0.15 / 6000) = 0.0046 of the accuracy, about 0.006 of the log loss.
    #expect(abs(correct / 6000 - bayes.accuracy) < 0.019)
    #expect(abs(logLoss / 6000 - bayes.logLoss) < 0.025)
    let score = try #require(data.knownScore)
    #expect(score.metric == .accuracy)
    #expect(abs(score.value - (bayes.accuracy - 0.04)) < 1e-12)
    #expect(score.explanation.contains(String(format: "%.3f", bayes.logLoss)))
    let share = validation.numbers.reduce(0, +) / 6000
    #expect(!score.isReached(by: max(share, 1 - share)))
  }

  @Test("The Bayes figures of known probabilities are right")
  func bayesOfProbabilities() {
    let bayes = SyntheticInteractions.bayes([0.5, 0.25, 1, 0])
    #expect(abs(bayes.accuracy - 0.8125) < 1e-12)
    let logLoss = (log(2) - 0.25 * log(0.25) - 0.75 * log(0.75)) / 4
    #expect(abs(bayes.logLoss - logLoss) < 1e-12)
  }

  @Test("Settings that cannot be met are errors")
  func badSettings() {
    for (users, items, train, validation) in [
      (0, 5, 1, 1), (5, -1, 1, 1), (Int.max, 2, 1, 1), (100_000, 1000, 1, 1), (5, 5, 0, 1), (5, 5, 1, 0), (5, 5, 20, 6),
      (5, 5, Int.max, 1),
    ] {
      let ratings = #expect(throws: DatasetError.self) {
        try SyntheticRatings.generate(
          seed: 1, users: users, items: items, trainCount: train, validationCount: validation)
      }
      #expect(ratings?.kind == .badSetting)
      #expect(throws: DatasetError.self) {
        try SyntheticInteractions.generate(
          seed: 1, users: users, items: items, trainCount: train, validationCount: validation)
      }
    }
  }
}

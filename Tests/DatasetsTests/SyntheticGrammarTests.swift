import Datasets
import Foundation
import TensorCore
import Testing

@Suite struct SyntheticGrammarTests {
  /// Sequences with the full stop in front, as inputs and the last target give them.
  private func sequences(_ data: TokenDataset, _ split: Split) throws -> [[Int]] {
    let length = data.input.shape[0]
    let count = data.count(of: split)
    let batch = try filledBatch(data, split, Array(0..<count))
    let inputs = batch.tokens.map(Int.init)
    let targets = batch.labels.map(Int.init)
    return (0..<count).map { Array(inputs[($0 * length)..<(($0 + 1) * length)]) + [targets[($0 + 1) * length - 1]] }
  }

  /// The words of the grammar by their symbols, written down again.
  private enum Word: Equatable {
    case stop, comma, subject(Int), modifier, verb(gender: Int), object(Int)

    init(_ token: Int) {
      switch token {
      case 0: self = .stop
      case 1: self = .comma
      case 2..<10: self = .subject(token - 2)
      case 10..<16: self = .modifier
      case 16..<24: self = .verb(gender: (token - 16) % 4)
      default: self = .object(token - 24)
      }
    }
  }

  /// What the words so far say about the next one: the place in the clause, and the subject where it still matters.
  private struct Context {
    private(set) var place = "start"
    private var subject = 0

    mutating func read(_ word: Word) {
      switch word {
      case .stop: place = "start"
      case .comma: place = "continued \(subject % 4)"
      case .subject(let own): (subject, place) = (own, "behind subject \(own % 4)")
      case .modifier: break
      case .verb: place = "behind verb \(subject)"
      case .object: place = "behind object"
      }
    }
  }

  @Test("Every clause agrees: verb with the subject's gender, object with the subject, gender across a comma")
  func agrees() throws {
    let data = try SyntheticGrammar.generate(seed: 4, trainCount: 60, validationCount: 10)
    for sequence in try sequences(data, .train) {
      #expect(sequence[0] == 0)
      var subject: Int?
      var needsGender: Int?
      for word in sequence.map(Word.init) {
        switch word {
        case .stop: (subject, needsGender) = (nil, nil)
        case .comma: needsGender = subject.map { $0 % 4 }
        case .subject(let own):
          #expect(needsGender == nil || needsGender == own % 4)
          subject = own
        case .modifier: #expect(subject != nil)
        case .verb(let gender): #expect(subject.map { $0 % 4 } == gender)
        case .object(let own): #expect(subject == own)
        }
      }
    }
  }

  @Test("Entropy, bigram and unigram losses are those of the words that are generated")
  func losses() throws {
    let data = try SyntheticGrammar.generate(seed: 9, sequenceLength: 32, trainCount: 2000, validationCount: 1)
    var counts: [[String: [Int: Int]]] = [[:], [:], [:]]
    var total = 0
    for sequence in try sequences(data, .train) {
      var context = Context()
      for (last, word) in zip(sequence, sequence.dropFirst()) {
        context.read(Word(last))
        for (model, key) in [context.place, "\(last)", ""].enumerated() {
          counts[model][key, default: [:]][word, default: 0] += 1
        }
        total += 1
      }
    }
    let empirical = counts.map { contexts in
      contexts.values.reduce(0.0) { sum, words in
        let all = Double(words.values.reduce(0, +))
        return words.values.reduce(sum) { $0 - Double($1) * log(Double($1) / all) }
      } / Double(total)
    }
    let exact = SyntheticGrammar.losses(sequenceLength: 32)
    // 64,000 words whose surprise has a standard deviation of about 1 nat: four standard errors are 0.016. Counting
    // makes empirical entropies low by (words − 1) / 2 a context and word: 0.003 for pairs.
    for (found, expected) in zip(empirical, [exact.entropy, exact.bigram, exact.unigram]) {
      #expect(abs(found - expected) < 0.02, "\(empirical) \(exact)")
    }
    #expect(exact.bigram > exact.entropy + 0.4)
    #expect(exact.unigram > exact.bigram + 0.4)
  }

  @Test("The first word behind a full stop is one of eight subjects: log 8 nats for every model")
  func firstWord() {
    let losses = SyntheticGrammar.losses(sequenceLength: 1)
    for loss in [losses.entropy, losses.bigram, losses.unigram] { #expect(abs(loss - log(8)) < 1e-12) }
  }

  @Test("The known score lies just above the entropy, far below the bigram loss, and says both")
  func knownScore() throws {
    let data = try SyntheticGrammar.generate(seed: 1, sequenceLength: 48, trainCount: 10, validationCount: 10)
    let losses = SyntheticGrammar.losses(sequenceLength: 48)
    let score = try #require(data.knownScore)
    #expect(score.metric == .loss)
    #expect(score.comparison == .atMost)
    #expect(abs(score.value - losses.entropy - 0.05) < 1e-12)
    #expect(score.isReached(by: losses.entropy))
    #expect(!score.isReached(by: losses.bigram))
    #expect(!score.isReached(by: .nan))
    for loss in [losses.entropy, losses.bigram, losses.unigram] {
      #expect(score.explanation.contains(String(format: "%.3f", loss)))
    }
  }

  @Test("The same seed gives the same sequences, another seed others, and counts change nothing")
  func deterministic() throws {
    let data = try SyntheticGrammar.generate(seed: 5, trainCount: 20, validationCount: 8)
    let again = try SyntheticGrammar.generate(seed: 5, trainCount: 30, validationCount: 9)
    let other = try SyntheticGrammar.generate(seed: 6, trainCount: 20, validationCount: 8)
    for (split, count) in [(Split.train, 20), (.validation, 8)] {
      let indices = Array(0..<count)
      #expect(try filledBatch(data, split, indices) == filledBatch(again, split, indices))
      #expect(try filledBatch(data, split, indices) != filledBatch(other, split, indices))
    }
    #expect(try filledBatch(data, .train, [0]) != filledBatch(data, .validation, [0]))
    #expect(data.task == .language(vocabulary: 32))
    #expect(data.isSynthetic)
  }

  @Test("Settings that cannot be met are errors")
  func badSettings() {
    for length in [0, -1, 1 << 20] {
      #expect(throws: DatasetError.self) { try SyntheticGrammar.generate(seed: 1, sequenceLength: length) }
    }
    for count in [0, -1, Int.max] {
      #expect(throws: DatasetError.self) { try SyntheticGrammar.generate(seed: 1, trainCount: count) }
      #expect(throws: DatasetError.self) {
        try SyntheticGrammar.generate(seed: 1, trainCount: 1, validationCount: count)
      }
    }
  }
}

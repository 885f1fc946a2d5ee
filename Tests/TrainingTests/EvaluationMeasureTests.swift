import BackendAPI
import BackendCPU
import Datasets
import Foundation
import GraphIR
import TensorCore
import Testing
import Training
import TrainingEvents

/// Samples made by hand; the training split has the same.
private struct HandMadeDataset: Dataset {
  enum Targets {
    case classes([Int64])
    case numbers([Float])
  }

  var task: LearningTask
  var input: SampleType
  /// Samples one after the other, as a network reads them.
  var images: [Float] = []
  var indices: [Int64] = []
  var targets: Targets

  let name = "hand-made"
  let isSynthetic = true

  func count(of split: Split) -> Int { max(images.count, indices.count) / input.elementCount }

  func fill(
    _ split: Split, _ samples: ArraySlice<Int>, variation: UInt64, inputs: UnsafeMutableRawBufferPointer,
    targets buffer: UnsafeMutableRawBufferPointer
  ) throws {
    for (place, sample) in samples.enumerated() {
      copy(images, input.elementCount, of: sample, to: inputs, place)
      copy(indices, input.elementCount, of: sample, to: inputs, place)
      switch targets {
      case .classes(let classes): copy(classes, target.elementCount, of: sample, to: buffer, place)
      case .numbers(let numbers): copy(numbers, target.elementCount, of: sample, to: buffer, place)
      }
    }
  }

  private func copy<Element>(
    _ values: [Element], _ width: Int, of sample: Int, to buffer: UnsafeMutableRawBufferPointer, _ place: Int
  ) {
    guard !values.isEmpty else { return }
    let row = buffer.bindMemory(to: Element.self)
    for offset in 0..<width { row[place * width + offset] = values[sample * width + offset] }
  }
}

/// The second number of a pair through a table of one column: an item's score, whoever the user.
private struct ItemScore: Layer {
  var items: Int

  func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    let items = try builder.apply(.slice(dimension: 1, start: 1, count: 1), x)
    let rows = try builder.reshape(items, to: [builder.shape(x)[0]])
    return try Embedding(self.items, 1)(rows, in: &builder)
  }
}

@Suite("Measures of an evaluation")
struct EvaluationMeasureTests {
  private func evaluation(
    of network: any Layer, _ weights: [String: [Float]], on data: HandMadeDataset, precision: Precision = .fp32
  ) throws -> Evaluation {
    let trainer = try Trainer(
      Trainer.Configuration(
        model: Model(name: "hand-made", network: network, input: data.input, task: data.task),
        batches: ShuffledBatches(dataset: data, batchSize: 1, seed: 0), optimizer: .sgd(learningRate: 0.1)),
      precision: precision, backend: CPUBackend())
    for (name, values) in weights { try trainer.state.write(name, values) }
    return try trainer.evaluate(.validation, of: data)
  }

  /// Logits 2 k x - k² of class k are largest for the class nearest to the pixel: the image is the answer.
  private func segmentation(_ answers: [Float], _ labels: [Int64]) throws -> Evaluation {
    try evaluation(
      of: Conv2d(1, 4, kernel: 1), ["weight": [0, 2, 4, 6], "bias": [0, -1, -4, -9]],
      on: HandMadeDataset(
        task: .segmentation(classes: 4), input: SampleType(.float32, [1, 2, 3]), images: answers,
        targets: .classes(labels)))
  }

  @Test("Mean IoU is over the classes that are labelled or predicted anywhere, with pixels of all images together")
  func meanIntersectionOverUnion() throws {
    let result = try segmentation(
      [
        0, 0, 1, 1, 0, 0,
        0, 1, 1, 2, 0, 0,
      ],
      [
        0, 0, 1, 0, 0, 0,
        0, 1, 0, 1, 0, 0,
      ])
    // Class 0: 7 of 9, predicted 7 times, all right. Class 1: 2 of 3 labelled and of 4 predicted. Class 2 is predicted
    // once and never right. Class 3 is nowhere and does not count.
    let expected = (7.0 / 9 + 2.0 / 5 + 0) / 3
    let found = try #require(result.measures["mean IoU"])
    #expect(abs(found - expected) <= 1e-12)
    #expect(result.scores == [5.0 / 6, 4.0 / 6])
    #expect(result.accuracy == Double(Float(5.0 / 6) + Float(4.0 / 6)) / 2)

    #expect(try segmentation([0, 1, 2, 3, 3, 0], [0, 1, 2, 3, 3, 0]).measures["mean IoU"] == 1)
    #expect(try segmentation([1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0]).measures["mean IoU"] == 0)
  }

  @Test("Perplexity is e to the mean loss of a token")
  func perplexity() throws {
    // Rows of the table are logarithms of the next token's probabilities.
    let rows: [[Float]] = [[0.5, 0.25, 0.25], [0.125, 0.75, 0.125], [0.25, 0.5, 0.25]]
    let data = HandMadeDataset(
      task: .language(vocabulary: 3), input: SampleType(.int64, [2]), indices: [0, 1, 2, 0],
      targets: .classes([0, 2, 1, 2]))
    let result = try evaluation(of: Embedding(3, 3), ["weight": rows.flatMap { $0.map { log($0) } }], on: data)
    // The four targets have probabilities 1/2, 1/8, 1/2 and 1/4: 2^-7 together, 2^-7/4 in the mean.
    let found = try #require(result.measures["perplexity"])
    // Logits are fp32 logarithms, off by 2^-24 of at most ln 8.
    #expect(abs(found - pow(2, 7.0 / 4)) <= 4e-7 * found)
    #expect(result.scores == [0.5, 0.5])

    let uniform = try evaluation(of: Embedding(3, 3), ["weight": [Float](repeating: 0, count: 9)], on: data)
    #expect(abs(try #require(uniform.measures["perplexity"]) - 3) <= 1e-12)
  }

  /// One pair an item; the table holds the logits or ratings.
  private func pairs(_ task: LearningTask, _ answers: [Float], _ targets: [Float]) throws -> Evaluation {
    try evaluation(
      of: ItemScore(items: answers.count), ["weight": answers],
      on: HandMadeDataset(
        task: task, input: SampleType(.int64, [2]), indices: answers.indices.flatMap { [0, Int64($0)] },
        targets: .numbers(targets)))
  }

  @Test("AUC is the share of pairs in order, ties half")
  func areaUnderCurve() throws {
    func area(_ logits: [Float], _ targets: [Float]) throws -> Double {
      try #require(try pairs(.interaction, logits, targets).measures["AUC"])
    }
    // Positives 2, 1, 0 against negatives 1, 0, -1, -1: four, three and a half, two and a half of twelve pairs.
    #expect(try area([2, 1, 1, 0, 0, -1, -1], [1, 1, 0, 1, 0, 0, 0]) == 10.0 / 12)
    #expect(try area([3, 2, 1, 0], [1, 1, 0, 0]) == 1)
    #expect(try area([3, 2, 1, 0], [0, 0, 1, 1]) == 0)
    #expect(try area([4, 4, 4, 4, 4], [1, 0, 1, 0, 0]) == 0.5)
    // Order counts, not size, and not the order of the samples.
    #expect(try area([-100, 7e6, -99, 1e-6], [0, 1, 0, 1]) == 1)
    #expect(try area([1, 2], [1, 1]).isNaN)
    #expect(try area([1, 2], [0, 0]).isNaN)
    #expect(try area([1, .nan], [0, 1]).isNaN)
  }

  @Test("The loss of an interaction is the cross entropy of its logit; a logit above 0 says yes")
  func interactions() throws {
    let result = try pairs(.interaction, [0, 2, -2, 200], [1, 1, 1, 0])
    let expected = (log(2.0) + log1p(exp(-2.0)) + 2 + log1p(exp(-2.0)) + 200) / 4
    #expect(abs(result.loss - expected) <= 1e-12 * expected)
    #expect(result.scores == [0, 1, 0, 0])
  }

  @Test("RMSE is the root of the mean squared error; half a star is not near enough")
  func rootMeanSquare() throws {
    let result = try pairs(.rating, [3, 4.5, 1, 2.25], [3, 4, 3, 2])
    // Errors 0, 0.5, -2 and 0.25.
    #expect(result.measures == ["RMSE": (4.3125 / 4).squareRoot()])
    #expect(result.loss == 4.3125 / 4)
    #expect(result.scores == [1, 0, 0, 1])
    #expect(try pairs(.rating, [.nan, 1], [1, 1]).measures["RMSE"]?.isNaN == true)
  }

  @Test("A classification has no measures besides", arguments: Precision.onCPU)
  func classification(precision: Precision) throws {
    // Weights and pixels that every format holds exactly.
    let data = HandMadeDataset(
      task: .classification(classes: 2), input: SampleType(.float32, [2]), images: [1, 0, 0, 1, 2, 1],
      targets: .classes([0, 0, 0]))
    let identity = Linear(2, 2, bias: false)
    let result = try evaluation(of: identity, ["weight": [1, 0, 0, 1]], on: data, precision: precision)
    #expect(result.measures.isEmpty)
    #expect(result.scores == [1, 0, 1])
    let losses = [log1p(exp(-1.0)), log1p(M_E), log1p(exp(-1.0))]
    #expect(abs(result.loss - losses.reduce(0, +) / 3) <= 1e-12)
  }
}

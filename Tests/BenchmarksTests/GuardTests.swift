import BackendCPU
import Datasets
import Foundation
import TensorCore
import Testing
import Training
import TrainingEvents

@testable import Benchmarks

@Suite("The guard")
struct GuardTests {
  @Test("A row passes from its threshold on, and a report where all rows do")
  func rows() {
    var report = GuardReport(machine: machine, versions: [:])
    report.rows = [
      GuardReport.Row(name: "a", reference: "plain C", milliseconds: 2, referenceMilliseconds: 6, threshold: 3)
    ]
    #expect(report.passes)
    report.rows.append(
      GuardReport.Row(name: "b", reference: "plain C", milliseconds: 2, referenceMilliseconds: 5, threshold: 3))
    #expect(!report.passes)
    #expect(
      report.table(.markdown) == """
        | measured | reference | ms | reference ms | ratio | at least | verdict | instructions | reference's | ratio |
        | --- | --- | ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: |
        | a | plain C | 2.000 | 6.000 | 3.00 | 3.00 | pass | not counted |  |  |
        | b | plain C | 2.000 | 5.000 | 2.50 | 3.00 | missed | not counted |  |  |
        """)
    report.uncounted = "no counter here"
    #expect(report.lines(.plain).last == "Instructions were not counted: no counter here")
    report.rows[0].instructions = GuardReport.Instructions(ours: 2_500_000, reference: 10_000_000)
    #expect(
      report.table(.markdown).contains("| a | plain C | 2.000 | 6.000 | 3.00 | 3.00 | pass | 2.500 | 10.000 | 4.00 |"))
    #expect(report.lines(.plain).last?.contains("none is judged") == true)
    #expect(!report.passes, "instructions are not judged")
  }

  /// Mean cross-entropy of the yardstick's perceptron in fp64.
  private func loss(_ weights: [Double], x: [Float], labels: [Int64], hidden: Int, classes: Int) -> Double {
    let inputs = x.count / labels.count
    var total = 0.0
    for row in labels.indices {
      let activations = (0..<hidden).map { unit in
        max(0, (0..<inputs).reduce(0) { $0 + weights[unit * inputs + $1] * Double(x[row * inputs + $1]) })
      }
      let logits = (0..<classes).map { output in
        (0..<hidden).reduce(0) { $0 + weights[hidden * inputs + output * hidden + $1] * activations[$1] }
      }
      total += log(logits.reduce(0) { $0 + exp($1) }) - logits[Int(labels[row])]
    }
    return total / Double(labels.count)
  }

  @Test("The yardstick descends along the gradient of the loss that it states")
  func yardstick() {
    let (inputs, hidden, classes) = (70, 5, 3)
    let labels: [Int64] = [0, 2, 1, 2]
    let x = (0..<labels.count * inputs).map { Float(($0 * 37) % 23 - 11) * 0.1 }
    let yardstick = Yardstick(x: x, labels: labels, hidden: hidden, classes: classes)
    let before = yardstick.weights.map(Double.init)
    let rate = 0.5
    let stated = yardstick.step(learningRate: Float(rate))
    func loss(_ weights: [Double]) -> Double {
      self.loss(weights, x: x, labels: labels, hidden: hidden, classes: classes)
    }
    #expect(abs(Double(stated) - loss(before)) < 1e-5)
    for (index, after) in yardstick.weights.enumerated() {
      var (up, down) = (before, before)
      up[index] += 1e-5
      down[index] -= 1e-5
      let gradient = (loss(up) - loss(down)) / 2e-5
      #expect(abs((before[index] - Double(after)) / rate - gradient) < 1e-4 * max(1, abs(gradient)), "weight \(index)")
    }
    #expect(yardstick.step(learningRate: 0) < stated)
  }

  @Test("Kinds of operation that have a threshold are measured, and a step")
  func bench() throws {
    let data = try SyntheticGlyphs.generate(seed: 3, trainCount: 64, validationCount: 40)
    let network = Sequential(Flatten(), Linear(784, 16), ReLU(), Dropout(0.5), Linear(16, data.classCount))
    let model = Model(name: "small", network: network, input: data.input, task: data.task)
    let configuration = Trainer.Configuration(
      model: model, batches: try ShuffledBatches(dataset: data, batchSize: 8, seed: 1), optimizer: .adamW())
    var bench = GuardBench(CPUBackend())
    bench.steps = 2
    var report = GuardReport(machine: machine, versions: [:])
    var references = 0
    // Under the name of a network that has thresholds.
    try bench.measureKernels(
      "cnn", configuration, policy: PrecisionPolicy(.fp32),
      withReference: { step in
        references += 1
        return try CPUBackend.withReferenceKernels { try step() }
      }, into: &report)
    #expect(references == 5, "two steps, and three of warm-up")
    #expect(report.rows.contains { $0.name == "cnn fp32: optimizer" && $0.milliseconds > 0 && $0.ratio > 0 })
    var yards = 0
    try bench.measureStep(
      "small", configuration, policy: PrecisionPolicy(.fp32), yardstick: { yards += 1 }, into: &report)
    #expect(yards == 5 && report.rows.last?.name == "small fp32: step")
    #expect(report.rows.allSatisfy { $0.instructions == nil })
    bench.shouldStop = { true }
    let error = #expect(throws: BenchmarkError.self) {
      try bench.measureStep("small", configuration, policy: PrecisionPolicy(.fp32), yardstick: {}, into: &report)
    }
    #expect(error == .givenUp)
  }
}

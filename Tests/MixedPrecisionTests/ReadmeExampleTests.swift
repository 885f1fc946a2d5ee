import Foundation
import MixedPrecision
import Testing

/// The example of the README, compiled and run.
func readmeExample() throws -> (losses: [Double], accuracy: Double) {
  var losses: [Double] = []
  // The lines between the two marks stand in the README too.
  // begin example
  let data = try DataCatalog.open(name: "glyphs").dataset
  let network = Sequential(Flatten(), Linear(784, 128), ReLU(), Linear(128, 10))
  let model = Model(name: "example", network: network, input: data.input, task: data.task)
  let batches = try ShuffledBatches(dataset: data, batchSize: 64, seed: 1)
  let run = Trainer.Configuration(model: model, batches: batches, optimizer: .adamW())
  let trainer = try Trainer(run, precision: .ampBF16, backend: CPUBackend())
  for _ in 0..<200 { losses.append(try trainer.step().loss) }
  let accuracy = try trainer.evaluate(.validation, of: data).accuracy
  // end example
  return (losses, accuracy)
}

@Suite struct ReadmeExampleTests {
  @Test("the README's example learns the synthetic set in amp-bf16")
  func learns() throws {
    let result = try readmeExample()
    #expect(result.losses.count == 200)
    // Ten classes: chance is 0.1 and the first loss is near ln 10 = 2.30. 200 steps of 64 are 12,800 of 20,000 samples.
    #expect((result.losses.first ?? 0) > 2)
    #expect(result.accuracy > 0.6)
  }

  @Test("the README shows the lines that this file compiles")
  func readmeHoldsTheSameLines() throws {
    let here = URL(fileURLWithPath: #filePath)
    let root = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let readme = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
    let source = try String(contentsOf: here, encoding: .utf8)
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    let first = try #require(lines.firstIndex { $0.hasSuffix("// begin example") })
    let last = try #require(lines.firstIndex { $0.hasSuffix("// end example") })
    #expect(last - first > 5)
    for line in lines[(first + 1)..<last] {
      let text = line.trimmingCharacters(in: .whitespaces)
      #expect(readme.contains(text), "README.md lacks: \(text)")
    }
  }
}

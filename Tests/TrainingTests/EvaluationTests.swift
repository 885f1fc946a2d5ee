import BackendAPI
import BackendCPU
import Datasets
import Testing
import Training
import TrainingEvents

@Suite("Evaluation")
struct EvaluationTests {
  @Test("The whole split counts, the last partial batch included", arguments: Precision.onCPU)
  func wholeSplit(precision: Precision) throws {
    let data = try SmallData.glyphs
    let trainer = try Trainer(.small(), precision: precision, backend: CPUBackend())
    _ = try trainer.losses(5)
    let whole = try trainer.evaluate(.validation, of: data)
    #expect(whole.scores.count == 260)
    #expect(whole.losses.count == 260)
    #expect(whole.accuracy == Double(whole.scores.count { $0 == 1 }) / 260)

    // Every sample is judged alone: parts of the split give the same verdicts. Their batches have other sizes (250, 10).
    let first = try trainer.evaluate(.validation, of: part(of: data, 0..<250))
    let last = try trainer.evaluate(.validation, of: part(of: data, 250..<260))
    #expect(whole.scores == first.scores + last.scores)
    // oneDNN may sum in another order for another batch size; 16-bit activations may then round to the neighbour.
    let tolerance = precision == .fp32 ? 1e-6 : 1e-2
    #expect(abs(whole.loss - (250 * first.loss + 10 * last.loss) / 260) <= tolerance * whole.loss)
  }

  @Test("Dropout plays no part")
  func dropout() throws {
    let data = try SmallData.glyphs
    let with = try Trainer(.small(dropout: 0.5), precision: .fp32, backend: CPUBackend())
    let without = try Trainer(.small(dropout: 0), precision: .fp32, backend: CPUBackend())
    #expect(try with.evaluate(.validation, of: data) == without.evaluate(.validation, of: data))
  }

  @Test("Training goes on bit for bit as if there had been no evaluation", arguments: Precision.onCPU)
  func noTrace(precision: Precision) throws {
    let data = try SmallData.glyphs
    let evaluated = try Trainer(.small(), precision: precision, backend: CPUBackend())
    let other = try Trainer(.small(), precision: precision, backend: CPUBackend())
    for _ in 0..<3 {
      #expect(try evaluated.losses(2) == other.losses(2))
      _ = try evaluated.evaluate(.validation, of: data)
    }
    #expect(try evaluated.losses(2) == other.losses(2))
    #expect(try evaluated.state.bits == other.state.bits)
    #expect(evaluated.state.control == other.state.control)
  }

  @Test("Untrained weights score like chance and a loss near ln 10")
  func chance() throws {
    let data = try SmallData.glyphs
    let trainer = try Trainer(.small(), precision: .fp32, backend: CPUBackend())
    let evaluation = try trainer.evaluate(.validation, of: data)
    #expect(evaluation.accuracy < 0.35)
    #expect(abs(evaluation.loss - 2.3026) < 0.5)
  }

  @Test("A weight that is not a number makes the loss NaN and every answer wrong")
  func nonFinite() throws {
    let data = try SmallData.glyphs
    let trainer = try Trainer(.small(), precision: .fp32, backend: CPUBackend())
    try trainer.state.write("classifier.2.bias", [Float](repeating: .nan, count: 10))
    let evaluation = try trainer.evaluate(.validation, of: data)
    #expect(evaluation.loss.isNaN)
    #expect(evaluation.accuracy == 0)
  }

  /// The data with a part of its validation split.
  private func part(of data: ImageDataset, _ range: Range<Int>) throws -> ImageDataset {
    let split = data.validation
    let size = split.sampleShape.reduce(1, *)
    return try ImageDataset(
      name: data.name, isSynthetic: data.isSynthetic, classNames: data.classNames, normalization: data.normalization,
      train: data.train,
      validation: ImageSplit(
        sampleShape: split.sampleShape,
        pixels: Array(split.pixels[(range.lowerBound * size)..<(range.upperBound * size)]),
        labels: Array(split.labels[range])))
  }
}

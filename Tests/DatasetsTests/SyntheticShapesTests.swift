import Datasets
import TensorCore
import Testing

@Suite struct SyntheticShapesTests {
  @Test("Images and masks have the sizes asked for, one or three channels", arguments: [1, 3])
  func sizes(channels: Int) throws {
    let data = try SyntheticShapes.generate(seed: 1, channels: channels, trainCount: 12, validationCount: 5)
    #expect(data.isSynthetic)
    #expect(data.task == .segmentation(classes: 4))
    #expect(data.input == SampleType(.float32, [channels, 32, 32]))
    #expect(data.target == SampleType(.int64, [32, 32]))
    #expect(data.count(of: .train) == 12)
    #expect(data.count(of: .validation) == 5)
    let batch = try filledBatch(data, .train, [3, 7])
    #expect(batch.labels == (data.train.labels[3072..<4096] + data.train.labels[7168..<8192]).map(Int64.init))
    #expect(batch.values.count == 2 * channels * 1024)
  }

  @Test("The same seed gives the same images and masks, another seed others, and counts change nothing")
  func deterministic() throws {
    let data = try SyntheticShapes.generate(seed: 5, trainCount: 6, validationCount: 3)
    let again = try SyntheticShapes.generate(seed: 5, trainCount: 8, validationCount: 4)
    let other = try SyntheticShapes.generate(seed: 6, trainCount: 6, validationCount: 3)
    #expect(data.train.pixels.elementsEqual(again.train.pixels.prefix(data.train.pixels.count)))
    #expect(data.train.labels.elementsEqual(again.train.labels.prefix(data.train.labels.count)))
    #expect(data.validation.labels.elementsEqual(again.validation.labels.prefix(data.validation.labels.count)))
    #expect(data.train.pixels != other.train.pixels)
    #expect(data.train.labels.prefix(1024) != data.validation.labels.prefix(1024))
  }

  @Test("Every class has its share of pixels, and shapes are brighter than the background")
  func statistics() throws {
    let data = try SyntheticShapes.generate(seed: 2, channels: 1, trainCount: 200, validationCount: 1)
    var counts = [0, 0, 0, 0]
    var brightness = [0.0, 0.0, 0.0, 0.0]
    for (label, pixel) in zip(data.train.labels, data.train.pixels) {
      counts[Int(label)] += 1
      brightness[Int(label)] += Double(pixel)
    }
    let pixels = Double(data.train.labels.count)
    #expect((0.7...0.85).contains(Double(counts[0]) / pixels))
    for kind in 1...3 {
      #expect((0.04...0.12).contains(Double(counts[kind]) / pixels))
      // Shapes are 0.45 to 1 bright and the background at most 0.4: about 180 against 60.
      #expect(brightness[kind] / Double(counts[kind]) > 2 * brightness[0] / Double(counts[0]))
    }
  }

  @Test("Outlines alone tell shapes apart: every class has every brightness")
  func colours() throws {
    let data = try SyntheticShapes.generate(seed: 3, channels: 1, trainCount: 300, validationCount: 1)
    var sums = [0.0, 0.0, 0.0, 0.0]
    var counts = [0.0, 0.0, 0.0, 0.0]
    for (label, pixel) in zip(data.train.labels, data.train.pixels) {
      sums[Int(label)] += Double(pixel) / 255
      counts[Int(label)] += 1
    }
    // About 250 shapes of a class, brightness uniform in 0.45…1: the mean is 0.725 with standard error 0.01, a little
    // more for large shapes that count for more pixels.
    for kind in 1...3 { #expect(abs(sums[kind] / counts[kind] - 0.725) < 0.05) }
  }

  @Test("The known score is out of reach for brightness alone, and says how far")
  func knownScore() throws {
    let data = try SyntheticShapes.generate(seed: 4, trainCount: 4, validationCount: 200)
    let score = try #require(data.knownScore)
    #expect(score.metric == .accuracy)
    #expect(score.comparison == .atLeast)
    var counts = [0, 0, 0, 0]
    for label in data.validation.labels { counts[Int(label)] += 1 }
    let brightness = Double(counts[0] + (counts.dropFirst().max() ?? 0)) / Double(data.validation.labels.count)
    #expect(!score.isReached(by: brightness))
    #expect(score.explanation.contains("brightness alone gets \((brightness * 1000).rounded() / 10) %"))
  }

  @Test("Settings that cannot be met are errors")
  func badSettings() {
    for channels in [0, 2, 4] {
      #expect(throws: DatasetError.self) { try SyntheticShapes.generate(seed: 1, channels: channels) }
    }
    for count in [0, -1, Int.max] {
      #expect(throws: DatasetError.self) { try SyntheticShapes.generate(seed: 1, trainCount: count) }
    }
  }
}

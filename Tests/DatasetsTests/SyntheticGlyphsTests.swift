import Datasets
import Testing

@Suite struct SyntheticGlyphsTests {
  @Test("The same seed gives the same images, another seed others, and counts change nothing")
  func deterministic() throws {
    let data = try SyntheticGlyphs.generate(seed: 5, trainCount: 60, validationCount: 20)
    let again = try SyntheticGlyphs.generate(seed: 5, trainCount: 80, validationCount: 30)
    let other = try SyntheticGlyphs.generate(seed: 6, trainCount: 60, validationCount: 20)
    #expect(Array(again.train.pixels.prefix(data.train.pixels.count)) == data.train.pixels)
    #expect(Array(again.validation.pixels.prefix(data.validation.pixels.count)) == data.validation.pixels)
    #expect(other.train.pixels != data.train.pixels)
    #expect(Array(data.train.pixels.prefix(20 * 784)) != data.validation.pixels)
  }

  @Test("Sizes, shape and classes are as asked for, every class equally often")
  func sizes() throws {
    let data = try SyntheticGlyphs.generate(seed: 1, trainCount: 100, validationCount: 50)
    #expect(data.train.count == 100)
    #expect(data.validation.count == 50)
    #expect(data.sampleShape == [1, 28, 28])
    #expect(data.classCount == 10)
    #expect(data.isSynthetic)
    for label in 0..<10 {
      #expect(data.train.labels.count { Int($0) == label } == 10)
      #expect(data.validation.labels.count { Int($0) == label } == 5)
    }
    #expect(SyntheticGlyphs.defaultTrainCount == 20_000)
    #expect(SyntheticGlyphs.defaultValidationCount == 4_000)
  }

  @Test("A count that is none is an error", arguments: [0, -1, Int.max])
  func badCounts(count: Int) {
    let train = #expect(throws: DatasetError.self) { try SyntheticGlyphs.generate(seed: 1, trainCount: count) }
    #expect(train?.kind == .badSetting)
    let validation = #expect(throws: DatasetError.self) {
      try SyntheticGlyphs.generate(seed: 1, trainCount: 10, validationCount: count)
    }
    #expect(validation?.kind == .badSetting)
  }

  @Test("It can be learnt, and not too easily: nearest class mean is far above chance and far below perfect")
  func learnable() throws {
    let data = try SyntheticGlyphs.generate(seed: 3, trainCount: 1000, validationCount: 500)
    let train = try filledBatch(data, .train, Array(0..<1000))
    let validation = try filledBatch(data, .validation, Array(0..<500))
    let trainValues = train.values
    let validationValues = validation.values
    var means = [[Float]](repeating: [Float](repeating: 0, count: 784), count: 10)
    for (row, label) in train.labels.enumerated() {
      for pixel in 0..<784 { means[Int(label)][pixel] += trainValues[row * 784 + pixel] / 100 }
    }
    let correct = validation.labels.enumerated().count { row, label in
      let distances = means.map { mean in
        var sum: Float = 0
        for pixel in 0..<784 {
          let difference = mean[pixel] - validationValues[row * 784 + pixel]
          sum += difference * difference
        }
        return sum
      }
      return distances.indices.min { distances[$0] < distances[$1] } == Int(label)
    }
    // 77 % with 20,000 training images; chance is 10 %.
    let accuracy = Double(correct) / 500
    #expect(accuracy > 0.6)
    #expect(accuracy < 0.9)
  }

  @Test("Its training split has mean 0 and standard deviation 1 after normalisation")
  func normalized() throws {
    let data = try SyntheticGlyphs.generate(seed: 2, trainCount: 200, validationCount: 10)
    let values = try filledBatch(data, .train, Array(0..<200)).values.map(Double.init)
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    // 156,800 floats, each rounded to 6e-8 of its size.
    #expect(abs(mean) < 1e-6)
    #expect(abs(variance - 1) < 1e-5)
  }
}

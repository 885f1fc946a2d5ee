import Datasets
import Testing

@Suite struct ImageDatasetTests {
  /// Two channels of 1×2 pixels: channel 0 holds 10, 20; channel 1 holds 30, 40.
  private func twoChannels() throws -> ImageDataset {
    let split = try ImageSplit(sampleShape: [2, 1, 2], pixels: [10, 20, 30, 40], labels: [0])
    return try ImageDataset(
      name: "test", isSynthetic: true, classNames: ["only"],
      normalization: PixelNormalization(mean: 0, standardDeviation: 1 / 255), train: split, validation: split)
  }

  @Test("Images are written channels last")
  func channelsLast() throws {
    let data = try twoChannels()
    let batch = try filledBatch(data, data.train, [0])
    // (byte / 255) · 255 rounds in double and once more to float.
    #expect(zip(batch.values, [10, 30, 20, 40]).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test("An index outside the split and a buffer too small are errors")
  func badFill() throws {
    let data = try twoChannels()
    for indices in [[1], [-1], [0, 1]] {
      #expect(
        #expect(throws: DatasetError.self) { try filledBatch(data, data.train, indices) }?.kind == .outOfRange)
    }
    var values: [Float] = [0, 0, 0]
    var labels: [Int64] = [0]
    let error = #expect(throws: DatasetError.self) {
      try values.withUnsafeMutableBufferPointer { values in
        try labels.withUnsafeMutableBufferPointer { try data.fill(data.train, [0], into: values, labels: $0) }
      }
    }
    #expect(error?.kind == .outOfRange)
  }

  @Test("Pixels, labels, shapes and splits that do not fit are refused")
  func badParts() throws {
    #expect(throws: DatasetError.self) { try ImageSplit(sampleShape: [1, 2, 2], pixels: [1, 2, 3], labels: [0]) }
    #expect(throws: DatasetError.self) { try ImageSplit(sampleShape: [2, 2], pixels: [1, 2, 3, 4], labels: [0]) }
    #expect(throws: DatasetError.self) { try ImageSplit(sampleShape: [1, 0, 2], pixels: [], labels: [0]) }
    let one = try ImageSplit(sampleShape: [1, 1, 1], pixels: [1], labels: [0])
    let wide = try ImageSplit(sampleShape: [1, 1, 2], pixels: [1, 2], labels: [0])
    let empty = try ImageSplit(sampleShape: [1, 1, 1], pixels: [], labels: [])
    let outside = try ImageSplit(sampleShape: [1, 1, 1], pixels: [1], labels: [1])
    for (validation, kind) in [
      (wide, DatasetError.Kind.mismatch), (empty, .mismatch), (outside, .labelOutOfRange),
    ] {
      let error = #expect(throws: DatasetError.self) {
        try ImageDataset(
          name: "test", isSynthetic: true, classNames: ["only"],
          normalization: PixelNormalization(mean: 0, standardDeviation: 1), train: one, validation: validation)
      }
      #expect(error?.kind == kind)
    }
  }

  @Test("Mean and standard deviation are those of the pixels on the scale 0…1")
  func measured() {
    let (mean, deviation) = PixelNormalization.measured([0, 255, 0, 255])
    #expect(abs(mean - 0.5) < 1e-12)
    #expect(abs(deviation - 0.5) < 1e-12)
    #expect(PixelNormalization.measured([]).standardDeviation == 0)
  }
}

import Datasets
import TensorCore
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
    let batch = try filledBatch(data, .train, [0])
    // (byte / 255) · 255 rounds in double and once more to float.
    #expect(zip(batch.values, [10, 30, 20, 40]).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test("An index outside the split and a buffer too small are errors")
  func badFill() throws {
    let data = try twoChannels()
    for indices in [[1], [-1], [0, 1]] {
      #expect(
        #expect(throws: DatasetError.self) { try filledBatch(data, .train, indices) }?.kind == .outOfRange)
    }
    for (inputs, targets) in [(3, 1), (5, 1), (4, 2), (4, 0)] {
      let error = #expect(throws: DatasetError.self) {
        try FilledBatch(1, SampleType(.float32, [inputs]), SampleType(.int64, [targets])) {
          try data.fill(.train, [0], inputs: $0, targets: $1)
        }
      }
      #expect(error?.kind == .outOfRange)
    }
    let misaligned = #expect(throws: DatasetError.self) {
      try FilledBatch(1, SampleType(.float32, [5]), data.target) {
        try data.fill(.train, [0], inputs: UnsafeMutableRawBufferPointer(rebasing: $0[4...]), targets: $1)
      }
    }
    #expect(misaligned?.kind == .badSetting)
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

  @Test("Mean and standard deviation are those of each channel's pixels on the scale 0…1")
  func measured() {
    // Two images of two channels of 1×2 pixels.
    let normalization = PixelNormalization(measuring: [0, 255, 51, 51, 0, 255, 51, 51], shape: [2, 1, 2])
    #expect(normalization.channels.count == 2)
    #expect(abs(normalization.channels[0].mean - 0.5) < 1e-12)
    #expect(abs(normalization.channels[0].standardDeviation - 0.5) < 1e-12)
    #expect(abs(normalization.channels[1].mean - 0.2) < 1e-12)
    #expect(normalization.channels[1].standardDeviation < 1e-12)
    #expect(PixelNormalization(measuring: [], shape: [1, 1, 1]).channels[0].standardDeviation == 0)
  }
}

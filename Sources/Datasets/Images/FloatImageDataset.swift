import TensorCore

/// Labelled images whose pixels are numbers already: nothing is normalised.
///
/// With a label for every image the task is classification, with one for every pixel segmentation.
struct FloatImageDataset: Dataset {
  /// Images and labels of one split.
  struct Part {
    /// (N, H, W, C).
    let values: [Float]
    /// (N), or (N, H, W).
    let labels: [UInt16]
  }

  let name: String
  let isSynthetic = false
  let task: LearningTask
  let input: SampleType
  private let train: Part
  private let validation: Part
  private let labelsPerImage: Int

  /// Puts a data set together of parts that hold whole images of `sampleShape` [C, H, W] and labels below the
  /// task's number of classes.
  init(name: String, task: LearningTask, sampleShape: [Int], train: Part, validation: Part) {
    self.name = name
    self.task = task
    self.train = train
    self.validation = validation
    input = SampleType(.float32, sampleShape)
    labelsPerImage = task.target(of: input).elementCount
  }

  func count(of split: Split) -> Int { part(split).labels.count / labelsPerImage }

  func fill(
    _ split: Split, _ indices: ArraySlice<Int>, variation: UInt64, inputs: UnsafeMutableRawBufferPointer,
    targets: UnsafeMutableRawBufferPointer
  ) throws {
    try check(split, indices, inputs, targets)
    let part = part(split)
    let size = input.elementCount
    part.values.withUnsafeBufferPointer { values in
      part.labels.withUnsafeBufferPointer { labels in
        guard let values = values.baseAddress, var image = inputs.bindMemory(to: Float.self).baseAddress,
          var answers = targets.bindMemory(to: Int64.self).baseAddress
        else { return }
        for index in indices {
          image.update(from: values + index * size, count: size)
          for label in 0..<labelsPerImage { answers[label] = Int64(labels[index * labelsPerImage + label]) }
          image += size
          answers += labelsPerImage
        }
      }
    }
  }

  private func part(_ split: Split) -> Part {
    switch split {
    case .train: train
    case .validation: validation
    }
  }
}

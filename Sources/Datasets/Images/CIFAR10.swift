/// CIFAR-10 in its binary version (Krizhevsky 2009): 50,000 + 10,000 colour images, 32×32, 10 classes.
///
/// Five files `data_batch_1.bin` … `data_batch_5.bin` to train on and `test_batch.bin` to validate on, each compressed
/// (`.gz`) or not. A record is one byte for the label and 3 · 1024 for red, green and blue, row-major. Files of any
/// number of records are read. Every channel is normalised by mean and standard deviation of the training split.
/// Source: https://www.cs.toronto.edu/~kriz/cifar.html, section "Binary version".
public enum CIFAR10 {
  /// Names of the classes in the order of the labels, where `batches.meta.txt` does not say otherwise.
  public static let classNames = [
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
  ]

  private static let shape = [3, 32, 32]
  private static let recordSize = 1 + 3 * 32 * 32
  private static let trainFiles = (1...5).map { "data_batch_\($0).bin" }
  private static let testFile = "test_batch.bin"
  private static let hint = "unpack cifar-10-binary.tar.gz again"

  /// True where any of the files lies in the directory.
  static func isPresent(in directory: String) -> Bool {
    (trainFiles + [testFile]).contains { CompressedFile.path(of: $0, in: directory) != nil }
  }

  /// Reads the files of a directory.
  ///
  /// Throws `DatasetError` if one is missing, is not a whole number of records, or holds a label that is no class.
  public static func load(directory: String) throws -> ImageDataset {
    let names = try classNames(in: directory)
    let train = try read(trainFiles, in: directory, classCount: names.count)
    return try ImageDataset(
      name: FilePath.lastComponent(directory), isSynthetic: false, classNames: names,
      normalization: PixelNormalization(measuring: train.pixels, shape: shape), train: train,
      validation: try read([testFile], in: directory, classCount: names.count))
  }

  private static func read(_ files: [String], in directory: String, classCount: Int) throws -> ImageSplit {
    var pixels: [UInt8] = []
    var labels: [UInt16] = []
    for file in files {
      let path = try CompressedFile.existingPath(of: file, in: directory, hint: hint)
      let bytes = try GzipReader(path: path, hint: hint).read(.max)
      guard !bytes.isEmpty, bytes.count % recordSize == 0 else {
        throw DatasetError(
          .truncated, "\(path): \(bytes.count) bytes are no whole number of records of \(recordSize); \(hint)")
      }
      for start in stride(from: 0, to: bytes.count, by: recordSize) {
        guard bytes[start] < classCount else {
          throw DatasetError(
            .labelOutOfRange,
            "\(path): label \(start / recordSize) is \(bytes[start]), classes are 0 to \(classCount - 1)")
        }
        labels.append(UInt16(bytes[start]))
        pixels += bytes[(start + 1)..<(start + recordSize)]
      }
    }
    return try ImageSplit(sampleShape: shape, pixels: pixels, labels: labels)
  }

  /// The lines of `batches.meta.txt` that are not empty; CIFAR-10's own names where there is no such file.
  private static func classNames(in directory: String) throws -> [String] {
    let path = "\(directory)/batches.meta.txt"
    guard FilePath.kind(of: path) != nil else { return classNames }
    let names = String(decoding: try RandomAccessFile(path: path).readAll(), as: UTF8.self)
      .split(whereSeparator: \.isNewline).map(String.init)
    guard names.count == classNames.count else {
      throw DatasetError(
        .malformed, "\(path): \(names.count) class names, expected \(classNames.count), one a line; \(hint)")
    }
    return names
  }
}

extension DataCatalog {
  /// Opens the user's own files; what they are is decided by their names and first bytes.
  ///
  /// | path | data set |
  /// |---|---|
  /// | folder with `train-images-idx3-ubyte`, … (`.gz` or not) | images in MNIST's layout |
  /// | folder with `data_batch_1.bin` … `test_batch.bin` (`.gz` or not) | CIFAR-10's binary version |
  /// | folder with `x.npy` and `y.npy`, or `x_train.npy`, … | arrays |
  /// | `.npz`, `.safetensors` | arrays |
  /// | any other folder | its files as text |
  /// | any other file | text |
  ///
  /// Arrays are images with labels, or pairs with numbers; names, shapes and element types are those of `ArraySplits`,
  /// `ImageLayout` and `ArrayDataset`. Text is bytes, its last tenth held out. Throws as `open(name:_:)` does.
  public static func open(path: String, _ options: Options = Options()) throws -> Opened {
    if FilePath.kind(of: path) == .directory { return try open(folder: path, options) }
    let file = try RandomAccessFile(path: path)
    let start = try file.read(0..<min(file.size, NumpyHeader.magic.count))
    if start == NumpyHeader.magic {
      throw DatasetError(
        .missing,
        "\(path): one array is no data set; put x.npy and y.npy in a folder and give the folder, or save both with "
          + "numpy.savez")
    }
    if start.starts(with: ZipArchive.magic) || path.hasSuffix(".npz") {
      return try arrays(NumpyArchive(path: path), options)
    }
    if path.hasSuffix(".safetensors") { return try arrays(SafetensorsArchive(path: path), options) }
    if start.starts(with: [0, 0, 8]) {
      throw DatasetError(.missing, "\(path): an IDX file; give the folder that holds all four of MNIST's files")
    }
    return try text(path, options)
  }

  private static func open(folder path: String, _ options: Options) throws -> Opened {
    if MNISTFiles.isPresent(in: path) {
      try options.check(for: path, allows: [])
      return Opened(dataset: try ImageDataset.mnistLayout(directory: path), note: "MNIST's layout, read from \(path)")
    }
    if CIFAR10.isPresent(in: path) {
      try options.check(for: path, allows: [])
      return Opened(dataset: try CIFAR10.load(directory: path), note: "CIFAR-10's binary layout, read from \(path)")
    }
    let folder = try NumpyFolder(path: path)
    if ArraySplits.isPresent(among: folder.names) { return try arrays(folder, options) }
    return try text(path, options)
  }

  private static func arrays(_ archive: any ArrayArchive, _ options: Options) throws -> Opened {
    try options.check(for: archive.path, allows: [])
    let opened = try ArrayDataset.open(archive)
    return Opened(dataset: opened.dataset, note: "arrays read from \(archive.path), \(opened.note)")
  }

  private static func text(_ path: String, _ options: Options) throws -> Opened {
    try options.check(for: path, allows: [.sequenceLength])
    let dataset = try TokenDataset(
      name: FilePath.lastComponent(path), text: try TextFiles.read(path),
      sequenceLength: options.sequenceLengthOrDefault)
    return Opened(dataset: dataset, note: "bytes of text, read from \(path), the last tenth held out for validation")
  }
}

import SafetensorsFormat

/// Named arrays that lie together.
protocol ArrayArchive {
  /// The file or folder, for messages.
  var path: String { get }
  /// Names of the arrays, sorted.
  var names: [String] { get }
  /// The array of a name; throws `DatasetError` or `SafetensorsError` if there is none or it cannot be read.
  func array(_ name: String) throws -> NumericArray
}

/// Arrays in a `.npz` file, as numpy.savez and numpy.savez_compressed write them.
struct NumpyArchive: ArrayArchive {
  private static let suffix = ".npy"

  let path: String
  let names: [String]

  init(path: String) throws {
    self.path = path
    names = try ZipArchive(path: path).names.filter { $0.hasSuffix(NumpyArchive.suffix) }
      .map { String($0.dropLast(NumpyArchive.suffix.count)) }
  }

  func array(_ name: String) throws -> NumericArray {
    let bytes = try ZipArchive(path: path).read(name + NumpyArchive.suffix)
    return try NumericArray(npy: bytes[...], source: "\(path): \(name)")
  }
}

/// Arrays in a folder, one `.npy` file each.
struct NumpyFolder: ArrayArchive {
  private static let suffix = ".npy"

  let path: String
  let names: [String]

  init(path: String) throws {
    self.path = path
    names = try FilePath.names(in: path).filter { $0.hasSuffix(NumpyFolder.suffix) }
      .map { String($0.dropLast(NumpyFolder.suffix.count)) }
  }

  func array(_ name: String) throws -> NumericArray {
    let file = "\(path)/\(name)\(NumpyFolder.suffix)"
    return try NumericArray(npy: RandomAccessFile(path: file).readAll()[...], source: file)
  }
}

/// Arrays in a safetensors file.
struct SafetensorsArchive: ArrayArchive {
  private let file: SafetensorsFile

  var path: String { file.path }
  var names: [String] { file.tensors.map(\.name).sorted() }

  init(path: String) throws { file = try SafetensorsFile(path: path) }

  func array(_ name: String) throws -> NumericArray {
    let tensor = try file.tensor(name)
    let elements: [SafetensorsDType: NumericArray.Element] = [
      .u8: .uint8, .i8: .int8, .u16: .uint16, .i16: .int16, .u32: .uint32, .i32: .int32, .u64: .uint64, .i64: .int64,
      .f16: .float16, .f32: .float32, .f64: .float64,
    ]
    let source = "\(path): \(name)"
    guard let element = elements[tensor.dtype] else {
      throw DatasetError(
        .malformed,
        "\(source): elements of type \(tensor.dtype.rawValue), expected integers or floats; convert it before saving")
    }
    return NumericArray(source: source, element: element, shape: tensor.shape, bytes: try file.bytes(name)[...])
  }
}

/// Text from a file, or from the files of a folder.
enum TextFiles {
  /// Reads a file, or every file that lies directly in a folder, in the order of their names.
  ///
  /// Hidden files, folders and names with an ending in `skipping` are left out. A file of a folder that does not end
  /// with a line feed gets one. Throws `DatasetError` if a file cannot be read or is no UTF-8 text, or all are empty.
  static func read(_ path: String, skipping endings: [String] = []) throws -> [UInt8] {
    let text: [UInt8]
    if FilePath.kind(of: path) == .directory {
      text = try folder(path, skipping: endings)
    } else {
      text = try file(path)
    }
    guard !text.isEmpty else { throw DatasetError(.malformed, "\(path): holds no text") }
    return text
  }

  private static func folder(_ path: String, skipping endings: [String]) throws -> [UInt8] {
    var text: [UInt8] = []
    for name in try FilePath.names(in: path) where !endings.contains(where: { name.hasSuffix($0) }) {
      let file = "\(path)/\(name)"
      guard FilePath.kind(of: file) != .directory else { continue }
      text += try self.file(file)
      if let last = text.last, last != UInt8(ascii: "\n") { text.append(UInt8(ascii: "\n")) }
    }
    return text
  }

  private static func file(_ path: String) throws -> [UInt8] {
    let bytes = try RandomAccessFile(path: path).readAll()
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw DatasetError(
        .malformed, "\(path): neither UTF-8 text nor arrays (.npz, .npy, .safetensors) nor another format that is read")
    }
    return bytes
  }
}

/// Short sayings from Debian's package `fortunes`, 2.6 MB of English as bytes.
public enum Fortunes {
  /// Where the package puts its files.
  public static let packageDirectory = "/usr/share/games/fortunes"

  /// Reads the files of a directory but their indices (`.dat`) and their links by encoding (`.u8`).
  ///
  /// Throws `DatasetError` if there are none, or a file cannot be read or is no UTF-8 text.
  public static func load(
    directory: String = packageDirectory, sequenceLength: Int = TokenDataset.defaultSequenceLength
  ) throws -> TokenDataset {
    guard FilePath.kind(of: directory) == .directory else {
      throw DatasetError(.missing, "\(directory): not found; apt install fortunes")
    }
    return try TokenDataset(
      name: "fortunes", text: try TextFiles.read(directory, skipping: [".dat", ".u8"]), sequenceLength: sequenceLength)
  }
}

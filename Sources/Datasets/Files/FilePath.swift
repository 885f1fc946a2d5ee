import Glibc

/// Questions about paths.
enum FilePath {
  /// What a path leads to, links followed.
  enum Kind {
    case file
    case directory
    /// A device, a pipe or a socket.
    case special
  }

  /// Nil where nothing is there, or it cannot be seen.
  static func kind(of path: String) -> Kind? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .directory
    default: return .special
    }
  }

  /// The part behind the last slash that something follows.
  static func lastComponent(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// Names in a directory in the order of their bytes, hidden ones left out.
  ///
  /// Throws `DatasetError` if it cannot be read.
  static func names(in directory: String) throws -> [String] {
    guard let stream = opendir(directory) else {
      throw DatasetError(.unreadable, "\(directory): cannot open: \(String(cString: strerror(errno)))")
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}

/// Files that may lie compressed under their name with `.gz`.
enum CompressedFile {
  /// Path of a file in a directory, the compressed one first; nil where there is neither.
  static func path(of file: String, in directory: String) -> String? {
    ["\(directory)/\(file).gz", "\(directory)/\(file)"].first { access($0, F_OK) == 0 }
  }

  /// The same; throws `DatasetError` where there is neither.
  static func existingPath(of file: String, in directory: String, hint: String) throws -> String {
    guard let path = path(of: file, in: directory) else {
      throw DatasetError(.missing, "\(directory)/\(file).gz: not found; \(hint)")
    }
    return path
  }
}

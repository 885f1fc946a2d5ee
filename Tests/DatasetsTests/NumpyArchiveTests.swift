import Foundation
import Testing

@testable import Datasets

/// The reader of `.npz` files: zip archives of `.npy` files.
@Suite struct NumpyArchiveTests {
  private let files: DataFiles
  private let path: String
  private let x = NumpyBytes.bytes((0..<24).map { UInt8($0) }, [4, 2, 3])
  private let y = NumpyBytes.labels([0, 2, 1, 2])

  init() throws {
    files = try DataFiles()
    path = files.file("arrays.npz")
  }

  private func write(_ bytes: [UInt8]) throws { try files.write("arrays.npz", bytes) }

  private func read() throws -> [[Int64]] {
    let archive = try NumpyArchive(path: path)
    return try archive.names.map { try archive.array($0).integers() }
  }

  private static let expected = [Array(0..<24), [0, 2, 1, 2]] as [[Int64]]

  @Test("What numpy.savez and numpy.savez_compressed wrote is read", arguments: [false, true])
  func fromNumpy(isCompressed: Bool) throws {
    try write(try NumpyFixtures.bytes(isCompressed ? NumpyFixtures.compressed : NumpyFixtures.stored))
    let archive = try NumpyArchive(path: path)
    #expect(archive.names == ["x", "y"])
    #expect(try archive.array("x").shape == [4, 2, 3])
    #expect(try read() == Self.expected)
  }

  @Test("Stored and deflated entries are read, a comment at the end or not", arguments: [false, true])
  func entries(isDeflated: Bool) throws {
    for comment in ["", "PK\u{5}\u{6} a comment that looks like an end", String(repeating: "c", count: 65_535)] {
      let entries = [("x.npy", x), ("notes.txt", [1]), ("y.npy", y)]
      try write(try ZipBytes.archive(entries, isDeflated: isDeflated, comment: comment))
      #expect(try read() == Self.expected)
    }
    let error = #expect(throws: DatasetError.self) { try NumpyArchive(path: path).array("z") }
    #expect(error?.kind == .missing)
    #expect(error?.description.contains("x.npy") == true)
  }

  @Test("A file cut anywhere is an error, never a crash or a short read", arguments: [false, true])
  func truncated(isDeflated: Bool) throws {
    let whole = try ZipBytes.archive([("x.npy", x), ("y.npy", y)], isDeflated: isDeflated)
    for count in 0..<whole.count {
      try write(Array(whole.prefix(count)))
      let error = #expect(throws: DatasetError.self, "cut at \(count)") { try read() }
      #expect(error?.description.hasPrefix(path) == true)
    }
  }

  @Test("No damaged byte gives other numbers: it is refused, not needed, or a name", arguments: [false, true])
  func damaged(isDeflated: Bool) throws {
    let whole = try ZipBytes.archive([("x.npy", x), ("y.npy", y)], isDeflated: isDeflated)
    for index in whole.indices {
      var bytes = whole
      bytes[index] ^= 0xFF
      try write(bytes)
      do {
        #expect(try read().allSatisfy(Self.expected.contains), "byte \(index)")
      } catch {
        #expect(error is DatasetError)
      }
    }
  }

  @Test("Archives that are not read say why")
  func refused() throws {
    let cases: [([UInt8], String)] = [
      (try ZipBytes.archive([("x.npy", x)], flags: 1), "encrypted"),
      (try ZipBytes.archive([("x.npy", x)], method: 12), "method 12"),
      (try ZipBytes.archive([("x.npy", x)], size: 0xFFFF_FFFF), "zip64"),
      (try ZipBytes.archive([("x.npy", x), ("x.npy", x)]), "twice"),
      (try ZipBytes.archive([("x.npy", x)], isDeflated: true, size: x.count - 1), "more than"),
      (try ZipBytes.archive([("x.npy", x)], isDeflated: true, size: x.count + 1), "checksum"),
      (try ZipBytes.archive([("x.npy", x)], size: x.count + 1), "checksum"),
      ([], "no end of a zip file"), (Array("not a zip file, but long enough for one".utf8), "no end of a zip file"),
    ]
    for (bytes, words) in cases {
      try write(bytes)
      let error = #expect(throws: DatasetError.self) { try read() }
      #expect(error?.description.contains(words) == true, "\(words): \(error?.description ?? "none")")
    }
  }

  @Test("A file that is not there and a folder are errors")
  func unreadable() throws {
    #expect(#expect(throws: DatasetError.self) { try NumpyArchive(path: files.file("none.npz")) }?.kind == .missing)
    #expect(#expect(throws: DatasetError.self) { try NumpyArchive(path: files.path) }?.kind == .unreadable)
  }
}

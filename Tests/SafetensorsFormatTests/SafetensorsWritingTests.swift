import Foundation
import SafetensorsFormat
import Testing

@Suite struct SafetensorsWritingTests {
  @Test("What is written is read back bit for bit")
  func roundTrip() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model.safetensors")
    let weights: [Float] = [0, -0.0, .nan, .infinity, .leastNonzeroMagnitude, 1]
    var writer = SafetensorsWriter(path: path, metadata: ["scale": "65536", "a \"b\"\n": "é/"])
    try writer.add("odd", dtype: .u8, shape: [3], bytes: [1, 2, 3])
    try writer.add("fc.weight", shape: [2, 3], floats: weights)
    try writer.add("fc.\"bias\"", dtype: .bf16, shape: [1], bytes: [0x80, 0x3F])
    try writer.add("steps", shape: [], int64s: [.min])
    try writer.add("none", shape: [0], floats: [])
    try writer.write()

    let file = try SafetensorsFile(path: path)
    #expect(file.metadata == ["scale": "65536", "a \"b\"\n": "é/"])
    #expect(try file.floats("fc.weight").map(\.bitPattern) == weights.map(\.bitPattern))
    #expect(try file.floats("fc.\"bias\"") == [1])
    #expect(try file.int64s("steps") == [.min])
    #expect(try file.bytes("odd") == [1, 2, 3])
    #expect(try file.floats("none") == [])
  }

  @Test("Wide types come first, the header is padded to 8 bytes, so every element is aligned")
  func alignment() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("aligned")
    var writer = SafetensorsWriter(path: path)
    try writer.add("a", dtype: .u8, shape: [3], bytes: [1, 2, 3])
    try writer.add("b", shape: [1], floats: [1])
    try writer.add("c", shape: [1], int64s: [1])
    try writer.write()
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let headerCount = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    #expect(headerCount % 8 == 0)
    #expect(bytes[8] == UInt8(ascii: "{"))
    let file = try SafetensorsFile(path: path)
    #expect(file.tensors.map(\.name) == ["c", "b", "a"])
    for tensor in file.tensors { #expect(tensor.byteRange.lowerBound % (tensor.dtype.bitWidth / 8) == 0) }
  }

  @Test("The same tensors in another order give the same file")
  func deterministic() throws {
    let directory = try TemporaryDirectory()
    var files: [Data] = []
    for (index, names) in [["x", "y", "z"], ["z", "x", "y"]].enumerated() {
      let path = directory.file("\(index)")
      var writer = SafetensorsWriter(path: path, metadata: ["one": "1", "two": "2"])
      for name in names { try writer.add(name, shape: [1], floats: [Float(name.utf8.first ?? 0)]) }
      try writer.write()
      files.append(try Data(contentsOf: URL(fileURLWithPath: path)))
    }
    #expect(files[0] == files[1])
  }

  @Test("A name taken, a reserved name and a size that does not fit the shape are refused")
  func badTensors() throws {
    var writer = SafetensorsWriter(path: "unused")
    try writer.add("a", shape: [1], floats: [1])
    #expect(#expect(throws: SafetensorsError.self) { try writer.add("a", shape: [1], floats: [1]) }?.kind == .duplicate)
    let reserved = #expect(throws: SafetensorsError.self) { try writer.add("__metadata__", shape: [1], floats: [1]) }
    #expect(reserved?.kind == .duplicate)
    let size = #expect(throws: SafetensorsError.self) { try writer.add("b", shape: [2], floats: [1]) }
    #expect(size?.kind == .sizeMismatch)
    #expect(size?.tensor == "b")
  }

  @Test("A path that cannot be written is an error that leaves nothing behind")
  func unwritable() throws {
    let directory = try TemporaryDirectory()
    var writer = SafetensorsWriter(path: directory.file("no/such/place"))
    try writer.add("a", shape: [1], floats: [1])
    #expect(#expect(throws: SafetensorsError.self) { try writer.write() }?.kind == .inputOutput)

    let taken = SafetensorsWriter(path: directory.path)
    #expect(#expect(throws: SafetensorsError.self) { try taken.write() }?.kind == .inputOutput)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
  }

  @Test("A device is never replaced by a file")
  func device() throws {
    let writer = SafetensorsWriter(path: "/dev/null")
    #expect(#expect(throws: SafetensorsError.self) { try writer.write() }?.kind == .inputOutput)
  }

  @Test("Writing replaces an older file whole and leaves no temporary file")
  func replaces() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    for value: Float in [1, 2] {
      var writer = SafetensorsWriter(path: path)
      try writer.add("a", shape: [1], floats: [value])
      try writer.write()
    }
    #expect(try SafetensorsFile(path: path).floats("a") == [2])
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["model"])
  }
}

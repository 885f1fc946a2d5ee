import Foundation
import SafetensorsFormat
import Testing

@Suite struct SafetensorsReadingTests {
  private let reference = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures/reference.safetensors").path

  @Test("A file of the Python library is read bit for bit")
  func readsReference() throws {
    let file = try SafetensorsFile(path: reference)
    #expect(file.metadata == ["format": "pt", "note": "a \"quoted\" line\n"])
    #expect(file.tensors.count == 9)
    #expect(try file.tensor("weight").shape == [2, 3])

    let weight = try file.floats("weight")
    #expect(weight[..<4] == [0, -1.5, 3.25, .infinity])
    #expect(weight[4].isNaN)
    // 1e-40, subnormal in float.
    #expect(weight[5].bitPattern == 0x0001_16C2)
    #expect(try file.floats("half") == [1, -65504, 0x1p-24, .infinity])
    #expect(try file.floats("brain") == [1, -3.140625, 0x1.FEp127])
    #expect(try file.floats("double") == [0.1])
    #expect(try file.tensor("num_batches_tracked").shape == [])
    #expect(try file.tensor("num_batches_tracked").elementCount == 1)
    #expect(try file.int64s("num_batches_tracked") == [-7])
    #expect(try file.int64s("small") == [-2_147_483_648, 5])
    #expect(try file.int64s("bytes") == [0, 128, 255])
    #expect(try file.bytes("bytes") == [0, 128, 255])
    #expect(try file.floats("empty") == [])
    #expect(try file.floats("naïve \"name\"\\") == [2])
  }

  @Test("A part of a tensor is read into the caller's memory")
  func partialRead() throws {
    let file = try SafetensorsFile(path: reference)
    let tensor = try file.tensor("weight")
    var values: [Float] = [0, 0]
    try values.withUnsafeMutableBytes { try file.read(tensor, at: 4, into: $0) }
    #expect(values == [-1.5, 3.25])
    for offset in [-4, 20, Int.max] {
      let error = #expect(throws: SafetensorsError.self) {
        try values.withUnsafeMutableBytes { try file.read(tensor, at: offset, into: $0) }
      }
      #expect(error?.kind == .outOfRange)
    }
  }

  @Test("A missing tensor and a wrong type are named")
  func requests() throws {
    let file = try SafetensorsFile(path: reference)
    #expect(!file.contains("bias"))
    let missing = #expect(throws: SafetensorsError.self) { try file.floats("bias") }
    #expect(missing?.kind == .missingTensor)
    #expect(missing?.description.contains("\"bias\"") == true)
    #expect(missing?.description.contains("weight") == true)
    #expect(#expect(throws: SafetensorsError.self) { try file.floats("bytes") }?.kind == .wrongDType)
    #expect(#expect(throws: SafetensorsError.self) { try file.int64s("weight") }?.kind == .wrongDType)
  }

  @Test("A file that is not there, or a directory, is an error that names it")
  func notAFile() throws {
    let directory = try TemporaryDirectory()
    for path in [directory.file("none"), directory.path] {
      let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: path) }
      #expect(error?.kind == .inputOutput)
      #expect(error?.description.hasPrefix(path) == true)
    }
  }

  /// A header, its data size, and what is wrong with it.
  struct Broken: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let header: String
    let dataCount: Int
    let kind: SafetensorsError.Kind

    init(_ name: String, _ header: String, _ dataCount: Int, _ kind: SafetensorsError.Kind) {
      testDescription = name
      self.header = header
      self.dataCount = dataCount
      self.kind = kind
    }
  }

  static let broken: [Broken] = [
    Broken("no JSON", "hello", 0, .malformedHeader),
    Broken("space before the brace", " {}", 0, .malformedHeader),
    Broken("an array", "[]", 0, .malformedHeader),
    Broken("cut JSON", #"{"a":{"dtype":"F32""#, 0, .malformedHeader),
    Broken("no dtype", #"{"a":{"shape":[1],"data_offsets":[0,4]}}"#, 4, .malformedHeader),
    Broken("a fractional extent", #"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#, 4, .malformedHeader),
    Broken("metadata that is no text", #"{"__metadata__":{"a":1}}"#, 0, .malformedHeader),
    Broken("an unknown dtype", #"{"a":{"dtype":"F12","shape":[1],"data_offsets":[0,4]}}"#, 4, .unknownDType),
    Broken("one offset", #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4]}}"#, 4, .badOffsets),
    Broken("offsets backwards", #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4, .badOffsets),
    Broken("a negative offset", #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#, 4, .badOffsets),
    Broken("size and shape differ", #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4, .sizeMismatch),
    Broken("a negative extent", #"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, .sizeMismatch),
    Broken(
      "a shape beyond 64 bits",
      #"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}"#, 4, .sizeMismatch),
    Broken("half a byte", #"{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}"#, 1, .sizeMismatch),
    Broken("data past the end", #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 4, .truncated),
    Broken("bytes left over", #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 5, .trailingBytes),
    Broken("a hole at the start", #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#, 2, .badOffsets),
    Broken(
      "a hole between",
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}"#, 3,
      .badOffsets),
    Broken(
      "an overlap",
      #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#, 3,
      .badOffsets),
    Broken(
      "a name twice",
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, 1,
      .duplicate),
    Broken(
      "a name twice, once escaped",
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0061":{"dtype":"U8","shape":[0],"data_offsets":[1,1]}}"#,
      1, .duplicate),
    Broken("a field twice", #"{"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}"#, 1, .duplicate),
    Broken("a metadata key twice", #"{"__metadata__":{"k":"1","k":"2"}}"#, 0, .duplicate),
  ]

  @Test("A broken header is refused with its kind, and the message names the file", arguments: broken)
  func brokenHeader(_ broken: Broken) throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write(header: broken.header, data: [UInt8](repeating: 0, count: broken.dataCount))
    let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: path) }
    #expect(error?.kind == broken.kind)
    #expect(error?.path == path)
  }

  @Test("Nested keys of the same name, strings that look like keys and padding are no trouble")
  func lookalikes() throws {
    let directory = try TemporaryDirectory()
    let header = #"""
      {"__metadata__":{"dtype":"\"dtype\": twice","shape":"a:b"},"dtype":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[],"data_offsets":[1,2]}}   \#n
      """#
    let file = try SafetensorsFile(path: try directory.write(header: header, data: [7, 8]))
    #expect(file.tensors.map(\.name) == ["dtype", "b"])
    #expect(try file.bytes("b") == [8])
  }

  @Test("A file too short for its header, or with an absurd one, is refused")
  func headerLength() throws {
    let directory = try TemporaryDirectory()
    let cut = try directory.write(header: "{}", data: [], length: 3)
    #expect(#expect(throws: SafetensorsError.self) { try SafetensorsFile(path: cut) }?.kind == .truncated)
    let absurd = try directory.write(header: "{}", data: [], length: .max)
    #expect(#expect(throws: SafetensorsError.self) { try SafetensorsFile(path: absurd) }?.kind == .headerTooLarge)
    let tiny = directory.file("tiny")
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: tiny))
    #expect(#expect(throws: SafetensorsError.self) { try SafetensorsFile(path: tiny) }?.kind == .truncated)
  }

  @Test("A file that shrinks after it was opened is an error, not a crash")
  func shrinks() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write(
      header: #"{"a":{"dtype":"U8","shape":[64],"data_offsets":[0,64]}}"#, data: [UInt8](repeating: 1, count: 64))
    let file = try SafetensorsFile(path: path)
    #expect(truncate(path, 80) == 0)
    #expect(#expect(throws: SafetensorsError.self) { try file.bytes("a") }?.kind == .truncated)
  }
}

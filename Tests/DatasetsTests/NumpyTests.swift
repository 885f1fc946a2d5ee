import Foundation
import Testing

@testable import Datasets

/// The reader of `.npy` files.
@Suite struct NumpyTests {
  private func read(_ bytes: [UInt8]) throws -> NumericArray { try NumericArray(npy: bytes[...], source: "FILE") }

  @Test("Integers of every type are read, from every version of the format", arguments: [1, 2, 3])
  func integers(version: UInt8) throws {
    func numbers<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type, _ descr: String) throws -> [Int64] {
      let array = try read(
        NumpyBytes.array([Number.min, 1, 2, Number.max / 2], [2, 2], descr: descr, version: version))
      #expect(array.shape == [2, 2])
      return try array.integers()
    }
    #expect(try numbers(UInt8.self, "|u1") == [0, 1, 2, 127])
    #expect(try numbers(Int8.self, "|i1") == [-128, 1, 2, 63])
    #expect(try numbers(UInt16.self, "<u2") == [0, 1, 2, 32_767])
    #expect(try numbers(Int16.self, "<i2") == [-32_768, 1, 2, 16_383])
    #expect(try numbers(UInt32.self, "<u4") == [0, 1, 2, 2_147_483_647])
    #expect(try numbers(Int32.self, "<i4") == [Int64(Int32.min), 1, 2, 1_073_741_823])
    #expect(try numbers(UInt64.self, "<u8") == [0, 1, 2, Int64.max])
    #expect(try numbers(Int64.self, "<i8") == [Int64.min, 1, 2, Int64.max / 2])
    #expect(throws: DatasetError.self) { try read(NumpyBytes.array([UInt64.max], [1], descr: "<u8")).integers() }
  }

  @Test("Floats are read and rounded to fp32; what is not finite, or not a float, is refused")
  func floats() throws {
    #expect(try read(NumpyBytes.array([1.5, -2] as [Float], [2], descr: "<f4")).floats() == [1.5, -2])
    #expect(try read(NumpyBytes.array([0.1, -2] as [Double], [2], descr: "<f8")).floats() == [0.1, -2])
    #expect(try read(NumpyBytes.array([0x3E00, 0xC000] as [UInt16], [2], descr: "<f2")).floats() == [1.5, -2])
    for numbers in [[Double.nan], [.infinity], [1e300]] {
      let array = try read(NumpyBytes.array(numbers, [1], descr: "<f8"))
      #expect(#expect(throws: DatasetError.self) { try array.floats() }?.kind == .malformed)
    }
    #expect(throws: DatasetError.self) { try read(NumpyBytes.bytes([1], [1])).floats() }
    #expect(throws: DatasetError.self) { try read(NumpyBytes.array([1] as [Float], [1], descr: "<f4")).integers() }
  }

  @Test(
    "Headers as older and other writers spell them are read",
    arguments: [
      "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3)}",
      "{\"shape\":(2L,3L,),\"descr\":\"<u1\",\"fortran_order\":False,}   ",
      "{ 'fortran_order' : False , 'shape' : ( 2 , 3 , ) , 'descr' : '>u1' }",
    ])
  func spellings(header: String) throws {
    let array = try read(NumpyBytes.file(header: header, [1, 2, 3, 4, 5, 6]))
    #expect(array.shape == [2, 3])
    #expect(try array.integers() == [1, 2, 3, 4, 5, 6])
  }

  @Test("A scalar and an empty array are read")
  func small() throws {
    #expect(try read(NumpyBytes.bytes([7], [])).integers() == [7])
    #expect(try read(NumpyBytes.bytes([], [3, 0])).integers().isEmpty)
    #expect(try read(NumpyBytes.bytes([], [Int.max, Int.max, 0])).integers().isEmpty)
  }

  @Test(
    "A header that is none, or describes something else, is refused",
    arguments: [
      "", "{", "{}", "[]", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': False}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': True}",
      "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
      "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", "{'descr': '<f4', 'fortran_order': False, 'shape': 1}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} more",
      "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}",
      "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
      "{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}",
      "{'descr': '|f4', 'fortran_order': False, 'shape': (1,)}",
      "{'descr': '=f4', 'fortran_order': False, 'shape': (1,)}",
      "{'descr': '', 'fortran_order': False, 'shape': (1,)}", "{'descr': '<f4, 'fortran_order': False, 'shape': (1,)}",
    ])
  func badHeader(header: String) throws {
    let error = #expect(throws: DatasetError.self) { try read(NumpyBytes.file(header: header, [0, 0, 0, 0])) }
    #expect(error?.kind == .malformed)
    #expect(error?.description.hasPrefix("FILE: ") == true)
  }

  @Test("Fortran order and big-endian elements are named, with the remedy")
  func otherOrders() throws {
    let fortran = #expect(throws: DatasetError.self) {
      try read(NumpyBytes.array([1, 2] as [Float], [2], descr: "<f4", isFortranOrder: true))
    }
    #expect(fortran?.description.contains("ascontiguousarray") == true)
    let bigEndian = #expect(throws: DatasetError.self) {
      try read(NumpyBytes.array([1, 2] as [Float], [2], descr: ">f4"))
    }
    #expect(bigEndian?.description.contains("big-endian") == true)
    #expect(bigEndian?.description.contains("<f4") == true)
  }

  @Test("A file cut anywhere is truncated, one that goes on is malformed, another version is refused")
  func truncated() throws {
    for version in [1, 2] as [UInt8] {
      let whole = NumpyBytes.array([1, 2, 3] as [Int32], [3], descr: "<i4", version: version)
      for count in 0..<whole.count {
        let error = #expect(throws: DatasetError.self) { try read(Array(whole.prefix(count))) }
        #expect(error?.kind == .truncated, "cut at \(count)")
      }
      #expect(#expect(throws: DatasetError.self) { try read(whole + [0]) }?.kind == .malformed)
    }
    for version in [0, 4, 255] as [UInt8] {
      let other = NumpyBytes.array([1] as [Int32], [1], descr: "<i4", version: version)
      #expect(#expect(throws: DatasetError.self) { try read(other) }?.kind == .malformed)
    }
    let absurd = [0x93] + Array("NUMPY".utf8) + [2, 0, 0xFF, 0xFF, 0xFF, 0xFF]
    #expect(#expect(throws: DatasetError.self) { try read(absurd) }?.kind == .malformed)
  }

  @Test("No single damaged byte does more than give an error or other numbers")
  func damaged() throws {
    let whole = NumpyBytes.array([1, 2, 3] as [Int32], [3], descr: "<i4")
    for index in whole.indices {
      for flip in [0x01, 0x80, 0xFF] as [UInt8] {
        var bytes = whole
        bytes[index] ^= flip
        do {
          #expect(try read(bytes).bytes.count <= 12)
        } catch {
          #expect(error is DatasetError)
        }
      }
    }
  }
}

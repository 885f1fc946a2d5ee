/// Element types of the safetensors format; the raw value is the spelling in a file's header.
public enum SafetensorsDType: String, CaseIterable, Sendable, Hashable {
  /// One byte, 0 or 1.
  case bool = "BOOL"
  /// Unsigned 8-bit integer.
  case u8 = "U8"
  /// Signed 8-bit integer.
  case i8 = "I8"
  /// Unsigned 16-bit integer.
  case u16 = "U16"
  /// Signed 16-bit integer.
  case i16 = "I16"
  /// Unsigned 32-bit integer.
  case u32 = "U32"
  /// Signed 32-bit integer.
  case i32 = "I32"
  /// Unsigned 64-bit integer.
  case u64 = "U64"
  /// Signed 64-bit integer.
  case i64 = "I64"
  /// IEEE binary16.
  case f16 = "F16"
  /// bfloat16: the upper half of an IEEE binary32.
  case bf16 = "BF16"
  /// IEEE binary32.
  case f32 = "F32"
  /// IEEE binary64.
  case f64 = "F64"
  /// Two IEEE binary32: a complex number.
  case c64 = "C64"
  /// 4-bit float, 1-2-1.
  case f4 = "F4"
  /// 6-bit float, 1-2-3.
  case f6E2M3 = "F6_E2M3"
  /// 6-bit float, 1-3-2.
  case f6E3M2 = "F6_E3M2"
  /// 8-bit float, 1-4-3, finite.
  case f8E4M3 = "F8_E4M3"
  /// 8-bit float, 1-4-3, finite, no negative zero.
  case f8E4M3FNUZ = "F8_E4M3FNUZ"
  /// 8-bit float, 1-5-2.
  case f8E5M2 = "F8_E5M2"
  /// 8-bit float, 1-5-2, finite, no negative zero.
  case f8E5M2FNUZ = "F8_E5M2FNUZ"
  /// 8-bit power of two.
  case f8E8M0 = "F8_E8M0"

  /// Size of one element in bits.
  public var bitWidth: Int {
    switch self {
    case .f4: 4
    case .f6E2M3, .f6E3M2: 6
    case .bool, .u8, .i8, .f8E4M3, .f8E4M3FNUZ, .f8E5M2, .f8E5M2FNUZ, .f8E8M0: 8
    case .u16, .i16, .f16, .bf16: 16
    case .u32, .i32, .f32: 32
    case .u64, .i64, .f64, .c64: 64
    }
  }

  /// Bytes of a tensor of this type; nil where the size overflows or is no whole number of bytes.
  public func byteCount(shape: [Int]) -> Int? {
    guard !shape.contains(where: { $0 < 0 }) else { return nil }
    // A zero anywhere makes the tensor empty, however large the other extents.
    guard !shape.contains(0) else { return 0 }
    var bits = bitWidth
    for extent in shape {
      let (product, overflow) = bits.multipliedReportingOverflow(by: extent)
      guard !overflow else { return nil }
      bits = product
    }
    return bits % 8 == 0 ? bits / 8 : nil
  }
}

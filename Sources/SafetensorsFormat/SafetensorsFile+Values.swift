extension SafetensorsFile {
  /// The elements of a floating-point tensor, row-major.
  ///
  /// F16 and BF16 widen exactly; F64 is rounded to the nearest. Throws `SafetensorsError` if there is no such tensor,
  /// its type is no F16, BF16, F32 or F64, or it cannot be read.
  public func floats(_ name: String) throws -> [Float] {
    let dtype = try tensor(name).dtype
    switch dtype {
    case .f32: return try elements(name, as: UInt32.self) { Float(bitPattern: $0) }
    case .f64: return try elements(name, as: UInt64.self) { Float(Double(bitPattern: $0)) }
    case .bf16: return try elements(name, as: UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
    case .f16: return try elements(name, as: UInt16.self) { Float(Float16(bitPattern: $0)) }
    default:
      throw SafetensorsError(
        .wrongDType, path: path, tensor: name, "is \(dtype.rawValue), expected F32, F16, BF16 or F64")
    }
  }

  /// The elements of an integer tensor, row-major.
  ///
  /// Throws `SafetensorsError` if there is no such tensor, its type is not an integer of at most 64 signed or 32
  /// unsigned bits, or it cannot be read.
  public func int64s(_ name: String) throws -> [Int64] {
    let dtype = try tensor(name).dtype
    switch dtype {
    case .i64: return try elements(name, as: Int64.self) { $0 }
    case .i32: return try elements(name, as: Int32.self) { Int64($0) }
    case .i16: return try elements(name, as: Int16.self) { Int64($0) }
    case .i8: return try elements(name, as: Int8.self) { Int64($0) }
    case .u32: return try elements(name, as: UInt32.self) { Int64($0) }
    case .u16: return try elements(name, as: UInt16.self) { Int64($0) }
    case .u8: return try elements(name, as: UInt8.self) { Int64($0) }
    default:
      throw SafetensorsError(
        .wrongDType, path: path, tensor: name, "is \(dtype.rawValue), expected I64, I32, I16, I8, U32, U16 or U8")
    }
  }

  private func elements<Stored: FixedWidthInteger, Value>(
    _ name: String, as stored: Stored.Type, convert: (Stored) -> Value
  ) throws -> [Value] {
    let bytes = try bytes(name)
    let size = MemoryLayout<Stored>.size
    return bytes.withUnsafeBytes { raw in
      (0..<(raw.count / size)).map { index in
        convert(Stored(littleEndian: raw.loadUnaligned(fromByteOffset: index * size, as: Stored.self)))
      }
    }
  }
}

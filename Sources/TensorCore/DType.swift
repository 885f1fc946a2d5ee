/// Element format of a tensor.
public enum DType: String, CaseIterable, Sendable, Hashable, Codable {
  /// IEEE binary32.
  case float32 = "f32"
  /// IEEE binary16, 1-5-10.
  case float16 = "f16"
  /// bfloat16, 1-8-7.
  case bfloat16 = "bf16"
  /// 64-bit signed integer: class labels.
  case int64 = "i64"
  /// 32-bit signed integer: arg-max positions of large pooling windows.
  case int32 = "i32"
  /// 8-bit unsigned integer: arg-max positions of pooling.
  case uint8 = "u8"

  /// Bytes of one element.
  public var size: Int {
    switch self {
    case .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16: 2
    case .uint8: 1
    }
  }

  /// Whether elements are floating-point numbers.
  public var isFloatingPoint: Bool {
    switch self {
    case .float32, .float16, .bfloat16: true
    case .int64, .int32, .uint8: false
    }
  }

  /// Whether this is one of the two 16-bit floating-point formats.
  public var isLowPrecision: Bool { self == .float16 || self == .bfloat16 }

  /// The nearest value of this format to `value`, ties to even, as it would be after storing and loading it.
  ///
  /// Integer formats return the value unchanged.
  public func rounded(_ value: Double) -> Double {
    switch self {
    case .float32: Double(Float(value))
    case .float16: Double(Float16(value))
    case .bfloat16: Double(BFloat16(value).float)
    case .int64, .int32, .uint8: value
    }
  }

  /// The format that holds every value of both: torch's type promotion among floating-point formats.
  public func promoted(with other: DType) -> DType { self == other ? self : .float32 }
}

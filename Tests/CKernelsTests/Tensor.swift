import CKernels

/// Values in one of the three formats, in memory as a kernel sees them, followed by bytes no kernel may touch.
struct Tensor {
  static let guardByte: UInt8 = 0xA5
  static let guardCount = 64

  let dtype: amp_dtype
  let count: Int
  /// The memory: pass it to a kernel as `tensor.bytes` or `&tensor.bytes`.
  var bytes: [UInt8]

  /// `values`, each rounded to the format.
  init(_ dtype: amp_dtype, _ values: [Float]) {
    self.init(dtype, patterns: values.map { Tensor.pattern(of: $0, in: dtype) })
  }

  /// Elements given by their bits.
  init(_ dtype: amp_dtype, patterns: [UInt32]) {
    self.init(dtype, count: patterns.count)
    bytes.withUnsafeMutableBytes { memory in
      if dtype == AMP_F32 {
        memory.copyBytes(from: patterns.withUnsafeBytes { Array($0) })
      } else {
        let halves = patterns.map { UInt16($0) }
        memory.copyBytes(from: halves.withUnsafeBytes { Array($0) })
      }
    }
  }

  /// Room for a result, full of guard bytes.
  init(_ dtype: amp_dtype, count: Int) {
    self.dtype = dtype
    self.count = count
    bytes = Array(repeating: Tensor.guardByte, count: count * Tensor.size(of: dtype) + Tensor.guardCount)
  }

  var patterns: [UInt32] {
    bytes.withUnsafeBytes { memory in
      dtype == AMP_F32
        ? Array(memory.bindMemory(to: UInt32.self).prefix(count))
        : memory.bindMemory(to: UInt16.self).prefix(count).map { UInt32($0) }
    }
  }

  var floats: [Float] { patterns.map { Tensor.value(of: $0, in: dtype) } }

  /// Whether the bytes after the last element are as they were.
  var isGuardIntact: Bool { bytes.suffix(Tensor.guardCount).allSatisfy { $0 == Tensor.guardByte } }

  static func size(of dtype: amp_dtype) -> Int { dtype == AMP_F32 ? 4 : 2 }

  /// Rounds to nearest, ties to even, by means other than the kernels': the standard library for fp16, and a comparison
  /// of the discarded bits with one half for bf16.
  static func pattern(of value: Float, in dtype: amp_dtype) -> UInt32 {
    switch dtype {
    case AMP_F16: return UInt32(Float16(value).bitPattern)
    case AMP_BF16:
      let kept = value.bitPattern >> 16
      if value.isNaN { return kept | 0x40 }
      let discarded = value.bitPattern & 0xFFFF
      return discarded > 0x8000 || (discarded == 0x8000 && kept & 1 == 1) ? kept + 1 : kept
    default: return value.bitPattern
    }
  }

  static func value(of pattern: UInt32, in dtype: amp_dtype) -> Float {
    switch dtype {
    case AMP_F16: Float(Float16(bitPattern: UInt16(pattern)))
    case AMP_BF16: Float(bitPattern: pattern << 16)
    default: Float(bitPattern: pattern)
    }
  }

  static func rounded(_ value: Float, to dtype: amp_dtype) -> Float {
    Tensor.value(of: pattern(of: value, in: dtype), in: dtype)
  }
}

import CDNNL
import Testing

/// A dtype as the tests name it, with the rounding of a stored value.
enum Precision: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case f32, f16, bf16

  var dtype: cdnnl_dtype {
    switch self {
    case .f32: CDNNL_F32
    case .f16: CDNNL_F16
    case .bf16: CDNNL_BF16
    }
  }

  var bytes: Int { self == .f32 ? 4 : 2 }

  /// Largest relative error of rounding a value to this dtype, doubled so that a result computed near a rounding
  /// boundary may fall on the other side: one unit in the last place.
  var unit: Double {
    switch self {
    case .f32: 0x1p-23
    case .f16: 0x1p-10
    case .bf16: 0x1p-8
    }
  }

  var testDescription: String { rawValue }
}

/// The dtypes of what an operation reads and of what it writes.
struct PrecisionPair: Sendable, CustomTestStringConvertible {
  let input: Precision
  let output: Precision

  /// What training uses: plain fp32, AMP activations, and AMP gradients in fp32.
  static let training = [
    PrecisionPair(input: .f32, output: .f32),
    PrecisionPair(input: .bf16, output: .bf16),
    PrecisionPair(input: .bf16, output: .f32),
  ]

  var testDescription: String { "\(input.rawValue) -> \(output.rawValue)" }
}

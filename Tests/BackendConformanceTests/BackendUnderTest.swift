import BackendAPI
import BackendCPU
import TensorCore
import Testing

/// A backend that has to agree with the reference.
struct BackendUnderTest: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var backend: any Backend
  /// Size of the team.
  var threads: Int

  /// A new backend joins the suite by a line here.
  static let all: [BackendUnderTest] =
    [
      ("cpu", CPUBackend() as any Backend),
      ("cpu with storage-only bf16", CPUBackend(allowNativeBF16: false)),
      ("cpu with convolutions in other ways", CPUBackend(convolutions: .others)),
      ("cpu with the library's convolutions", CPUBackend(convolutions: .library)),
    ].flatMap { name, backend in
      [1, 2].map { BackendUnderTest(testDescription: "\(name), \($0) threads", backend: backend, threads: $0) }
    }
}

/// The floating-point formats, as autocast names them.
let formats: [DType] = [.float32, .bfloat16, .float16]

extension DType {
  /// The format to hand to autocast: nil for fp32.
  var autocastFormat: DType? { self == .float32 ? nil : self }

  /// Distance of neighbouring numbers, relative to the number.
  var spacing: Double {
    switch self {
    case .float16: 0x1p-10
    case .bfloat16: 0x1p-7
    default: 0x1p-23
    }
  }
}

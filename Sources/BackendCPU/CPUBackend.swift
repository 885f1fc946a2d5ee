public import BackendAPI
import CDNNL
import CKernels
public import GraphIR
public import TensorCore

/// The CPU: oneDNN for GEMM, convolution and average pooling, our own kernels for the rest.
///
/// bf16 products are native where oneDNN computes them in AVX512_BF16 or AMX; elsewhere, and for fp16 everywhere, a
/// 16-bit format is storage only: operands widen to fp32 scratch, oneDNN multiplies in fp32, and the result is rounded
/// once. It rounds and overflows exactly as the format does and brings no arithmetic speed. Detected at start.
public struct CPUBackend: Backend {
  private let nativeBF16: Bool
  private let convolutions: ConvolutionMethod

  /// The CPU with what it can do.
  ///
  /// - Parameters:
  ///   - allowNativeBF16: false makes bf16 storage-only, as on a CPU without AVX512_BF16.
  ///   - convolutions: how convolutions are computed where there is a choice.
  public init(allowNativeBF16: Bool = true, convolutions: ConvolutionMethod = .fastest) {
    nativeBF16 = allowNativeBF16 && cdnnl_bf16_is_native()
    self.convolutions = convolutions
  }

  /// "cpu".
  public var name: String { "cpu" }

  /// fp32 and native bf16, or storage only; nil for what is no floating-point format.
  public func support(for dtype: DType) -> ComputeSupport? {
    let isa = String(cString: cdnnl_isa())
    switch dtype {
    case .float32: return ComputeSupport(isNative: true, explanation: "fp32 by oneDNN (\(isa))")
    case .bfloat16 where nativeBF16:
      return ComputeSupport(isNative: true, explanation: "bf16 products in hardware by oneDNN (\(isa))")
    case .bfloat16:
      return ComputeSupport(
        isNative: false, explanation: "storage-only: this CPU has neither AVX512_BF16 nor AMX; computed in fp32")
    case .float16:
      return ComputeSupport(
        isNative: false, explanation: "storage-only: oneDNN has no fp16 products on this CPU; computed in fp32")
    case .int64, .int32, .uint8: return nil
    }
  }

  /// Version of oneDNN in use, for example "2.6.3".
  public static var libraryVersion: String {
    var version: [Int32] = [0, 0, 0]
    version.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { cdnnl_version(base) } }
    return version.map(String.init).joined(separator: ".")
  }

  /// Instruction sets that matter here, as the processor reports them.
  public static var instructionSets: [String] {
    let features = amp_detect_cpu()
    let all: [(String, Bool)] = [
      ("avx2", features.avx2), ("fma", features.fma), ("f16c", features.f16c), ("avx512f", features.avx512f),
      ("avx512bw", features.avx512bw), ("avx512vl", features.avx512vl), ("avx512_bf16", features.avx512_bf16),
      ("avx512_fp16", features.avx512_fp16), ("amx_bf16", features.amx_bf16),
    ]
    return all.filter(\.1).map(\.0)
  }

  /// A state in host memory.
  ///
  /// Throws `AllocationError`.
  public func makeState(_ layout: StateLayout) throws -> any DeviceState { try HostState(layout) }

  /// Creates the kernels of every node for a team of `threads`.
  ///
  /// Throws `BackendError` that names the node whose kernel oneDNN refuses.
  public func prepare(_ graph: Graph, threads: Int) throws -> any PreparedGraph {
    // oneDNN's primitives are made for the calling thread's team size, and its cache key holds it.
    amp_set_team_size(Int32(threads))
    var kernels: [Kernel] = []
    for (number, node) in graph.nodes.enumerated() {
      let context = KernelContext(
        graph: graph, node: node, number: number, threads: Int32(threads), nativeBF16: nativeBF16,
        convolutions: convolutions)
      kernels.append(try makeKernel(context))
    }
    return PreparedCPUGraph(graph: graph, kernels: kernels, threads: Int32(threads))
  }
}

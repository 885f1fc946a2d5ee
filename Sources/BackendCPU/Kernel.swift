import BackendAPI
import CDNNL
import CKernels
import GraphIR
import TensorCore

/// A node's computation before it has a place in memory.
struct Kernel {
  /// Bytes of scratch it needs, 64-byte aligned.
  var scratch = 0
  /// What computes it, for people.
  var implementation: String
  /// Ties the computation to addresses.
  var bind: (Placement) throws -> Call
}

/// A computation tied to addresses; called once a step, allocates nothing.
typealias Call = (borrowing CallContext) throws -> Void

/// What a call may need besides its operands: where memory lies in this run, and the numbers of this step.
struct CallContext {
  let arena: UnsafeMutableRawPointer
  let state: UnsafeMutableRawPointer
  let host: HostState
  let scratch: CommitScratch
  /// Keys random masks: counts micro-batches, so that each draws its own.
  let maskKey: UInt64
  let seed: UInt64
  let attempt: UInt64
  let learningRate: Float
  /// What the gradient of the loss is multiplied by: the loss scale over the number of micro-batches.
  let lossScale: Float
  /// Number of the micro-batch within the step.
  let microBatch: Int
}

/// Where a tensor lies: an offset into the arena or into the persistent state.
struct Address {
  var isInState: Bool
  var offset: Int

  @inline(__always)
  func pointer(_ context: borrowing CallContext) -> UnsafeMutableRawPointer {
    (isInState ? context.state : context.arena) + offset
  }
}

/// Addresses of a node's operands, results and scratch.
struct Placement {
  var inputs: [Address]
  var outputs: [Address]
  var scratch: Address
  /// Address of any value of the graph: `commit` writes 16-bit copies that are not operands.
  var address: (ValueID) throws -> Address
  /// Address of an entry of the state.
  var entry: (String) throws -> Address
}

/// What a kernel is made from.
struct KernelContext {
  let graph: Graph
  let node: Node
  let number: Int
  let threads: Int32
  let nativeBF16: Bool
  let convolutions: ConvolutionMethod

  func input(_ index: Int) -> TensorType { graph[node.inputs[index]].type }
  func output(_ index: Int) -> TensorType { graph[node.outputs[index]].type }

  /// Whether products of this format run in fp32 on widened operands.
  func isStorageOnly(_ dtype: DType) -> Bool {
    switch dtype {
    case .float16: true
    case .bfloat16: !nativeBF16
    default: false
    }
  }

  /// An error that names the node.
  func failure(_ text: String) -> BackendError {
    BackendError("node \(number) (\(node.operation.name), layer \(node.layer)): \(text)")
  }

  /// Name of our own kernels' instruction set.
  var ownKernel: String {
    switch amp_selected_isa() {
    case AMP_ISA_AVX512: "own kernel, avx512"
    case AMP_ISA_AVX2: "own kernel, avx2"
    default: "own kernel, reference"
    }
  }

  /// A kernel of our own without scratch.
  func own(_ bind: @escaping (Placement) throws -> Call) -> Kernel {
    Kernel(implementation: ownKernel, bind: bind)
  }
}

extension DType {
  /// The format as our kernels name it.
  ///
  /// Integer formats never reach a kernel that asks.
  var kernelType: amp_dtype {
    switch self {
    case .float16: AMP_F16
    case .bfloat16: AMP_BF16
    default: AMP_F32
    }
  }

  /// The format as the oneDNN face names it.
  var libraryType: cdnnl_dtype {
    switch self {
    case .float16: CDNNL_F16
    case .bfloat16: CDNNL_BF16
    default: CDNNL_F32
    }
  }
}

extension Shape {
  /// Rows of a channels-last tensor: everything but dimension 1.
  var rows: Int { rank < 2 ? count : count / max(self[1], 1) }
  /// H·W of (N, C, H, W).
  var spatial: Int { rank < 4 ? 1 : self[2] * self[3] }
}

public import GraphIR

/// torch.autocast's op lists for CUDA, used on every device: which operations lower their operands, which raise them to
/// fp32, and which take what they get.
///
/// Source: aten/src/ATen/autocast_mode.h (AT_FORALL_LOWER_PRECISION_FP, AT_FORALL_FP32, AT_FORALL_PROMOTE). The CPU lists
/// of torch differ (softmax and layer norm are missing from its fp32 list); the same network would get other formats on
/// another device, so the CUDA lists are the only ones here.
public enum AutocastPolicy: Sendable, Hashable {
  /// Floating-point operands are cast to the 16-bit format.
  case lowerPrecision
  /// Floating-point operands are cast to fp32.
  case float32
  /// Operands are cast to the widest of their formats.
  case promote
  /// Runs in the format of its first operand; statistics and affine parameters stay in fp32.
  case inherit
  /// Refused: its gradient need not be representable in 16 bits, even where its operand is.
  case banned

  /// The list that a forward operation stands on.
  public init(_ operation: Operation) {
    switch operation {
    case .linear, .matmul, .conv2d, .convTranspose2d, .attention, .lstm: self = .lowerPrecision
    case .crossEntropy, .bceWithLogits, .meanSquaredError, .layerNorm, .upsample2d: self = .float32
    case .add, .multiply, .concat: self = .promote
    case .binaryCrossEntropy: self = .banned
    default: self = .inherit
    }
  }

  /// Why a cast stands before an operation of this list.
  func reason(for operation: Operation) -> String {
    switch self {
    case .lowerPrecision: "autocast: \(operation.name) is on the lower-precision list"
    case .float32: "autocast: \(operation.name) is on the fp32 list"
    case .promote: "autocast: \(operation.name) takes the widest format of its operands"
    case .inherit: "autocast: \(operation.name) runs in the format of its first operand"
    case .banned: "autocast: \(operation.name) is banned"
    }
  }
}

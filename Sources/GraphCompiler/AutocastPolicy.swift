public import GraphIR

/// Which operations lower their operands, which raise them to fp32, and which take what they get.
///
/// `FormatRules.Style.autocast` is torch.autocast's op lists for CUDA, used on every device. Source:
/// aten/src/ATen/autocast_mode.h (AT_FORALL_LOWER_PRECISION_FP, AT_FORALL_FP32, AT_FORALL_PROMOTE). The CPU lists of
/// torch differ (softmax and layer norm are missing from its fp32 list); the same network would get other formats on
/// another device, so the CUDA lists are the only ones here.
///
/// `FormatRules.Style.wholeModel` is what Apex's O2 and O3 make of a network (apex/fp16_utils/fp16util.py,
/// convert_network): everything in 16 bits but norms, which compute in fp32, and the loss.
public enum AutocastPolicy: Sendable, Hashable {
  /// Floating-point operands are cast to the 16-bit format.
  case lowerPrecision
  /// Floating-point operands are cast to fp32.
  case float32
  /// Operands are cast to the widest of their formats.
  case promote
  /// Runs in the format of its first operand.
  case inherit
  /// The first operand is cast to the 16-bit format; affine parameters and statistics are fp32.
  case lowerInput
  /// Refused: its gradient need not be representable in 16 bits, even where its operand is.
  case banned

  /// The list that a forward operation stands on.
  public init(_ operation: Operation, style: FormatRules.Style = .autocast) {
    self = style == .autocast ? AutocastPolicy.autocastList(operation) : AutocastPolicy.wholeModelList(operation)
  }

  private static func autocastList(_ operation: Operation) -> AutocastPolicy {
    switch operation {
    case .linear, .matmul, .conv2d, .convTranspose2d, .attention, .lstm: .lowerPrecision
    case .crossEntropy, .bceWithLogits, .meanSquaredError, .layerNorm, .upsample2d: .float32
    case .add, .multiply, .concat: .promote
    case .binaryCrossEntropy: .banned
    default: .inherit
    }
  }

  private static func wholeModelList(_ operation: Operation) -> AutocastPolicy {
    switch operation {
    case .crossEntropy, .bceWithLogits, .meanSquaredError, .binaryCrossEntropy, .layerNorm: .float32
    case .batchNorm, .batchNormInference: .lowerInput
    default: .lowerPrecision
    }
  }

  /// Why a cast stands before an operation of this list.
  func reason(for operation: Operation, style: FormatRules.Style) -> String {
    if style == .wholeModel {
      return switch self {
      case .float32: "whole model: \(operation.name) computes in fp32"
      default: "whole model: \(operation.name) takes 16 bits"
      }
    }
    return switch self {
    case .lowerPrecision, .lowerInput: "autocast: \(operation.name) is on the lower-precision list"
    case .float32: "autocast: \(operation.name) is on the fp32 list"
    case .promote: "autocast: \(operation.name) takes the widest format of its operands"
    case .inherit: "autocast: \(operation.name) runs in the format of its first operand"
    case .banned: "autocast: \(operation.name) is banned"
    }
  }
}

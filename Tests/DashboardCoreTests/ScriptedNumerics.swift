import Glibc
import TrainingEvents

/// Numerics of a small made-up network, the same on every call.
enum ScriptedNumerics {
  /// Layer, operation, exponent of a usual activation and of a usual gradient.
  private static let layers: [(name: String, operation: String, activation: Int, gradient: Int)] = [
    ("features.0", "conv2d", -1, -18), ("features.1", "batch_norm", 0, -17), ("features.4", "conv2d", 1, -15),
    ("features.5", "batch_norm", 0, -14), ("features.8", "conv2d", 2, -12), ("classifier", "linear", 3, -7),
  ]

  /// A report of an attempt; gradients are stored times the scale, and overflow where that is too much.
  static func report(
    lane: Int, attempt: Int, format: NumericFormat, scale: Double?, isDetailed: Bool
  ) -> NumericsReport {
    var tensors: [TensorReport] = []
    let up = scale.map { $0.exponent } ?? 0
    let drift = attempt / 200
    for layer in layers {
      let name = "\(layer.name) \(layer.operation)"
      tensors.append(
        tensor(name, layer.name, .activation, format, 100_352, top: layer.activation + 3 + drift, isDetailed))
      tensors.append(
        tensor("\(layer.name).weight", layer.name, .weight, .fp32, 9216, top: layer.activation - 3, isDetailed))
    }
    for layer in layers.reversed() {
      let name = "\(layer.name) \(layer.operation)"
      let top = layer.gradient + 4 + up - drift
      tensors.append(tensor(name, layer.name, .activationGradient, format, 100_352, top: top, isDetailed))
      tensors.append(
        tensor("\(layer.name).weight", layer.name, .weightGradient, format, 9216, top: top + 2, isDetailed))
    }
    return NumericsReport(
      lane: LaneID(lane), attempt: attempt, scale: scale, isDetailed: isDetailed, tensors: tensors,
      overhead: isDetailed ? 0.021 : 0.004)
  }

  /// Twelve powers of two below `top`, the middle ones most; what the format cannot hold becomes infinite or zero.
  static func tensor(
    _ name: String, _ layer: String, _ kind: TensorReport.Kind, _ format: NumericFormat, _ count: Int, top: Int,
    _ isDetailed: Bool
  ) -> TensorReport {
    let looked = isDetailed ? count : min(count, 4096)
    let weights = [1, 2, 5, 12, 25, 45, 60, 45, 25, 12, 5, 1]
    var counts = weights.map { $0 * looked / 300 }
    var (infinities, zeros) = (0, kind == .activation ? looked / 4 : looked / 50)
    for index in counts.indices {
      let exponent = top - 11 + index
      if exponent > 15, format == .fp16 { (infinities, counts[index]) = (infinities + counts[index], 0) }
      if exponent < -25, format == .fp16 { (zeros, counts[index]) = (zeros + counts[index], 0) }
    }
    let highest = format == .fp16 ? min(top, 15) : top
    return TensorReport(
      name: name, layer: layer, kind: kind, format: format, count: count, sampled: looked,
      largest: 1.5 * exp2(Double(highest)), zeros: zeros, infinities: infinities, nans: infinities / 8,
      histogram: isDetailed ? ExponentHistogram(lowest: top - 11, counts: counts) : nil,
      updateSurvival: isDetailed && kind == .weight ? (format == .fp32 ? 0.97 : 0.4) : nil)
  }

  /// Why an attempt at too large a scale was skipped.
  static func diagnosis(lane: Int, attempt: Int, scale: Double?) -> DiagnosisReport {
    DiagnosisReport(
      lane: LaneID(lane), attempt: attempt, cause: .backwardOverflow, layer: "features.0", operation: "conv2d",
      phase: "backward", format: .fp16, count: 100_352, infinities: 12, nans: 3, largestOperand: 32_000, scale: scale,
      explanation: "the loss scale is too large for the gradient of features.0: the scaler halves it, nothing to do")
  }
}

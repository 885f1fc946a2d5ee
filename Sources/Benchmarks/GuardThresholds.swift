import GraphIR
import TrainingEvents

/// How much faster than a fixed reference in the same process the engine has to be, at least.
///
/// Ratios move less than times, but they do move with the processor and its neighbours: each is about a third of what an
/// Intel Xeon with AVX-512 and AMX showed on one thread, which leaves room for AVX2: a miss is a regression, not a bad day.
enum GuardThresholds {
  /// Our kernels over their reference, by network, mode and kind.
  static func kernels(_ network: String, _ precision: Precision, _ kind: OperationKind) -> Double? {
    table["\(network) \(precision.rawValue)"]?[kind]
  }

  /// The engine's step over the yardstick in plain C.
  static func step(_ precision: Precision) -> Double? { steps[precision] }

  private static let steps: [Precision: Double] = [.fp32: 2, .ampBF16: 3]

  private static let table: [String: [OperationKind: Double]] = [
    "cnn fp32": [.batchNorm: 5, .pooling: 5, .dropout: 3, .loss: 1.2, .optimizer: 1.6],
    "cnn amp-bf16": [.batchNorm: 6, .pooling: 6, .cast: 2.5, .optimizer: 1.8],
    "gpt-micro fp32": [.layerNorm: 5, .activation: 5, .attention: 1.2, .loss: 3, .optimizer: 3],
    "gpt-micro amp-bf16": [.layerNorm: 5, .activation: 4.5, .attention: 1.2, .elementwise: 1.2, .cast: 5],
    "lstm fp32": [.lstm: 1.5],
  ]
}

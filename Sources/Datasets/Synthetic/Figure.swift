import Foundation

/// Figures in explanations.
enum Figure {
  /// "12.3 %".
  static func percent(_ share: Double) -> String { String(format: "%.1f %%", share * 100) }

  /// Three decimals.
  static func loss(_ value: Double) -> String { String(format: "%.3f", value) }
}

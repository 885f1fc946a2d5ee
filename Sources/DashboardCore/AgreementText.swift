import TrainingEvents

/// The words for a comparison of two lanes' accuracies.
enum AgreementText {
  /// Largest difference, as a fraction, that still counts as equally accurate.
  static let margin = 0.01

  /// The verdict: as accurate, worse, better, or not yet known.
  static func verdict(_ report: AgreementReport) -> String {
    if let reason = report.void { return "void: \(reason)" }
    if report.low >= -margin, report.high <= margin { return "as accurate (within ±1 point)" }
    if report.high < -margin { return "less accurate" }
    if report.low > margin { return "more accurate" }
    return "undecided at ±1 point"
  }

  /// Difference and interval in points.
  static func figures(_ report: AgreementReport) -> String {
    "\(points(report.difference)) [\(points(report.low)), \(points(report.high))] points"
  }

  /// What was compared, with difference, interval, number of samples and p value.
  static func comparison(_ report: AgreementReport) -> String {
    if report.void != nil { return "accuracy against \(report.baseline)" }
    return "accuracy against \(report.baseline) \(figures(report)), n \(Format.grouped(report.count))"
      + pText(report)
  }

  /// The p value of no difference; nothing where there is none.
  private static func pText(_ report: AgreementReport) -> String {
    guard let p = report.pValue ?? report.mcNemarP else { return "" }
    return ", p \(Format.fixed(p, decimals: 3))"
  }

  /// All of it in one line.
  static func line(_ report: AgreementReport) -> String { "\(comparison(report)): \(verdict(report))" }

  /// A fraction as signed percentage points.
  static func points(_ fraction: Double) -> String {
    let text = Format.fixed(fraction * 100, decimals: 2)
    return text.hasPrefix("-") || !fraction.isFinite ? text : "+" + text
  }
}

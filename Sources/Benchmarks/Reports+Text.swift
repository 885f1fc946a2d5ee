import Foundation
import TrainingEvents

/// How a table is written.
public enum TableStyle: Sendable, Hashable {
  /// Aligned columns.
  case plain
  /// A Markdown table.
  case markdown
}

extension ZooReport {
  /// Times, speedups, losses and scores as a table.
  public func table(_ style: TableStyle) -> String {
    var table = TextTable([
      ("network", .left), ("mode", .left), ("computed", .left), ("ms/step", .right), ("p95", .right),
      ("samples/s", .right), ("speedup", .right), ("95 %", .left), ("effective", .right), ("casts %", .right),
      ("skipped", .right),
      ("loss", .right), ("score %", .right),
    ])
    for row in rows {
      let interval = row.speedup.flatMap { estimate in
        if let low = estimate.low, let high = estimate.high { "\(fixed(low, 2)) – \(fixed(high, 2))" } else { nil }
      }
      table.add([
        row.network, row.precision.rawValue, row.isNative ? "native" : "storage-only",
        fixed(row.medianStepMilliseconds, 2), fixed(row.p95StepMilliseconds, 2), fixed(row.samplesPerSecond, 0),
        row.speedup.map { fixed($0.ratio, 2) + "×" } ?? (row.precision == .fp32 ? "baseline" : "–"), interval ?? "",
        row.speedup?.effective.map { fixed($0, 2) + "×" } ?? "", fixed(row.castShare.map { $0 * 100 }, 1),
        String(row.skipped),
        fixed(row.loss, 4), fixed(row.score.map { $0 * 100 }, 1),
      ])
    }
    return style == .plain ? table.plain : table.markdown
  }

  /// One line a mode: the geometric mean over networks.
  public var meanLines: [String] {
    means.map { mean in
      let interval =
        if let low = mean.low, let high = mean.high { " [\(fixed(low, 2)), \(fixed(high, 2))]" } else { "" }
      return "\(mean.precision.rawValue): geometric mean of \(mean.networks) speedups "
        + "\(fixed(mean.ratio, 2))×\(interval)"
    }
  }
}

extension AccuracyReport {
  /// The rows as a table.
  public func table(_ style: TableStyle) -> String {
    var table = TextTable([
      ("network", .left), ("mode", .left), ("measure", .left), ("fp32", .right), ("mode's", .right),
      ("difference", .right), ("90 %", .left), ("margin", .left), ("p", .right), ("verdict", .left),
    ])
    for row in rows {
      let unit = row.measure == "accuracy" ? "points" : "%"
      let factor = row.measure == "accuracy" ? 100.0 : 1.0
      table.add([
        row.network, row.precision.rawValue, row.measure == "accuracy" ? "accuracy, %" : "loss",
        fixed(row.baseline * factor, row.measure == "accuracy" ? 2 : 4),
        fixed(row.mean * factor, row.measure == "accuracy" ? 2 : 4), "\(signed(row.difference, 3)) \(unit)",
        row.interval.map { "\(signed($0[0], 3)) – \(signed($0[1], 3))" } ?? "", "±\(fixed(row.margin, 1)) \(unit)",
        fixed(row.pValue, 4), row.isEquivalent ? "equivalent" : "not shown",
      ])
    }
    return style == .plain ? table.plain : table.markdown
  }
}

/// Bytes in MiB.
func mebibytes(_ bytes: Int) -> Double { Double(bytes) / 1_048_576 }

/// A number with so many digits behind the point; nothing for nil.
func fixed(_ value: Double?, _ digits: Int) -> String {
  guard let value else { return "" }
  return value.isFinite ? String(format: "%.\(digits)f", value) : "\(value)"
}

private func signed(_ value: Double, _ digits: Int) -> String {
  value.isFinite ? String(format: "%+.\(digits)f", value) : "\(value)"
}

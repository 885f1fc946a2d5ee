import GraphCompiler
import GraphIR
import RunStatistics
import TrainingEvents

extension RooflineReport {
  /// Work, floor and measured time as a table.
  public func table(_ style: TableStyle) -> String {
    var table = TextTable([
      ("network", .left), ("mode", .left), ("GFLOP", .right), ("MB", .right), ("GFLOP/s", .right), ("GB/s", .right),
      ("GEMM ms", .right), ("memory ms", .right), ("floor ms", .right), ("measured ms", .right), ("p95", .right),
      ("floor/measured %", .right), ("GEMM %", .right), ("goal", .left),
    ])
    for row in rows {
      let goal = row.goal.map { "\(fixed($0 * 100, 0)) %: \(verdict(row.meetsGoal))" }
      table.add([
        row.network, row.precision.rawValue, fixed(row.work.totalGigaflops, 3),
        fixed(Double(row.work.traffic.total) * 1e-6, 1), peakText(row), fixed(row.roofs.gigabytes, 1),
        fixed(row.floor.arithmetic, 2), fixed(row.floor.memory, 2), fixed(row.floor.milliseconds, 2),
        fixed(row.milliseconds.median, 2), fixed(row.milliseconds.p95, 2), fixed(row.achieved * 100, 0),
        fixed(row.floor.arithmeticShare * 100, 0), goal ?? "–",
      ])
    }
    return style == .plain ? table.plain : table.markdown
  }

  /// Speedups over fp32 beside the ratio of the floors as a table.
  public func speedupTable(_ style: TableStyle) -> String {
    var table = TextTable([
      ("network", .left), ("mode", .left), ("measured", .right), ("floors", .right), ("share", .right), ("goal", .left),
    ])
    for row in speedups {
      table.add([
        row.network, row.precision.rawValue, fixed(row.measured, 2) + "×", fixed(row.floors, 2) + "×",
        fixed(row.share, 2), row.meetsGoal == nil ? "–" : "\(fixed(Goal.speedup, 2)): \(verdict(row.meetsGoal))",
      ])
    }
    return style == .plain ? table.plain : table.markdown
  }

  /// Where the time of a step goes as a table.
  public func kindTable(_ style: TableStyle) -> String {
    var table = TextTable([
      ("network", .left), ("mode", .left), ("kind", .left), ("phase", .left), ("operations", .right), ("ms", .right),
      ("step %", .right), ("GFLOP", .right), ("MB", .right), ("GFLOP/s", .right), ("GB/s", .right),
      ("floor ms", .right), ("floor/measured %", .right),
    ])
    for row in kinds {
      let isOperation = row.kind != nil
      let rate = row.milliseconds > 0 ? row.gigaflops / row.milliseconds * 1e3 : 0
      let bandwidth = row.milliseconds > 0 ? Double(row.bytes) * 1e-6 / row.milliseconds : 0
      table.add([
        row.network, row.precision.rawValue, row.kind?.rawValue ?? "outside operations", row.phase,
        isOperation ? String(row.count) : "", fixed(row.milliseconds, 3), fixed(row.share * 100, 1),
        row.gigaflops > 0 ? fixed(row.gigaflops, 3) : "", isOperation ? fixed(Double(row.bytes) * 1e-6, 1) : "",
        row.gigaflops > 0 ? fixed(rate, 0) : "", isOperation ? fixed(bandwidth, 1) : "",
        isOperation ? fixed(row.floor.milliseconds, 3) : "", isOperation ? fixed(row.achieved * 100, 0) : "",
      ])
    }
    return style == .plain ? table.plain : table.markdown
  }

  /// The costliest operations as a table.
  public func operationTable(_ style: TableStyle) -> String {
    var table = TextTable([
      ("network", .left), ("mode", .left), ("node", .right), ("layer", .left), ("operation", .left), ("ms", .right),
      ("GFLOP/s", .right), ("floor ms", .right), ("kernel", .left), ("operands", .left),
    ])
    for row in operations {
      table.add([
        row.network, row.precision.rawValue, String(row.node), row.layer, row.operation, fixed(row.milliseconds, 3),
        row.gigaflops > 0 && row.milliseconds > 0 ? fixed(row.gigaflops / row.milliseconds * 1e3, 0) : "",
        fixed(row.floor.milliseconds, 3), row.kernel, row.types,
      ])
    }
    return style == .plain ? table.plain : table.markdown
  }

  /// What the columns mean, for people.
  public var explanation: String {
    "Floor: GEMM and convolution at the measured peak, plus the bytes that nothing can avoid at the bandwidth of arrays of "
      + "\(streamBytes / 1_048_576) MiB. GEMM-bound: \(fixed(Goal.gemmBound * 100, 0)) % of the floor or more"
  }

  /// The peaks of the formats that a row multiplies in.
  private func peakText(_ row: Row) -> String {
    row.work.gigaflops.keys.sorted().map { format in
      let peak = fixed(row.roofs.gigaflops[format] ?? .nan, 0)
      return row.work.gigaflops.count == 1 ? peak : "\(format) \(peak)"
    }.joined(separator: ", ")
  }
}

private func verdict(_ isMet: Bool?) -> String { isMet.map { $0 ? "pass" : "missed" } ?? "–" }

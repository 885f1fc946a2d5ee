import RunStatistics
import TrainingEvents

extension UIReport {
  /// Everything in words, numbers beside their budget.
  public func lines(_ style: TableStyle) -> [String] {
    var lines = [
      "Frames: processor time of the UI thread, \(fixed(Self.framesPerSecond, 0)) frames a second; budget "
        + "\(percent(Budget.slowShare)) of a core and \(fixed(Budget.bytesPerSecond / 1000, 0)) kB/s where little changes, "
        + "\(percent(Budget.movingShare)) where everything moves", "", frameTable(style), "",
    ]
    if let keys {
      lines.append(
        "Key to changed frame, all processors training: median \(fixed(keys.median, 1)) ms, p95 \(fixed(keys.p95, 1)) ms, "
          + "largest \(fixed(keys.largest, 1)) ms of \(keys.count) keys; budget \(fixed(Budget.keyMilliseconds, 0)) ms in "
          + "95 of 100: \(Self.verdict(keys.p95 <= Budget.keyMilliseconds))")
    }
    if let firstFrame {
      lines.append(
        "Start to first frame: median \(fixed(firstFrame.median, 1)) ms, p95 \(fixed(firstFrame.p95, 1)) ms, largest "
          + "\(fixed(firstFrame.largest, 1)) ms of \(firstFrame.count) starts; budget "
          + "\(fixed(Budget.firstFrameMilliseconds, 0)) ms: "
          + Self.verdict(firstFrame.median <= Budget.firstFrameMilliseconds))
    }
    guard !throughput.isEmpty else { return lines }
    lines += [
      "",
      "Throughput with the dashboard over without: median over pairs of neighbouring segments of one run; budget 1 less the "
        + "UI thread's share of the lanes' processor time, less \(percent(Budget.lossBeyondShare))", "",
      throughputTable(style), "",
    ]
    for (schedule, share) in shares.sorted(by: { $0.key < $1.key }) {
      lines.append(
        "UI thread while \(schedule) lanes trained: \(percent(share)) of a core; budget \(percent(Budget.slowShare)): "
          + Self.verdict(share <= Budget.slowShare))
    }
    return lines
  }

  /// The frames as a table.
  func frameTable(_ style: TableStyle) -> String {
    var table = TextTable([
      ("screen", .left), ("size", .left), ("colours", .left), ("ms", .right), ("p95", .right), ("% of a core", .right),
      ("bytes", .right), ("p95", .right), ("kB/s", .right), ("budget", .left),
    ])
    for row in frames {
      table.add([
        row.moves ? "everything moves" : "little changes", "\(row.columns)x\(row.rows)", row.colors,
        fixed(row.milliseconds.median, 2), fixed(row.milliseconds.p95, 2), fixed(row.share * 100, 2),
        fixed(row.bytes.median, 0), fixed(row.bytes.p95, 0), fixed(row.bytesPerSecond / 1000, 1),
        Self.verdict(row.isWithinBudget),
      ])
    }
    return style == .plain ? table.plain : table.markdown
  }

  /// The lanes' throughput as a table.
  func throughputTable(_ style: TableStyle) -> String {
    var table = TextTable([
      ("schedule", .left), ("mode", .left), ("without, samples/s", .right), ("with", .right), ("ratio", .right),
      ("95 %", .left), ("pairs", .right), ("at least", .right), ("budget", .left),
    ])
    for row in throughput {
      let interval = row.low.flatMap { low in row.high.map { "\(fixed(low, 3)) – \(fixed($0, 3))" } } ?? ""
      table.add([
        row.schedule.rawValue, row.precision.rawValue, fixed(row.without, 0), fixed(row.with, 0), fixed(row.ratio, 3),
        interval, String(row.pairs), fixed(1 - row.budget, 3), row.verdict.rawValue,
      ])
    }
    return style == .plain ? table.plain : table.markdown
  }

  private static func verdict(_ passes: Bool) -> String { passes ? "pass" : "fail" }
}

private func percent(_ share: Double) -> String { "\(fixed(share * 100, share < 0.0995 ? 1 : 0)) %" }

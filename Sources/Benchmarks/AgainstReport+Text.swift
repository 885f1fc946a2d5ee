import TrainingEvents

extension AgainstReport {
  /// Step times and their ratios as a table.
  public func table(_ style: TableStyle) -> String {
    var table = TextTable([
      ("network", .left), ("mode", .left), ("ours, ms", .right), ("eager, ms", .right), ("compiled, ms", .right),
      ("best / ours", .right), ("95 %", .left), ("best is", .left), ("ours to fp32", .right),
    ])
    for row in rows {
      let isCompiled = row.best != nil && row.best == row.compiled?.ratio
      table.add([
        row.network, row.precision.rawValue, fixed(row.ours.milliseconds, 2), fixed(row.eager?.milliseconds, 2),
        fixed(row.compiled?.milliseconds, 2), row.error == nil ? times(row.best?.ratio) : "error", range(row.best),
        row.best == nil ? "" : isCompiled ? "compiled" : "eager", times(row.overFP32?.ratio),
      ])
    }
    return style == .plain ? table.plain : table.markdown
  }

  /// Bytes at the peak of a step as a table, in MiB; the most of our activations at one time beside those of fp32, and
  /// those at the peak beside what is implied.
  public func memoryTable(_ style: TableStyle) -> String {
    var table = TextTable([
      ("network", .left), ("mode", .left), ("ours, MiB", .right), ("eager, MiB", .right), ("compiled, MiB", .right),
      ("smaller / ours", .right), ("our activations, MiB", .right), ("to fp32", .right),
      ("to implied", .right),
    ])
    for row in rows where row.error == nil {
      let baseline = rows.first { $0.network == row.network && $0.precision == .fp32 }?.mostActivations
      table.add([
        row.network, row.precision.rawValue, fixed(row.ours.memory.map(mebibytes), 1),
        fixed(row.eager?.memory.map(mebibytes), 1), fixed(row.compiled?.memory.map(mebibytes), 1),
        times(row.memoryRatio), fixed(row.mostActivations.map(mebibytes), 1),
        times(share(row.mostActivations, of: baseline)),
        times(share(row.memory?.activations, of: row.impliedActivations)),
      ])
    }
    return style == .plain ? table.plain : table.markdown
  }

  /// Means over networks beside what they are meant to be, a line each.
  public var meanLines: [String] {
    means.flatMap { mean -> [String] in
      var lines: [String] = []
      let name = mean.precision.rawValue
      if let best = mean.best {
        lines.append(
          "\(name): PyTorch's best over ours, geometric mean of \(mean.networks) networks \(text(best))"
            + verdict(best.ratio, atLeast: Goal.ratio(of: mean.precision)))
      }
      if mean.compiled != nil, let eager = mean.eager, let compiled = mean.compiled {
        lines.append("\(name): eager over ours \(text(eager)), compiled over ours \(text(compiled))")
      }
      if let network = mean.lowest, let ratio = mean.lowestRatio {
        let goal = Goal.ratio(of: mean.precision) == nil ? nil : Goal.lowest
        lines.append("\(name): lowest \(times(ratio)) (\(network))" + verdict(ratio, atLeast: goal))
      }
      if let over = mean.overFP32, let goal = Goal.overFP32(of: mean.precision) {
        lines.append(
          "\(name): our step time over that of our fp32 \(text(over)); goal at most \(fixed(goal, 2)): "
            + (over.ratio <= goal ? "met" : "not met"))
      }
      return lines
    }
  }

  /// What went wrong, and what a reader of the figures should know, a line each.
  public var remarks: [String] {
    rows.flatMap { row in
      (row.error.map { ["error: " + $0] } ?? []).map { "\(row.network) \(row.precision.rawValue): \($0)" }
        + row.notes.map { "\(row.network) \(row.precision.rawValue): \($0)" }
    }
  }

  /// How it was measured, a line each.
  public var conditions: [String] {
    [
      "PyTorch \(versions["PyTorch"] ?? "?") on a CPU: fused optimizer, channels last where there are convolutions, "
        + "torch.autocast, gradients set to None; eager, and torch.compile",
      "Both sides: \(threads) threads on processors \(processors.map(String.init).joined(separator: ",")), the same first "
        + "weights, batches and optimizer, no dropout, no data loading, denormals flushed",
      "\(rounds) rounds of segments in rotating order, one program computing at a time; intervals over rounds",
    ]
  }

  private func text(_ ratio: Ratio) -> String {
    let interval = range(ratio)
    return times(ratio.ratio) + (interval.isEmpty ? "" : " [\(interval)]")
  }

  private func range(_ ratio: Ratio?) -> String {
    guard let low = ratio?.low, let high = ratio?.high else { return "" }
    return "\(fixed(low, 2)) – \(fixed(high, 2))"
  }

  private func verdict(_ ratio: Double, atLeast goal: Double?) -> String {
    goal.map { "; goal \(fixed($0, 2)): " + (ratio >= $0 ? "met" : "not met") } ?? ""
  }

  private func share(_ bytes: Int?, of base: Int?) -> Double? {
    guard let bytes, let base, base > 0 else { return nil }
    return Double(bytes) / Double(base)
  }

  private func times(_ ratio: Double?) -> String { ratio == nil ? "" : fixed(ratio, 2) + "×" }
}

import RunStatistics
import TrainingEvents

extension ScalingReport {
  /// Everything in tables, numbers beside their goals.
  public func lines(_ style: TableStyle) -> [String] {
    var lines: [String] = []
    if !axes.isEmpty {
      lines += [
        "Milliseconds a GFLOP at each size over those at the smallest: 1 is linear, below 1 is better", "",
        axisTable(style), "",
      ]
    }
    if !compilations.isEmpty {
      lines += [
        "Compiling a step: passes, kernels, memory plan; goal below \(fixed(Goal.compileMilliseconds, 0)) ms", "",
        compilationTable(style), "",
      ]
    }
    if !recomputations.isEmpty {
      lines += [
        "Activations recomputed in the backward pass (--recompute auto), beside a step that keeps them all, in turns",
        "",
        recomputationTable(style), "",
      ]
    }
    if !switchings.isEmpty {
      lines += [
        "Switching the precision of a lane, its executable at hand, while another lane trains: median and largest ms; goal for "
          + "the pause below \(fixed(Goal.switchMilliseconds, 0)) ms", "", switchTable(style), "",
      ]
    }
    if !sharings.isEmpty {
      lines += [
        "Two lanes of one thread at once, samples a second; goal \(fixed(Goal.sharing, 2)) of twice one alone", "",
        sharingTable(style), "",
      ]
      if let sharedBandwidth { lines += [sentence(sharedBandwidth), ""] }
    }
    if !recordings.isEmpty {
      lines += [
        "A dashboard of two lanes with so many steps behind it, all panes and the loss alone on \(Recording.screen): processor "
          + "time of the UI thread, and the heap that its state takes; each over that after the fewest steps. Goal: events and "
          + "frames at most \(fixed(Goal.recorded, 1)) times what they take after \(Goal.recordedFrom) steps", "",
        recordingTable(style), "",
      ]
    }
    return Array(lines.dropLast())
  }

  private func sentence(_ bandwidth: SharedBandwidth) -> String {
    "Memory (arrays of \(bandwidth.streamBytes >> 20) MiB): one processor alone \(fixed(bandwidth.alone, 1)) GB/s, two at once "
      + "\(fixed(bandwidth.together, 1)), \(fixed(bandwidth.share, 2)) of twice one: what waits for memory cannot be shared better"
  }

  /// Step times at growing sizes as a table.
  func axisTable(_ style: TableStyle) -> String {
    var table = TextTable([
      ("network", .left), ("mode", .left), ("grows", .left), ("size", .left), ("GFLOP", .right), ("ms/step", .right),
      ("ms/GFLOP", .right), ("ratio", .right),
    ])
    for axis in axes {
      for (index, point) in axis.points.enumerated() {
        table.add([
          axis.network, axis.precision.rawValue, axis.dimension, point.size, fixed(point.gigaflops, 3),
          fixed(point.milliseconds, 2), fixed(point.unit, 2), fixed(axis.ratio(index), 2),
        ])
      }
    }
    return style == .plain ? table.plain : table.markdown
  }

  func compilationTable(_ style: TableStyle) -> String {
    var table = TextTable([
      ("network", .left), ("mode", .left), ("operations", .right), ("passes ms", .right), ("in all ms", .right),
      ("goal", .left),
    ])
    for row in compilations {
      table.add([
        row.network, row.precision.rawValue, String(row.operations), fixed(row.passes, 1), fixed(row.milliseconds, 1),
        verdict(row.meetsGoal),
      ])
    }
    return style == .plain ? table.plain : table.markdown
  }

  func recomputationTable(_ style: TableStyle) -> String {
    var table = TextTable([
      ("network", .left), ("mode", .left), ("kept MiB", .right), ("recomputed MiB", .right), ("memory", .right),
      ("kept ms", .right), ("recomputed ms", .right), ("time", .right),
    ])
    for row in recomputations {
      table.add([
        row.network, row.precision.rawValue, fixed(mebibytes(row.keptBytes), 1),
        fixed(mebibytes(row.recomputedBytes), 1),
        fixed(Double(row.recomputedBytes) / Double(row.keptBytes), 2) + "×", fixed(row.keptMilliseconds, 2),
        fixed(row.recomputedMilliseconds, 2), fixed(row.recomputedMilliseconds / row.keptMilliseconds, 2) + "×",
      ])
    }
    return style == .plain ? table.plain : table.markdown
  }

  func switchTable(_ style: TableStyle) -> String {
    var table = TextTable([
      ("network", .left), ("modes", .left), ("switches", .right), ("pause", .right), ("command to change", .right),
      ("neighbour's steps during", .right), ("else", .right), ("while compiling", .right), ("compiled in", .right),
      ("goal", .left),
    ])
    for row in switchings {
      table.add([
        row.network, row.precisions.map(\.rawValue).joined(separator: " ↔ "), String(row.pauses.count),
        text(row.pauses), text(row.latencies), text(row.neighbourDuring), text(row.neighbourElse),
        row.neighbourCompiling.map(text) ?? "", fixed(row.compileMilliseconds, 0), verdict(row.meetsGoal),
      ])
    }
    return style == .plain ? table.plain : table.markdown
  }

  func sharingTable(_ style: TableStyle) -> String {
    var table = TextTable([
      ("network", .left), ("mode", .left), ("one alone", .right), ("two at once", .right),
      ("one of two threads", .right),
      ("of twice one", .right), ("of two threads", .right), ("goal", .left),
    ])
    for row in sharings {
      table.add([
        row.network, row.precision.rawValue, fixed(row.alone, 0), fixed(row.together, 0), fixed(row.twoThreads, 0),
        fixed(row.share, 3), fixed(row.shareOfTwoThreads, 3), verdict(row.meetsGoal),
      ])
    }
    return style == .plain ? table.plain : table.markdown
  }
}

extension ScalingReport {
  func recordingTable(_ style: TableStyle) -> String {
    var table = TextTable([
      ("steps a lane", .right), ("events of a step, µs", .right), ("ratio", .right), ("frame ms", .right),
      ("ratio", .right), ("loss alone ms", .right), ("ratio", .right), ("heap MiB", .right), ("ratio", .right),
      ("bytes a step", .right), ("goal", .left),
    ])
    for (index, row) in recordings.enumerated() {
      let over = { (value: (Recording) -> Double) in fixed(value(row) / value(recordings[0]), 2) }
      let heapRatio = row.heapBytes.flatMap { own in recordings[0].heapBytes.map { Double(own) / Double($0) } }
      table.add([
        String(row.steps), fixed(row.eventMicroseconds, 2), over(\.eventMicroseconds), fixed(row.frameMilliseconds, 3),
        over(\.frameMilliseconds), fixed(row.lossMilliseconds, 3), over(\.lossMilliseconds),
        row.heapBytes.map { fixed(mebibytes($0), 1) } ?? "not counted", fixed(heapRatio, 2), fixed(row.bytesPerStep, 0),
        recordingMeetsGoal(index).map(verdict) ?? "–",
      ])
    }
    return style == .plain ? table.plain : table.markdown
  }
}

/// Median and largest.
private func text(_ spread: Spread) -> String { "\(fixed(spread.median, 2)), \(fixed(spread.largest, 2))" }

private func verdict(_ isMet: Bool) -> String { isMet ? "pass" : "missed" }

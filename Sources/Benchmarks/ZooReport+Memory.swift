public import TrainingEvents

extension ZooReport {
  /// What activations under autocast are meant to take at most.
  public enum MemoryGoal {
    /// Kinds of networks whose activations are compared with those of fp32: nearly all of theirs come from products.
    public static let halved: Set<String> = ["mlp", "cnn", "resnet", "unet"]
    /// Activations at the peak over those of fp32, in these networks.
    public static let overFP32 = 0.55
    /// Activations at the peak over what the op lists imply, in all others.
    public static let overImplied = 1.05
  }

  /// How a network's activations under autocast stand to their goal.
  public struct MemoryVerdict: Sendable, Hashable {
    /// The network with its size.
    public var network: String
    /// The mode.
    public var precision: Precision
    /// Activations at the peak over those of fp32, or over what the op lists imply.
    public var ratio: Double
    /// Whether `ratio` is over fp32, not over what is implied.
    public var isOverFP32: Bool

    /// What `ratio` may be at most.
    public var goal: Double { isOverFP32 ? MemoryGoal.overFP32 : MemoryGoal.overImplied }

    /// Whether it is no more.
    public var isMet: Bool { ratio <= goal }
  }

  /// One entry a network and autocast mode with planned memory, in the order of the rows.
  public var memoryVerdicts: [MemoryVerdict] {
    rows.compactMap { row in
      guard row.precision.isAutocast, let memory = row.memory else { return nil }
      let isOverFP32 = MemoryGoal.halved.contains(row.model)
      guard let base = isOverFP32 ? baseline(of: row)?.activations : row.impliedActivations, base > 0 else {
        return nil
      }
      return MemoryVerdict(
        network: row.network, precision: row.precision, ratio: Double(memory.activations) / Double(base),
        isOverFP32: isOverFP32)
    }
  }

  /// A line a mode and goal: the networks with their ratios, and whether all of them meet it.
  public var memoryVerdictLines: [String] {
    let verdicts = memoryVerdicts
    return Precision.allCases.flatMap { precision in
      [true, false].compactMap { isOverFP32 -> String? in
        let found = verdicts.filter { $0.precision == precision && $0.isOverFP32 == isOverFP32 }
        guard let goal = found.first?.goal else { return nil }
        let missed = found.filter { !$0.isMet }.map(\.network)
        return "\(precision.rawValue): activations at the peak over \(isOverFP32 ? "those of fp32" : "implied"): "
          + found.map { "\($0.network) \(fixed($0.ratio, 2))×" }.joined(separator: ", ")
          + "; goal at most \(fixed(goal, 2)): "
          + (missed.isEmpty ? "met" : "not met by \(missed.joined(separator: ", "))")
      }
    }
  }

  /// Planned bytes at the peak of a step by owner as a table, in MiB; the activations that the formats imply, and what the
  /// plan saved.
  public func memoryTable(_ style: TableStyle) -> String {
    var table = TextTable(
      [("network", .left), ("mode", .left)]
        + [
          "parameters", "16-bit copies", "gradients", "optimizer", "activations", "to fp32", "implied", "to implied",
          "workspace", "total", "to fp32", "saved",
        ].map { ($0, .right) })
    for row in rows {
      guard let memory = row.memory else { continue }
      let fp32 = baseline(of: row)
      table.add([
        row.network, row.precision.rawValue, size(memory.parameters + memory.masters), size(memory.lowPrecisionCopies),
        size(memory.gradients), size(memory.optimizerState), size(memory.activations),
        ratio(memory.activations, to: fp32?.activations), size(row.impliedActivations),
        ratio(memory.activations, to: row.impliedActivations), size(memory.workspace), size(memory.total),
        ratio(memory.total, to: fp32?.total), size(row.savedBytes),
      ])
    }
    return style == .plain ? table.plain : table.markdown
  }

  /// Planned bytes of the same network in fp32.
  private func baseline(of row: Row) -> MemoryBreakdown? {
    rows.first { $0.network == row.network && $0.precision == .fp32 }?.memory
  }

  private func size(_ bytes: Int?) -> String { fixed(bytes.map(mebibytes), 1) }

  private func ratio(_ bytes: Int, to base: Int?) -> String {
    guard let base, base > 0 else { return "" }
    return fixed(Double(bytes) / Double(base), 2) + "×"
  }
}

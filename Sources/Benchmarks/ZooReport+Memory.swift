public import TrainingEvents

extension ZooReport {
  /// What activations under autocast are meant to take at most.
  public enum MemoryGoal {
    /// Kinds of networks whose activations are compared with those of fp32: nearly all of theirs come from products.
    public static let halved: Set<String> = ["mlp", "cnn", "resnet", "unet"]
    /// Most activations at one time over those of fp32, in these networks: two modes may peak at different operations.
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
    /// Most activations over those of fp32, or activations at the peak over what the op lists imply.
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
      guard row.precision.isAutocast else { return nil }
      let isOverFP32 = MemoryGoal.halved.contains(row.model)
      let (own, base) =
        isOverFP32
        ? (row.mostActivations, baseline(of: row)?.mostActivations)
        : (row.memory?.activations, row.impliedActivations)
      guard let own, let base, base > 0 else { return nil }
      return MemoryVerdict(
        network: row.network, precision: row.precision, ratio: Double(own) / Double(base), isOverFP32: isOverFP32)
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
        let measure = isOverFP32 ? "most activations over those of fp32" : "activations at the peak over implied"
        return "\(precision.rawValue): \(measure): "
          + found.map { "\($0.network) \(fixed($0.ratio, 2))×" }.joined(separator: ", ")
          + "; goal at most \(fixed(goal, 2)): "
          + (missed.isEmpty ? "met" : "not met by \(missed.joined(separator: ", "))")
      }
    }
  }

  /// Planned bytes at the peak of a step by owner as a table, in MiB, and what the plan saved.
  public func memoryTable(_ style: TableStyle) -> String {
    var table = TextTable(
      [("network", .left), ("mode", .left)]
        + [
          "parameters", "16-bit copies", "gradients", "optimizer", "activations", "workspace", "total", "to fp32",
          "saved",
        ].map { ($0, .right) })
    for row in rows {
      guard let memory = row.memory else { continue }
      let owners = [
        memory.parameters + memory.masters, memory.lowPrecisionCopies, memory.gradients, memory.optimizerState,
        memory.activations, memory.workspace, memory.total,
      ]
      table.add(
        [row.network, row.precision.rawValue] + owners.map(size)
          + [ratio(memory.total, to: baseline(of: row)?.memory?.total), size(row.savedBytes)])
    }
    return style == .plain ? table.plain : table.markdown
  }

  /// Activations at the peak beside those that the formats imply, and the most at one time beside those of fp32, as a
  /// table in MiB.
  public func activationTable(_ style: TableStyle) -> String {
    var table = TextTable(
      [("network", .left), ("mode", .left)]
        + ["at the peak", "implied", "to implied", "most", "to fp32"].map { ($0, .right) })
    for row in rows {
      guard let activations = row.memory?.activations else { continue }
      table.add([
        row.network, row.precision.rawValue, size(activations), size(row.impliedActivations),
        ratio(activations, to: row.impliedActivations), size(row.mostActivations),
        ratio(row.mostActivations, to: baseline(of: row)?.mostActivations),
      ])
    }
    return style == .plain ? table.plain : table.markdown
  }

  /// The same network in fp32.
  private func baseline(of row: Row) -> Row? { rows.first { $0.network == row.network && $0.precision == .fp32 } }

  private func size(_ bytes: Int?) -> String { fixed(bytes.map(mebibytes), 1) }

  private func ratio(_ bytes: Int?, to base: Int?) -> String {
    guard let bytes, let base, base > 0 else { return "" }
    return fixed(Double(bytes) / Double(base), 2) + "×"
  }
}

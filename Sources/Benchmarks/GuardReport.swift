public import TrainingEvents

/// Whether the engine is as far ahead of fixed references as it was, as `bench --guard` measures it.
public struct GuardReport: Codable, Sendable {
  /// One thing that must not become slow.
  public struct Row: Codable, Sendable {
    /// What is measured.
    public var name: String
    /// What it is held against.
    public var reference: String
    /// Median milliseconds of the engine.
    public var milliseconds: Double
    /// Median milliseconds of the reference.
    public var referenceMilliseconds: Double
    /// The least ratio that is asked for.
    public var threshold: Double
    /// What both take in instructions; nil where they were not counted.
    public var instructions: Instructions?

    /// States a row.
    public init(
      name: String, reference: String, milliseconds: Double, referenceMilliseconds: Double, threshold: Double,
      instructions: Instructions? = nil
    ) {
      self.name = name
      self.reference = reference
      self.milliseconds = milliseconds
      self.referenceMilliseconds = referenceMilliseconds
      self.threshold = threshold
      self.instructions = instructions
    }

    /// How many times faster than the reference.
    public var ratio: Double { referenceMilliseconds / milliseconds }
    /// Whether it is fast enough.
    public var passes: Bool { ratio >= threshold }
  }

  /// Instructions retired outside the kernel, which move with the machine less than times do.
  public struct Instructions: Codable, Sendable, Hashable {
    /// Median of the engine.
    public var ours: Double
    /// Median of the reference.
    public var reference: Double

    /// States both.
    public init(ours: Double, reference: Double) { (self.ours, self.reference) = (ours, reference) }

    /// How many times as many the reference takes; nil where the engine takes none.
    public var ratio: Double? { ours > 0 ? reference / ours : nil }
  }

  /// Version of this format.
  public var v = 1
  /// The machine.
  public var machine: MachineDescription
  /// Versions by component.
  public var versions: [String: String]
  /// Everything that was measured.
  public var rows: [Row] = []
  /// Why instructions were not counted; nil where they were.
  public var uncounted: String?

  /// An empty report.
  public init(machine: MachineDescription, versions: [String: String]) {
    self.machine = machine
    self.versions = versions
  }

  /// Whether nothing is too slow.
  public var passes: Bool { rows.allSatisfy(\.passes) }

  /// The rows as a table, and below it what the instructions say.
  public func lines(_ style: TableStyle) -> [String] {
    let isCounted = rows.contains { $0.instructions != nil }
    let remark =
      isCounted
      ? "Instructions are those outside the kernel, in millions; no threshold was measured for them, so none is judged"
      : "Instructions were not counted" + (uncounted.map { ": \($0)" } ?? "")
    return [table(style), "", remark]
  }

  /// The rows as a table.
  func table(_ style: TableStyle) -> String {
    var table = TextTable([
      ("measured", .left), ("reference", .left), ("ms", .right), ("reference ms", .right), ("ratio", .right),
      ("at least", .right), ("verdict", .left), ("instructions", .right), ("reference's", .right), ("ratio", .right),
    ])
    for row in rows {
      let counts = row.instructions.map { [$0.ours, $0.reference].map { fixed($0 * 1e-6, 3) } }
      let ratio = row.instructions?.ratio.map { fixed($0, 2) }
      table.add(
        [
          row.name, row.reference, fixed(row.milliseconds, 3), fixed(row.referenceMilliseconds, 3), fixed(row.ratio, 2),
          fixed(row.threshold, 2), row.passes ? "pass" : "missed",
        ] + (counts ?? ["not counted", ""]) + [ratio ?? ""])
    }
    return style == .plain ? table.plain : table.markdown
  }
}

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

    /// States a row.
    public init(
      name: String, reference: String, milliseconds: Double, referenceMilliseconds: Double, threshold: Double
    ) {
      self.name = name
      self.reference = reference
      self.milliseconds = milliseconds
      self.referenceMilliseconds = referenceMilliseconds
      self.threshold = threshold
    }

    /// How many times faster than the reference.
    public var ratio: Double { referenceMilliseconds / milliseconds }
    /// Whether it is fast enough.
    public var passes: Bool { ratio >= threshold }
  }

  /// Version of this format.
  public var v = 1
  /// The machine.
  public var machine: MachineDescription
  /// Versions by component.
  public var versions: [String: String]
  /// Everything that was measured.
  public var rows: [Row] = []

  /// An empty report.
  public init(machine: MachineDescription, versions: [String: String]) {
    self.machine = machine
    self.versions = versions
  }

  /// Whether nothing is too slow.
  public var passes: Bool { rows.allSatisfy(\.passes) }

  /// The rows as a table.
  public func table(_ style: TableStyle) -> String {
    var table = TextTable([
      ("measured", .left), ("reference", .left), ("ms", .right), ("reference ms", .right), ("ratio", .right),
      ("at least", .right), ("verdict", .left),
    ])
    for row in rows {
      table.add([
        row.name, row.reference, fixed(row.milliseconds, 3), fixed(row.referenceMilliseconds, 3), fixed(row.ratio, 2),
        fixed(row.threshold, 2), row.passes ? "pass" : "missed",
      ])
    }
    return style == .plain ? table.plain : table.markdown
  }
}

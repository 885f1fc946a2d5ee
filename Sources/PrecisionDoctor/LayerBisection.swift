public import TrainingEvents

/// The smallest set of layers to keep in fp32 that closes a mode's loss gap, with the runs that show it.
public struct LayerBisection: Codable, Sendable, Hashable {
  /// The mode whose gap is closed.
  public var mode: Precision
  /// Attempts of every run.
  public var steps: Int
  /// Largest gap that counts as closed, in units of the loss.
  public var tolerance: Double
  /// Mean loss of the fp32 twin in the last quarter of its attempts.
  public var referenceLoss: Double
  /// What was found.
  public var verdict: Verdict
  /// Layers that close the gap together; empty unless the verdict is `layers`.
  public var layers: [String]
  /// Gap with nothing kept in fp32; infinite where the mode does not train at all.
  public var gapBefore: Double
  /// Gap with `layers` kept in fp32, or with every layer where that does not close it.
  public var gapAfter: Double
  /// Gaps with one layer of `layers` given back to 16 bits, by layer: each is above the tolerance.
  public var gapsWithout: [String: Double]
  /// Runs of the mode, in order.
  public var runs: [Run]

  /// What a search found.
  public enum Verdict: String, Codable, Sendable, Hashable {
    /// The mode has no gap.
    case nothingToClose
    /// Not even every layer in fp32 closes the gap.
    case notLayers
    /// These layers close it, and none of them can be left out.
    case layers
  }

  /// A run with layers kept in fp32.
  public struct Run: Codable, Sendable, Hashable {
    /// The layers, sorted.
    public var layers: [String]
    /// How much larger the loss is than the fp32 twin's; infinite where it is not finite, or nothing was committed.
    public var gap: Double

    /// Creates a run.
    public init(layers: [String], gap: Double) {
      self.layers = layers
      self.gap = gap
    }
  }

  /// Searches with a measured gap.
  ///
  /// - Parameters:
  ///   - mode: the mode, for the record.
  ///   - steps: attempts of every run, for the record.
  ///   - tolerance: largest gap that counts as closed; at least 0.
  ///   - referenceLoss: the fp32 twin's loss, for the record.
  ///   - layers: candidates, the most suspicious first.
  ///   - progress: told of every run.
  ///   - gap: the loss gap with a set of layers kept in fp32; asked once for every set.
  ///
  /// Measures the gap without overrides, then with every layer kept, then single layers, then by delta debugging: see
  /// `MinimalSubset`. Throws what `gap` throws.
  public init(
    mode: Precision, steps: Int, tolerance: Double, referenceLoss: Double, layers: [String],
    progress: (Run) -> Void = { _ in }, gap: (Set<String>) throws -> Double
  ) throws {
    self.mode = mode
    self.steps = steps
    self.tolerance = tolerance
    self.referenceLoss = referenceLoss
    (verdict, self.layers, gapsWithout, runs) = (.nothingToClose, [], [:], [])
    var known: [Set<String>: Double] = [:]
    var made: [Run] = []
    func measured(_ kept: Set<String>) throws -> Double {
      if let gap = known[kept] { return gap }
      let run = Run(layers: kept.sorted(), gap: try gap(kept))
      known[kept] = run.gap
      made.append(run)
      progress(run)
      return run.gap
    }
    func closes(_ gap: Double) -> Bool { gap <= tolerance }

    gapBefore = try measured([])
    gapAfter = gapBefore
    if !closes(gapBefore) {
      gapAfter = try measured(Set(layers))
      if closes(gapAfter) {
        try withoutActuallyEscaping(measured) { measured in
          var search = MinimalSubset<String> { try closes(measured($0)) }
          self.layers = try search.search(layers)
        }
        gapAfter = try measured(Set(self.layers))
        for layer in self.layers { gapsWithout[layer] = try measured(Set(self.layers).subtracting([layer])) }
      }
      verdict = closes(gapAfter) ? .layers : .notLayers
    }
    runs = made
  }
}

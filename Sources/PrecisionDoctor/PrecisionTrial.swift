public import TrainingEvents

/// One step of a mode that was really made, from the weights of the fp32 run.
public struct PrecisionTrial: Codable, Sendable, Hashable {
  /// The mode with its overrides.
  public var policy: PrecisionPolicy
  /// Loss scale; nil where nothing was scaled.
  public var scale: Double?
  /// The attempt: its batch is the one that the fp32 run would take next.
  public var attempt: Int
  /// Whether everything was finite, so that the step counted.
  public var isCommitted: Bool
  /// Mean loss of the batch.
  public var loss: Double
  /// Why the step was skipped; nil where it was committed.
  public var failure: String?
  /// The operation that was not finite first; nil where there is none.
  public var place: Place?
  /// The weights and what the step did to them.
  public var weights: [Weight]

  /// A weight, and how much of it a step moved.
  public struct Weight: Codable, Sendable, Hashable {
    /// The parameter's name.
    public var name: String
    /// Its layer.
    public var layer: String
    /// Number of its elements.
    public var count: Int
    /// Share of the elements whose stored value changed, 0 to 1; nil where nothing was committed.
    public var moved: Double?

    init(_ report: TensorReport) {
      (name, layer, count, moved) = (report.name, report.layer, report.count, report.updateSurvival)
    }

    /// Creates a statement.
    public init(name: String, layer: String, count: Int, moved: Double?) {
      self.name = name
      self.layer = layer
      self.count = count
      self.moved = moved
    }
  }

  /// Where a step went wrong.
  public struct Place: Codable, Sendable, Hashable {
    /// What `keep_fp32` calls it: the layer, or the operation where it stands outside layers.
    public var name: String
    /// Whether it happened before the loss, where the loss scale has no part in it.
    public var isForward: Bool

    enum CodingKeys: String, CodingKey {
      case name
      case isForward = "forward"
    }
  }

  /// Share of the weights of a layer, or of all, that the step moved; nil where nothing was committed, or the layer has
  /// no weights.
  public func moved(layer: String? = nil) -> Double? {
    var (moved, count) = (0.0, 0)
    for weight in weights where layer == nil || weight.layer == layer {
      guard let share = weight.moved else { return nil }
      moved += share * Double(weight.count)
      count += weight.count
    }
    return count > 0 ? moved / Double(count) : nil
  }

  enum CodingKeys: String, CodingKey {
    case policy, scale, attempt
    case isCommitted = "committed"
    case loss, failure, place, weights
  }
}

/// Loss and accuracy of a lane on the validation split.
public struct EvaluationReport: Codable, Sendable, Hashable {
  /// Which lane.
  public var lane: LaneID
  /// Attempts made before.
  public var attempt: Int
  /// Mean loss.
  public var loss: Double
  /// Share of correct answers, 0 to 1.
  public var accuracy: Double
  /// What counts as correct, for example "accuracy", "pixel accuracy", "token accuracy"; nil in older files.
  public var scoreName: String?
  /// Other measures of the task by name, for example "perplexity"; nil in older files.
  public var measures: [String: Double]?
  /// Number of samples looked at.
  public var count: Int
  /// True for the one at the end, on the whole validation split.
  public var isFinal: Bool

  /// Creates a report of an evaluation.
  public init(
    lane: LaneID, attempt: Int, loss: Double, accuracy: Double, scoreName: String? = nil,
    measures: [String: Double]? = nil, count: Int, isFinal: Bool
  ) {
    self.lane = lane
    self.attempt = attempt
    self.loss = loss
    self.accuracy = accuracy
    self.scoreName = scoreName
    self.measures = measures
    self.count = count
    self.isFinal = isFinal
  }

  enum CodingKeys: String, CodingKey {
    case lane, attempt, loss, accuracy
    case scoreName = "score"
    case measures
    case count = "n"
    case isFinal = "final"
  }
}

/// Accuracy of a lane against the baseline on the same validation samples.
public struct AgreementReport: Codable, Sendable, Hashable {
  /// The lane compared with.
  public var baseline: LaneID
  /// The lane compared.
  public var lane: LaneID
  /// Attempts that both had made.
  public var attempt: Int
  /// Accuracy of the lane minus the baseline's (a fraction, not points).
  public var difference: Double
  /// Lower end of the 95 % interval of the difference.
  public var low: Double
  /// Upper end of the 95 % interval of the difference.
  public var high: Double
  /// Number of samples.
  public var count: Int
  /// McNemar's exact two-sided p value; nil where scores are shares, and McNemar's test has no meaning.
  public var mcNemarP: Double?
  /// Two-sided p value of no difference: McNemar's, or of the paired t-test where scores are shares; nil in older files.
  public var pValue: Double?
  /// Why the comparison means nothing (a precision toggle during the run); nil where it stands.
  public var void: String?

  /// Creates a report of a comparison.
  public init(
    baseline: LaneID, lane: LaneID, attempt: Int, difference: Double, low: Double, high: Double, count: Int,
    mcNemarP: Double?, pValue: Double? = nil, void: String?
  ) {
    self.baseline = baseline
    self.lane = lane
    self.attempt = attempt
    self.difference = difference
    self.low = low
    self.high = high
    self.count = count
    self.mcNemarP = mcNemarP
    self.pValue = pValue
    self.void = void
  }

  enum CodingKeys: String, CodingKey {
    case baseline, lane, attempt, difference, low, high
    case count = "n"
    case mcNemarP = "mcnemarP"
    case pValue = "p"
    case void
  }
}

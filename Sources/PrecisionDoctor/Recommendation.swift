public import TrainingEvents

/// What to run, and why.
public struct Recommendation: Codable, Sendable, Hashable {
  /// The autocast modes with what each needs, the recommended one first.
  public var prescriptions: [Prescription]
  /// Why the first one is recommended: a line for people.
  public var reason: String
  /// What else was found, a line each.
  public var notes: [String]

  /// Creates a recommendation.
  public init(prescriptions: [Prescription], reason: String, notes: [String]) {
    self.prescriptions = prescriptions
    self.reason = reason
    self.notes = notes
  }
}

/// A mode with its loss scale and the layers it keeps in fp32, and one step that was really made with them.
public struct Prescription: Codable, Sendable, Hashable {
  /// The mode and the layers kept in fp32.
  public var policy: PrecisionPolicy
  /// Loss scale to start from; nil where none is needed.
  public var initialScale: Double?
  /// Whether the device computes in the format, and does not only store it.
  public var isNative: Bool
  /// The last step that was tried.
  public var trial: PrecisionTrial
  /// Loss of the same batch and weights in fp32.
  public var referenceLoss: Double

  /// Creates a prescription.
  public init(
    policy: PrecisionPolicy, initialScale: Double?, isNative: Bool, trial: PrecisionTrial, referenceLoss: Double
  ) {
    self.policy = policy
    self.initialScale = initialScale
    self.isNative = isNative
    self.trial = trial
    self.referenceLoss = referenceLoss
  }

  /// Options of `ampscope` and `ampscope train` that apply it beside an fp32 lane.
  public var options: [String] {
    var options = ["--lanes", "fp32,\(policy.mode.rawValue)"]
    if let initialScale {
      let isWhole = initialScale == initialScale.rounded() && initialScale < 1e15
      options += ["--init-scale", isWhole ? String(Int(initialScale)) : String(initialScale)]
    }
    if !policy.overrides.keepFP32.isEmpty {
      options += ["--keep-fp32", "'\(policy.overrides.keepFP32.joined(separator: ","))'"]
    }
    return options
  }

  enum CodingKeys: String, CodingKey {
    case policy, initialScale
    case isNative = "native"
    case trial, referenceLoss
  }
}

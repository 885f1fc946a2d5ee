/// A precision mode of a lane: which formats parameters, compute, gradients and optimizer state use.
///
/// The raw value is the spelling on the command line and in event files.
public enum Precision: String, CaseIterable, Codable, Sendable, Hashable {
  /// Everything in fp32: the baseline.
  case fp32
  /// fp32 tensors, products on TF32 tensor cores: only where the device has them.
  case tf32
  /// fp32 parameters, autocast to fp16, dynamic loss scaling: the classic of Micikevicius et al. 2018.
  case ampFP16 = "amp-fp16"
  /// fp32 parameters, autocast to bf16; no loss scaling needed, non-finite steps are skipped all the same.
  case ampBF16 = "amp-bf16"
  /// Apex's "almost fp16": fp16 parameters with fp32 masters, norms in fp32, everything else in fp16.
  case o2
  /// Everything in fp16, parameters and optimizer state too, without masters: fails where fp16 does not suffice.
  case fp16
  /// Everything in bf16, parameters and optimizer state too, without masters.
  case bf16

  /// The 16-bit format that is computed in; `nil` for fp32 and tf32.
  public var computeFormat: NumericFormat? {
    switch self {
    case .fp32, .tf32: nil
    case .ampFP16, .o2, .fp16: .fp16
    case .ampBF16, .bf16: .bf16
    }
  }

  /// Whether operations take their formats from autocast's lists (Apex's O1), not from the model as a whole.
  public var isAutocast: Bool { self == .ampFP16 || self == .ampBF16 }

  /// Whether parameters and optimizer state are fp32, so that entering the mode rounds nothing.
  ///
  /// Overrides can change that: see `PrecisionPolicy.isLossless`.
  public var isLossless: Bool { PrecisionPolicy(self).isLossless }

  /// Other spellings that users of Apex and Lightning know.
  public var aliases: [String] {
    switch self {
    case .fp32: ["O0", "32-true"]
    case .tf32: []
    case .ampFP16: ["O1", "16-mixed"]
    case .ampBF16: ["bf16-mixed"]
    case .o2: []
    case .fp16: ["O3", "16-true"]
    case .bf16: ["bf16-true"]
    }
  }

  /// The mode of that name or alias (upper and lower case are the same); `nil` if there is none.
  ///
  /// `amp` and `auto` are not answered here: what they mean depends on the device.
  public init?(spelling: String) {
    let wanted = spelling.lowercased()
    let match = Precision.allCases.first { mode in
      mode.rawValue == wanted || mode.aliases.contains { $0.lowercased() == wanted }
    }
    guard let match else { return nil }
    self = match
  }
}

/// A floating-point format that tensors are stored in.
public enum NumericFormat: String, CaseIterable, Codable, Sendable, Hashable {
  /// IEEE binary32: 1-8-23.
  case fp32
  /// IEEE binary16: 1-5-10; largest value 65504.
  case fp16
  /// bfloat16: 1-8-7; the range of fp32.
  case bf16
}

/// How a device deals with a precision mode: shown, never hidden.
public struct PrecisionSupport: Codable, Sendable, Hashable {
  /// The mode this is about.
  public var precision: Precision
  /// True where the kernels compute in the 16-bit format; false where it is only stored in it ("storage-only") and
  /// computed in fp32.
  ///
  /// Always true for fp32.
  public var isNative: Bool
  /// One line for people: which instructions are used, or why the mode is storage-only.
  public var explanation: String
  /// Why the device cannot run the mode, and what to take instead; nil where it can, and in older files.
  public var refusal: String?

  /// Creates the statement about one mode.
  public init(precision: Precision, isNative: Bool, explanation: String, refusal: String? = nil) {
    self.precision = precision
    self.isNative = isNative
    self.explanation = explanation
    self.refusal = refusal
  }
}

/// A precision mode with what a user changes of it: what a lane really runs.
public struct PrecisionPolicy: Codable, Sendable, Hashable {
  /// The mode.
  public var mode: Precision
  /// Changes of the mode.
  public var overrides: PrecisionOverrides

  /// A mode as it is, or with changes.
  public init(_ mode: Precision, overrides: PrecisionOverrides = PrecisionOverrides()) {
    self.mode = mode
    self.overrides = overrides
  }

  /// Whether fp32 masters of the parameters are kept: Apex's `master_weights`.
  ///
  /// Where parameters are fp32 anyway they are their own masters.
  public var hasMasterWeights: Bool { overrides.masterWeights ?? (mode != .fp16 && mode != .bf16) }

  /// Whether batch norms, parameters and statistics, stay in fp32: Apex's `keep_batchnorm_fp32`.
  public var keepsBatchNormFP32: Bool { overrides.keepBatchNormFP32 ?? (mode != .fp16 && mode != .bf16) }

  /// Format of the parameters and the optimizer's state between steps.
  public var storageFormat: NumericFormat { hasMasterWeights ? .fp32 : (mode.computeFormat ?? .fp32) }

  /// Whether entering it rounds no parameter.
  public var isLossless: Bool { storageFormat == .fp32 }

  /// Why the overrides do not fit the mode, as Apex refuses them; nil where they do.
  public var contradiction: String? {
    let properties = [
      overrides.keepBatchNormFP32.map { _ in "keep_batchnorm_fp32" },
      overrides.masterWeights.map { _ in "master_weights" },
    ].compactMap { $0 }
    if let property = properties.first, mode.isAutocast || mode.computeFormat == nil {
      return mode.isAutocast
        ? "\(property) means nothing to \(mode.rawValue): autocast casts around operations and leaves parameters in fp32; "
          + "use o2, fp16 or bf16"
        : "\(property) means nothing to \(mode.rawValue): everything is fp32 already; use o2, fp16 or bf16"
    }
    if !overrides.keepFP32.isEmpty, mode.computeFormat == nil {
      return "keep_fp32 means nothing to \(mode.rawValue): everything is fp32 already"
    }
    if overrides.stochasticRounding, storageFormat != .bf16 {
      return "stochastic rounding is for parameters stored in bf16: \(mode.rawValue) stores them in "
        + "\(storageFormat.rawValue); use bf16"
    }
    return nil
  }

  /// The changes that mean something to the mode; the rest left out.
  public var applicable: PrecisionPolicy {
    var result = self
    if mode.computeFormat == nil { return PrecisionPolicy(mode) }
    if mode.isAutocast { (result.overrides.keepBatchNormFP32, result.overrides.masterWeights) = (nil, nil) }
    if result.storageFormat != .bf16 { result.overrides.stochasticRounding = false }
    return result
  }
}

extension PrecisionPolicy: CustomStringConvertible {
  /// For example "amp-fp16, fp32: layers.3.*".
  public var description: String { ([mode.rawValue] + overrides.texts).joined(separator: ", ") }
}

/// What a user changes of a precision mode; empty changes nothing.
public struct PrecisionOverrides: Codable, Sendable, Hashable {
  /// Layers and operations that compute in fp32: names, `*` and `?` allowed, for example "layers.3.*" or "layer_norm".
  public var keepFP32: [String]
  /// Apex's `keep_batchnorm_fp32`; nil for the mode's own.
  public var keepBatchNormFP32: Bool?
  /// Apex's `master_weights`; nil for the mode's own.
  public var masterWeights: Bool?
  /// Whether parameters stored in bf16 are rounded up or down at random, with the odds of their distance.
  public var stochasticRounding: Bool

  /// Creates changes.
  public init(
    keepFP32: [String] = [], keepBatchNormFP32: Bool? = nil, masterWeights: Bool? = nil,
    stochasticRounding: Bool = false
  ) {
    self.keepFP32 = keepFP32
    self.keepBatchNormFP32 = keepBatchNormFP32
    self.masterWeights = masterWeights
    self.stochasticRounding = stochasticRounding
  }

  /// Whether nothing is changed.
  public var isEmpty: Bool { self == PrecisionOverrides() }

  /// One text a change, for people.
  public var texts: [String] {
    var result: [String] = []
    if !keepFP32.isEmpty { result.append("fp32: \(keepFP32.joined(separator: " "))") }
    if let keepBatchNormFP32 { result.append("keep_batchnorm_fp32 \(keepBatchNormFP32)") }
    if let masterWeights { result.append("master_weights \(masterWeights)") }
    if stochasticRounding { result.append("stochastic rounding") }
    return result
  }

  enum CodingKeys: String, CodingKey {
    case keepFP32 = "keepFp32"
    case keepBatchNormFP32 = "keepBatchnormFp32"
    case masterWeights, stochasticRounding
  }
}

/// For checkpoints: committed steps and the scaler, as they are.
///
/// Bounds of magnitudes are left out. They follow from the state, and the next step measures what it needs.
extension StepControl: Codable {
  private enum CodingKeys: String, CodingKey { case committedSteps, scaler }

  /// Reads a control; throws `DecodingError` where a field is missing.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(scaler: try container.decodeIfPresent(GradScaler.self, forKey: .scaler))
    committedSteps = try container.decode(Int64.self, forKey: .committedSteps)
  }

  /// Writes a control.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(committedSteps, forKey: .committedSteps)
    try container.encodeIfPresent(scaler, forKey: .scaler)
  }
}

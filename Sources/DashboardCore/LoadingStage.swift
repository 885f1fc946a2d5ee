/// What is done before there is a session: data are read, the network is built.
public struct LoadingStage: Sendable, Hashable {
  /// What is done, for example "loading fashion-mnist".
  public var text: String
  /// Seconds since 1970 at which it began.
  public var start: Double
  /// Share of it that is done, 0 to 1; nil where that is unknown.
  public var share: Double?

  /// Creates a stage.
  public init(text: String, start: Double, share: Double? = nil) {
    self.text = text
    self.start = start
    self.share = share
  }
}

/// What is done before there is a session: data are read, the network is built.
public struct LoadingStage: Sendable, Hashable {
  /// What is done, for example "loading fashion-mnist".
  public var text: String
  /// Seconds since 1970 at which it began.
  public var start: Double

  /// Creates a stage; every field is stated.
  public init(text: String, start: Double) {
    self.text = text
    self.start = start
  }
}

/// Where the playing of a recorded run stands.
public struct ReplayStatus: Sendable, Hashable {
  /// Seconds of the recording played.
  public var position: Double
  /// Seconds of the recording.
  public var duration: Double
  /// Seconds of the recording in a second.
  public var speed: Double
  /// Whether it is held.
  public var isPaused: Bool

  /// Creates a status.
  public init(position: Double, duration: Double, speed: Double, isPaused: Bool) {
    (self.position, self.duration, self.speed, self.isPaused) = (position, duration, speed, isPaused)
  }
}

/// What the user asks of the player of a recorded run.
public enum ReplayRequest: Sendable, Hashable {
  /// Hold it, or go on.
  case togglePause
  /// Go to the next step of any lane and hold there.
  case step
  /// Go forward by a part of the recording, or back where it is negative.
  case move(Double)
  /// Play so many times as fast as now.
  case changeSpeed(Double)
}

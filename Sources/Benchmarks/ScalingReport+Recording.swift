extension ScalingReport {
  /// A dashboard of two lanes that has so many steps behind it.
  public struct Recording: Codable, Sendable {
    /// The screen that is drawn.
    public static let screen = "180x50"

    /// Steps that each lane has made.
    public var steps: Int
    /// Microseconds of processor time to take in the events of a step of one lane, with what happens beside steps.
    public var eventMicroseconds: Double
    /// Milliseconds of processor time of a frame with all panes.
    public var frameMilliseconds: Double
    /// Milliseconds of processor time of a frame with the loss alone.
    public var lossMilliseconds: Double
    /// Bytes by which the heap grew while the state took the steps in, as the allocator counts them; nil where it does not.
    public var heapBytes: Int?

    /// States a row.
    public init(
      steps: Int, eventMicroseconds: Double, frameMilliseconds: Double, lossMilliseconds: Double, heapBytes: Int?
    ) {
      self.steps = steps
      self.eventMicroseconds = eventMicroseconds
      self.frameMilliseconds = frameMilliseconds
      self.lossMilliseconds = lossMilliseconds
      self.heapBytes = heapBytes
    }

    /// Heap for each step of one lane.
    public var bytesPerStep: Double? { heapBytes.map { Double($0) / Double(2 * max(1, steps)) } }
  }

  /// Whether events and frames of a row cost no more than the goal allows over those after `Goal.recordedFrom` steps; nil for
  /// a row of no more steps, and where that row is missing.
  public func recordingMeetsGoal(_ index: Int) -> Bool? {
    let row = recordings[index]
    guard row.steps > Goal.recordedFrom, let base = recordings.first(where: { $0.steps == Goal.recordedFrom }) else {
      return nil
    }
    let costs: [(Recording) -> Double] = [\.eventMicroseconds, \.frameMilliseconds, \.lossMilliseconds]
    return costs.allSatisfy { $0(row) <= Goal.recorded * $0(base) }
  }
}

/// The rules that every step-time figure of a session obeys.
public enum MeasurementRules {
  /// Attempts dropped at the start of each segment, in each lane: caches, page tables and clocks settle in them.
  public static let warmUpSteps = 10
  /// Pairs below which a speedup has no interval.
  public static let minimumPairsForInterval = 30
}

/// Tells the steps of the newest segment, after its warm-up, from all others.
///
/// One for each lane.
struct WarmUp: Sendable {
  private(set) var attempts = 0

  /// Counts one attempt of the segment; true where it lies behind the warm-up.
  mutating func admit() -> Bool {
    attempts += 1
    return attempts > MeasurementRules.warmUpSteps
  }
}

/// Committed samples over the step time of all attempts, skipped ones included.
struct CommittedRate: Sendable {
  private var samples = 0
  private var milliseconds = 0.0

  /// Samples per second; nil before any time has passed.
  var samplesPerSecond: Double? {
    milliseconds > 0 ? Double(samples) * 1000 / milliseconds : nil
  }

  /// Takes in an attempt whose step time is finite and positive.
  mutating func add(samples count: Int, committed: Bool, milliseconds duration: Double) {
    if committed { samples += count }
    milliseconds += duration
  }

  /// The rate of this lane over the rate of the baseline; nil where the baseline committed nothing yet.
  func ratio(to baseline: CommittedRate) -> Double? {
    guard let own = samplesPerSecond, let other = baseline.samplesPerSecond, other > 0 else { return nil }
    return own / other
  }
}

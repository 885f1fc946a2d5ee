import DashboardCore

/// Sums up what frames cost between two looks.
struct FrameMeter {
  private var frames = 0
  private var bytes = 0
  private var frameNanoseconds: UInt64 = 0
  private var lastLook: (threadNanoseconds: UInt64, time: ContinuousClock.Instant)?

  /// Counts a frame.
  mutating func add(bytes: Int, processorNanoseconds: UInt64) {
    frames += 1
    self.bytes += bytes
    frameNanoseconds += processorNanoseconds
  }

  /// The cost since the last look; the share of a core is 0 at the first.
  mutating func take(threadNanoseconds: UInt64, now: ContinuousClock.Instant) -> FrameCost {
    var share = 0.0
    if let lastLook {
      let elapsed = (now - lastLook.time) / .nanoseconds(1)
      if elapsed > 0 { share = Double(threadNanoseconds - lastLook.threadNanoseconds) / elapsed }
    }
    let count = max(1, frames)
    let cost = FrameCost(
      processorShare: share, millisecondsPerFrame: Double(frameNanoseconds) / Double(count) / 1e6,
      bytesPerFrame: bytes / count)
    self = FrameMeter()
    lastLook = (threadNanoseconds, now)
    return cost
  }
}

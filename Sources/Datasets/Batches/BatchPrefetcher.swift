import Glibc

/// Fills batches ahead of a lane, on a thread of its own.
///
/// One lane takes; one background thread fills a ring of buffers. Both sleep while they have nothing to do. The thread
/// ends and the buffers are freed with the prefetcher.
public final class BatchPrefetcher {
  /// A batch, valid until the next `take`.
  public struct Batch {
    /// Inputs, one after the other, in the element type of the source's `input`; images channels last (N, H, W, C).
    public let inputs: UnsafeRawBufferPointer
    /// Targets, one after the other, in the element type of the source's `target`.
    public let targets: UnsafeRawBufferPointer
    /// Milliseconds that the lane waited for it.
    public let waitMilliseconds: Double
  }

  private let ring: PrefetchRing
  private let thread: pthread_t?

  /// Milliseconds that the lane has waited for batches in all.
  public private(set) var totalWaitMilliseconds = 0.0

  /// Starts filling.
  ///
  /// - Parameters:
  ///   - source: where the batches come from.
  ///   - firstAttempt: the attempt that will be taken first.
  ///   - depth: batches held, the one in use included (at least 2).
  ///
  /// The thread inherits processors and niceness from the thread that creates the prefetcher, and takes no signals.
  /// Where the system gives no thread, batches are filled when they are taken.
  public init(source: any BatchSource, firstAttempt: Int = 0, depth: Int = 4) {
    ring = PrefetchRing(source: source, firstAttempt: firstAttempt, depth: max(2, depth))
    thread = PrefetchRing.startThread(ring)
  }

  deinit {
    ring.stop()
    if let thread { pthread_join(thread, nil) }
  }

  /// The batch of an attempt; the one taken before is no longer valid.
  ///
  /// Attempts in sequence are the fast path; any other attempt starts the ring anew from there. Throws what the source
  /// throws for this attempt. Allocates nothing.
  public func take(attempt: Int) throws -> Batch {
    let began = monotonicMilliseconds()
    let slot = thread == nil ? try ring.fillNow(attempt: attempt) : try ring.take(attempt: attempt)
    let waited = monotonicMilliseconds() - began
    totalWaitMilliseconds += waited
    return Batch(
      inputs: UnsafeRawBufferPointer(slot.inputs), targets: UnsafeRawBufferPointer(slot.targets),
      waitMilliseconds: waited)
  }
}

private func monotonicMilliseconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) * 1e-6
}

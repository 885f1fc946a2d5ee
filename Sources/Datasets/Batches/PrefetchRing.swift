import Glibc

/// The buffers between a lane and its prefetch thread.
///
/// Attempt a lives in slot a mod depth. Attempts `base` to `nextFill` − 1 are ready; `base` is the one the lane holds or
/// will take next, so its slot is never written.
// Sendable: every stored `var` is read and written only under `mutex`. A slot's memory is written by the thread before
// `nextFill` passes it and read by the lane after that, until `base` moves on.
final class PrefetchRing: @unchecked Sendable {
  /// Memory of one batch.
  struct Slot {
    let inputs: UnsafeMutableRawBufferPointer
    let targets: UnsafeMutableRawBufferPointer

    /// One cache line.
    private static let alignment = 64

    /// Allocates memory for a batch, filled with zeros.
    init(of source: any BatchSource) {
      inputs = .allocate(byteCount: source.inputByteCount, alignment: Slot.alignment)
      targets = .allocate(byteCount: source.targetByteCount, alignment: Slot.alignment)
      inputs.initializeMemory(as: UInt8.self, repeating: 0)
      targets.initializeMemory(as: UInt8.self, repeating: 0)
    }

    func deallocate() {
      inputs.deallocate()
      targets.deallocate()
    }
  }

  private let source: any BatchSource
  private let slots: [Slot]
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var base: Int
  private var nextFill: Int
  private var failure: (attempt: Int, error: any Error)?
  private var generation = 0
  private var isStopping = false

  /// Allocates the buffers.
  init(source: any BatchSource, firstAttempt: Int, depth: Int) {
    self.source = source
    slots = (0..<depth).map { _ in Slot(of: source) }
    base = firstAttempt
    nextFill = firstAttempt
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    for slot in slots { slot.deallocate() }
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Starts the thread that fills the ring; nil where the system gives none.
  static func startThread(_ ring: PrefetchRing) -> pthread_t? {
    // Signals are for the thread that restores the terminal. Those that a fault raises in the faulting thread stay open.
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    for fault in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS] { sigdelset(&all, fault) }
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }

    var thread = pthread_t()
    let argument = Unmanaged.passRetained(ring)
    let code = pthread_create(
      &thread, nil,
      { raw in
        guard let raw else { return nil }
        Unmanaged<PrefetchRing>.fromOpaque(raw).takeRetainedValue().run()
        return nil
      }, argument.toOpaque())
    guard code == 0 else {
      argument.release()
      return nil
    }
    return thread
  }

  /// Ends the thread after the batch it is filling.
  func stop() {
    locked {
      isStopping = true
      pthread_cond_broadcast(changed)
    }
  }

  /// Gives back the slot held, and waits for the batch of an attempt.
  func take(attempt: Int) throws -> Slot {
    try locked {
      if attempt < base || attempt > nextFill {
        generation += 1
        nextFill = attempt
        failure = nil
      }
      base = attempt
      pthread_cond_broadcast(changed)
      while nextFill <= attempt {
        if let failure, failure.attempt == attempt { throw failure.error }
        pthread_cond_wait(changed, mutex)
      }
      return slot(of: attempt)
    }
  }

  /// Fills the batch of an attempt on the caller's thread.
  func fillNow(attempt: Int) throws -> Slot {
    let slot = slots[0]
    try source.fill(attempt: attempt, inputs: slot.inputs, targets: slot.targets)
    return slot
  }

  /// The thread's work until `stop`.
  private func run() {
    while let (attempt, generation) = nextWork() {
      let slot = slot(of: attempt)
      let result = Result { try source.fill(attempt: attempt, inputs: slot.inputs, targets: slot.targets) }
      locked {
        // The lane jumped to another attempt meanwhile: this batch is nobody's.
        guard generation == self.generation else { return }
        switch result {
        case .success: nextFill = attempt + 1
        case .failure(let error): failure = (attempt, error)
        }
        pthread_cond_broadcast(changed)
      }
    }
  }

  /// Sleeps until there is a free slot and nothing has failed; nil at the end.
  private func nextWork() -> (attempt: Int, generation: Int)? {
    locked {
      while !isStopping, failure != nil || nextFill >= base + slots.count { pthread_cond_wait(changed, mutex) }
      return isStopping ? nil : (nextFill, generation)
    }
  }

  private func slot(of attempt: Int) -> Slot {
    let remainder = attempt % slots.count
    return slots[remainder < 0 ? remainder + slots.count : remainder]
  }

  private func locked<Value>(_ body: () throws -> Value) rethrows -> Value {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }
}

import Synchronization
import TrainingEvents

/// A lane's events on their way to the front end: one writer, one reader, no lock, no allocation.
///
/// A full ring drops the event and counts it; the count is shown. A reader that records everything asks for blocking
/// instead (`Session.Options.isLossless`), and the lane waits before it pushes.
// @unchecked: slots between `tail` and `head` belong to the reader, all others to the writer; the two atomics hand them
// over with acquiring and releasing order.
final class EventRing: @unchecked Sendable {
  private let slots: UnsafeMutablePointer<TrainingEvent?>
  private let capacity: Int
  private let head = Atomic<Int>(0)
  private let tail = Atomic<Int>(0)
  private let dropped = Atomic<Int>(0)

  init(capacity: Int) {
    self.capacity = capacity
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: nil, count: capacity)
  }

  deinit {
    slots.deinitialize(count: capacity)
    slots.deallocate()
  }

  /// Whether the next push would be dropped.
  ///
  /// For the writer.
  var isFull: Bool { head.load(ordering: .relaxed) - tail.load(ordering: .acquiring) == capacity }

  /// Events dropped so far.
  var droppedCount: Int { dropped.load(ordering: .relaxed) }

  /// Adds an event; false, and counted, where the ring is full.
  ///
  /// For the writer.
  @discardableResult
  func push(_ event: TrainingEvent) -> Bool {
    let position = head.load(ordering: .relaxed)
    guard position - tail.load(ordering: .acquiring) < capacity else {
      dropped.add(1, ordering: .relaxed)
      return false
    }
    slots[position % capacity] = event
    head.store(position + 1, ordering: .releasing)
    return true
  }

  /// Moves all events to the end of `events`.
  ///
  /// For the reader.
  func drain(into events: inout [TrainingEvent]) {
    var position = tail.load(ordering: .relaxed)
    let end = head.load(ordering: .acquiring)
    while position < end {
      if let event = slots[position % capacity] { events.append(event) }
      slots[position % capacity] = nil
      position += 1
    }
    tail.store(position, ordering: .releasing)
  }
}

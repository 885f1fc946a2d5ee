/// A first-in-first-out queue over a ring that drops its oldest element when full.
struct BoundedQueue<Element: Sendable>: Sendable {
  /// Largest number of elements held.
  let capacity: Int
  private var storage: [Element] = []
  private var head = 0
  private(set) var count = 0

  /// An empty queue for at least one element.
  init(capacity: Int) {
    self.capacity = max(1, capacity)
  }

  /// The oldest element.
  var first: Element? { count > 0 ? storage[head] : nil }

  /// The element at a distance from the oldest.
  subscript(offset: Int) -> Element {
    let index = head + offset
    return storage[index < storage.count ? index : index - storage.count]
  }

  /// Appends an element; returns the oldest if it had to go.
  ///
  /// Complexity: O(1) amortised.
  @discardableResult
  mutating func append(_ element: Element) -> Element? {
    if count == capacity {
      let dropped = storage[head]
      storage[head] = element
      head = head + 1 == storage.count ? 0 : head + 1
      return dropped
    }
    if count == storage.count {
      if head != 0 { straighten() }
      storage.append(element)
    } else {
      let index = head + count
      storage[index < storage.count ? index : index - storage.count] = element
    }
    count += 1
    return nil
  }

  /// Removes and returns the oldest element.
  ///
  /// Complexity: O(1).
  @discardableResult
  mutating func popFirst() -> Element? {
    guard count > 0 else { return nil }
    let element = storage[head]
    head = head + 1 == storage.count ? 0 : head + 1
    count -= 1
    return element
  }

  /// Turns the ring so that the oldest element comes first in memory, as growing needs.
  private mutating func straighten() {
    storage = Array(storage[head...]) + Array(storage[..<head])
    head = 0
  }
}

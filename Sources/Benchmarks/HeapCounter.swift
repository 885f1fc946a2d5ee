import CCounters

/// What the allocator has given out in this process.
package enum HeapCounter {
  /// Bytes given out and not taken back, in all threads; nil where the C library does not count them.
  ///
  /// Source: mallinfo(3).
  package static var bytes: Int? {
    let count = amp_heap_bytes()
    return count >= 0 ? Int(count) : nil
  }
}

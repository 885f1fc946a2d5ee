import CCounters

/// What the allocator has given out in this process.
package enum HeapCounter {
  /// Bytes given out and not taken back, in all threads.
  ///
  /// Source: mallinfo(3).
  package static var bytes: Int { Int(amp_heap_bytes()) }
}

import Foundation

/// A pthread of its own: libgomp gives each one its own team, and the cooperative pool is no place for a step loop.
// @unchecked: the handle is written once, before the object is shared.
final class LaneThread: @unchecked Sendable {
  private var handle = pthread_t()

  /// Starts `body`.
  ///
  /// Throws `TrainingError` where the system gives no thread.
  init(_ name: String, _ body: @escaping @Sendable () -> Void) throws {
    let box = Unmanaged.passRetained(ThreadBody(name: name, body: body))
    let status = pthread_create(&handle, nil, runThreadBody, box.toOpaque())
    guard status == 0 else {
      box.release()
      throw TrainingError("no thread for \(name): \(String(cString: strerror(status))); close other programs")
    }
  }

  /// Waits for its end.
  ///
  /// Once only.
  func join() { pthread_join(handle, nil) }
}

private final class ThreadBody {
  let name: String
  let body: @Sendable () -> Void

  init(name: String, body: @escaping @Sendable () -> Void) {
    self.name = name
    self.body = body
  }
}

private func runThreadBody(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  let thread = Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue()
  // For people who look with top or a debugger; Linux keeps 15 bytes. A system without /proc goes without names.
  try? thread.name.write(toFile: "/proc/thread-self/comm", atomically: false, encoding: .utf8)
  thread.body()
  return nil
}

import Foundation

/// A pthread of its own: libgomp gives each one its own team, and the cooperative pool is no place for a step loop.
// @unchecked: the handle is written once, before the object is shared.
package final class LaneThread: @unchecked Sendable {
  private var handle = pthread_t()

  /// Starts `body`.
  ///
  /// Throws `TrainingError` where the system gives no thread.
  package init(_ name: String, _ body: @escaping @Sendable () -> Void) throws {
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
  package func join() { pthread_join(handle, nil) }

  /// Runs `body` on a thread with a team of its own, waits for it, and returns what it returns.
  ///
  /// Throws what `body` throws, and `TrainingError` where the system gives no thread.
  package static func run<R>(_ name: String, _ body: () throws -> R) throws -> R {
    try withoutActuallyEscaping(body) { body in
      // Only the new thread touches these until it has ended.
      nonisolated(unsafe) let body = body
      nonisolated(unsafe) var result: Result<R, any Error>?
      let thread = try LaneThread(name) { result = Result { try body() } }
      thread.join()
      guard let result else { throw TrainingError("\(name) ended without a result") }
      return try result.get()
    }
  }
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

import Glibc

/// Ways to leave a process without closing the screen, and what else the probe does on a key press.
enum Misbehavior: String {
  case exit
  case exitOnThread = "exit-on-thread"
  case fatalError = "fatal-error"
  case abortOnThread = "abort-on-thread"
  case segmentationFaultOnThread = "segmentation-fault-on-thread"
  case stackOverflow = "stack-overflow"
  case hang

  /// Does it.
  func happen() {
    switch self {
    case .exit: Glibc.exit(3)
    case .exitOnThread: onThread { Glibc.exit(3) }
    case .fatalError: Swift.fatalError("the probe was told to")
    case .abortOnThread: onThread { abort() }
    case .segmentationFaultOnThread: onThread { raiseSegmentationFault() }
    case .stackOverflow: _ = recurse(1)
    case .hang: while true { pause() }
    }
  }

  private func onThread(_ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(Box(body))
    var thread = pthread_t()
    _ = pthread_create(&thread, nil, runBox, box.toOpaque())
  }
}

private final class Box: Sendable {
  let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

private func runBox(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
  return nil
}

/// A real fault, not a signal sent: writes to a page that cannot be written.
private func raiseSegmentationFault() {
  let page = mmap(nil, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
  page?.storeBytes(of: 1, as: Int.self)
}

private func recurse(_ depth: Int) -> Int { depth == 0 ? 0 : recurse(depth + 1) + 1 }

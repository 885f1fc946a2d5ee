import Foundation

/// Standard output and standard error, without traps: disks fill and readers go away.
enum StandardStream {
  /// Writes to standard output.
  ///
  /// Throws `ExitStatus` 128 + SIGPIPE where the reader is gone, as a shell's tools end, and `StreamError` else.
  static func print(_ text: String) throws {
    switch write(Data(text.utf8), to: STDOUT_FILENO) {
    case 0: return
    case EPIPE: throw ExitStatus.signal(SIGPIPE)
    case let code: throw StreamError(reason: String(cString: strerror(code)))
    }
  }

  /// Writes to standard error; where that fails there is nobody left to tell.
  static func complain(_ text: String) { _ = write(Data(text.utf8), to: STDERR_FILENO) }

  /// Writes all bytes to a file descriptor; 0, or the errno of what went wrong.
  static func write(_ data: Data, to descriptor: Int32) -> Int32 {
    data.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let written = Foundation.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if written < 0 {
          if errno == EINTR { continue }
          return errno
        }
        rest = rest.dropFirst(written)
      }
      return 0
    }
  }
}

/// Standard output cannot be written.
struct StreamError: Error, CustomStringConvertible {
  let reason: String

  var description: String { "standard output cannot be written (\(reason)); make room, or write somewhere else" }
}

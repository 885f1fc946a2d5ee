package import Glibc
package import Synchronization

/// Held while descriptors are made and while a program is started: tests run side by side, and a program must not
/// inherit the descriptors of another terminal, or that would never hang up.
package let descriptors = Mutex(())

/// A pseudo-terminal: its owner holds the end that a terminal emulator holds.
///
/// For tests and for measuring the dashboard: it keeps what programs write, and draws nothing.
package final class PseudoTerminal {
  /// What went wrong with it.
  package struct Failure: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
  }

  /// The emulator's end; -1 after `hangUp`.
  package private(set) var master: Int32
  /// The program's end, open as long as this object, so that modes outlive programs.
  package let slave: Int32
  /// Path of the program's end.
  package let path: String
  /// Everything that programs have written so far.
  package private(set) var output: [UInt8] = []

  package init(columns: Int, rows: Int) throws {
    var (master, slave): (Int32, Int32) = (-1, -1)
    let path: String? = descriptors.withLock { _ in
      guard openpty(&master, &slave, nil, nil, nil) == 0 else { return nil }
      _ = fcntl(master, F_SETFD, FD_CLOEXEC)
      _ = fcntl(slave, F_SETFD, FD_CLOEXEC)
      return ttyname(slave).map { String(cString: $0) }
    }
    guard let path else { throw Failure(description: "no pseudo-terminal: errno \(errno)") }
    self.path = path
    self.master = master
    self.slave = slave
    resize(columns: columns, rows: rows)
  }

  deinit {
    close(slave)
    hangUp()
  }

  /// Closes the emulator's end.
  package func hangUp() {
    if master >= 0 { close(master) }
    master = -1
  }

  package func resize(columns: Int, rows: Int) {
    var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(master, UInt(TIOCSWINSZ), &size)
  }

  package func type(_ text: String) {
    let bytes = Array(text.utf8)
    _ = write(master, bytes, bytes.count)
  }

  /// The modes as text, to compare.
  package var modes: String {
    var modes = termios()
    guard tcgetattr(slave, &modes) == 0 else { return "none" }
    let characters = withUnsafeBytes(of: modes.c_cc) { Array($0) }
    return "\(modes.c_iflag) \(modes.c_oflag) \(modes.c_cflag) \(modes.c_lflag) \(characters)"
  }

  /// The process group in front.
  package var foregroundGroup: pid_t { tcgetpgrp(master) }

  /// Takes what has been written, waiting at most so long for something, or for something on another descriptor.
  ///
  /// Returns whether the other descriptor is readable.
  @discardableResult
  package func pump(alsoWatching other: Int32 = -1, milliseconds: Int32) -> Bool {
    var watched = [
      pollfd(fd: master, events: Int16(POLLIN), revents: 0), pollfd(fd: other, events: Int16(POLLIN), revents: 0),
    ]
    _ = poll(&watched, 2, milliseconds)
    if watched[0].revents & Int16(POLLIN) != 0 {
      var piece = [UInt8](repeating: 0, count: 65536)
      let count = read(master, &piece, piece.count)
      if count > 0 { output += piece[..<count] }
    }
    return watched[1].revents != 0
  }

  /// The output as text, with ESC shown as ␛.
  package var text: String { String(decoding: output, as: UTF8.self).replacing("\u{1B}", with: "␛") }

  /// The last setting of each private mode (CSI ? n h and l) in the output.
  package var privateModes: [Int: Bool] {
    var modes: [Int: Bool] = [:]
    for match in text.matches(of: /␛\[\?([0-9;]+)([hl])/) {
      for number in match.1.split(separator: ";").compactMap({ Int($0) }) { modes[number] = match.2 == "h" }
    }
    return modes
  }

  /// Which of the screen's modes are not as a shell expects them; empty when all is well.
  ///
  /// 1049 is the alternate screen,
  /// 25 the visible cursor, 1002 and 1006 the mouse, 2004 bracketed paste, 2026 synchronized output.
  package var unrestoredModes: [Int] {
    let modes = privateModes
    return [1049, 25, 1002, 1006, 2004, 2026].filter { (modes[$0] ?? false) != ($0 == 25) }
  }

  /// What was written after the alternate screen was left for the last time.
  package var textAfterScreen: Substring {
    text.ranges(of: "␛[?1049l").last.map { text[$0.upperBound...] } ?? ""
  }
}

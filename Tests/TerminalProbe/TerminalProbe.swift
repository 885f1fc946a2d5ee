import DashboardCore
import DashboardTerminal
import Glibc

/// A small program for the tests of DashboardTerminal.
///
/// It opens the screen, draws, and tells on file descriptor 3 what arrives, one line each. The key x makes it misbehave as its first argument says, q ends it, z suspends, m turns the
/// mouse off, p prints.
@main
enum TerminalProbe {
  static func main() throws {
    // Dying of a signal is its job; nobody wants the core.
    var noCore = rlimit()
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &noCore)
    if case .plain(let reason) = TerminalScreen.availability() {
      report("plain \(reason)")
      return
    }
    let misbehavior = CommandLine.arguments.dropFirst().first.flatMap { Misbehavior(rawValue: $0) }
    let screen = try TerminalScreen.open()
    report("open \(screen.size.width)x\(screen.size.height) \(screen.colorDepth) \(screen.glyphs)")
    var frame = 0
    while true {
      screen.apply(grid(size: screen.size, frame: frame))
      frame += 1
      if frame == 1 { report("drawn") }
      for input in screen.wait(milliseconds: 5) {
        report("\(name(input))")
        switch input {
        case .signal(let signal):
          screen.close()
          TerminalScreen.endProcess(bySignal: signal)
        case .hangup: exit(1)
        case .key(.character("x")): misbehavior?.happen()
        case .key(.character("m")): screen.mouse = false
        case .key(.character("p")): print("printed while open")
        case .key(.control("z")): screen.suspend()
        case .key(.character("q")):
          screen.close()
          return
        default: break
        }
      }
    }
  }

  /// Something that changes everywhere in every frame.
  private static func grid(size: TerminalSize, frame: Int) -> CellGrid {
    var grid = CellGrid(width: size.width, height: size.height)
    for y in 0..<size.height {
      for x in 0..<size.width {
        let level = UInt8((x * 4 + y * 8 + frame) % 256)
        grid[x, y] = Cell(
          character: Unicode.Scalar(0x2800 + UInt32((x + y + frame) % 256)) ?? " ",
          style: Style(foreground: .rgb(level, 128, 255 - level), background: .rgb(1, 2, 3)))
      }
    }
    grid.write("probe", x: 0, y: 0, style: Style(foreground: .rgb(255, 128, 0), attributes: .bold))
    return grid
  }

  private static func name(_ input: TerminalInput) -> String {
    switch input {
    case .key(.character(let scalar)): "character \(scalar)"
    case .key(.paste(let text)): "paste \(text.debugDescription)"
    case .key(let key): "key \(key)"
    case .mouse(let mouse): "mouse \(mouse.x) \(mouse.y) \(mouse.kind)"
    case .resize(let width, let height): "resize \(width)x\(height)"
    case .resumed: "resumed"
    case .signal(let signal): "signal \(signal)"
    case .hangup: "hangup"
    case .wake: "wake"
    }
  }

  private static func report(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(3, bytes, bytes.count)
  }
}

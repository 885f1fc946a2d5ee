import DashboardCore
import Glibc
import Testing

@testable import DashboardTerminal
import PseudoTerminals
import TerminalTesting

/// The screen inside the test process; one at a time, for a process has one terminal.
@Suite(.serialized)
struct TerminalScreenTests {
  private func screen(
    on terminal: PseudoTerminal, type: String = "xterm-256color", color: ColorChoice = .fixed(.trueColor)
  ) throws -> TerminalScreen {
    try TerminalScreen(
      options: TerminalOptions(color: color), environment: TerminalEnvironment(type: type), input: terminal.slave,
      output: terminal.slave, capturesOutput: false)
  }

  private func written(_ terminal: PseudoTerminal, by body: () -> Void) -> String {
    terminal.pump(milliseconds: 0)
    let before = terminal.output.count
    body()
    terminal.pump(milliseconds: 0)
    return String(decoding: terminal.output[before...], as: UTF8.self)
  }

  @Test("a frame is only what changed; the same frame again is nothing")
  func differences() throws {
    let terminal = try PseudoTerminal(columns: 20, rows: 5)
    let screen = try screen(on: terminal)
    defer { screen.close() }
    var grid = CellGrid(width: 20, height: 5)
    grid.write("loss", x: 3, y: 2, style: Style(foreground: .rgb(1, 2, 3)))
    let first = written(terminal) { screen.apply(grid) }
    #expect(first.hasPrefix("\u{1B}[?2026h") && first.hasSuffix("\u{1B}[?2026l"))
    #expect(first.contains("38;2;1;2;3m") && first.contains("loss"))
    #expect(written(terminal) { screen.apply(grid) }.isEmpty)
    grid.write("b", x: 3, y: 2, style: Style(foreground: .rgb(1, 2, 3)))
    let second = written(terminal) { screen.apply(grid) }
    #expect(second.contains("b") && !second.contains("oss"))
    #expect(written(terminal) { screen.redraw() }.contains("boss"))
  }

  /// The parameters that select a colour at a depth.
  private func selector(_ color: Color, _ depth: ColorDepth) -> String {
    let (red, green, blue) = (color.bits >> 16 & 255, color.bits >> 8 & 255, color.bits & 255)
    guard color != .default else { return "" }
    switch depth {
    case .palette256: return nearest256(color).map { "5;\($0)" } ?? ""
    case .palette16: return nearest16(color).map { $0 < 8 ? "\(30 + $0)" : "\(82 + $0)" } ?? ""
    default: return "2;\(red);\(green);\(blue)"
    }
  }

  @Test(
    "an emulator shows every cell as the grid has it, frame after frame, also after one that was drawn anew",
    arguments: [ColorDepth.trueColor, .palette256, .palette16])
  func emulated(depth: ColorDepth) throws {
    let (width, height) = (40, 12)
    let terminal = try PseudoTerminal(columns: width, rows: height)
    let screen = try screen(on: terminal, color: .fixed(depth))
    defer { screen.close() }
    var emulator = ScreenEmulator(width: width, height: height)
    var seen = 0
    // The same pictures on every run.
    var seed: UInt64 = 1
    func random(_ bound: UInt64) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((seed >> 33) % bound)
    }
    let colors: [Color] = [.default, .rgb(255, 0, 0), .rgb(0, 0, 7), .rgb(13, 17, 23), .rgb(200, 200, 210)]
    let attributes: [TextAttributes] = [[], [], [], .bold, .underline, [.bold, .reverse], .dim]
    var grid = CellGrid(width: width, height: height)
    for frame in 0..<120 {
      if frame % 30 == 0 {
        grid = CellGrid(width: width, height: height, fill: Cell(style: Style(background: colors[frame / 30])))
      }
      for _ in 0..<random(60) {
        let style = Style(
          foreground: colors[random(5)], background: colors[random(5)], attributes: attributes[random(7)])
        grid.write(["x", "⣿⡇", "  ", "loss", "────"][random(5)], x: random(40), y: random(12), style: style)
      }
      let isDrawnAnew = frame % 50 == 49
      if isDrawnAnew { screen.redraw() } else { screen.apply(grid) }
      // A terminal hands its output over in pieces.
      var taken = -1
      while taken != terminal.output.count {
        taken = terminal.output.count
        terminal.pump(milliseconds: 0)
      }
      emulator.take(String(decoding: terminal.output[seen...], as: UTF8.self))
      seen = terminal.output.count
      if isDrawnAnew { continue }
      #expect(emulator.unknown.isEmpty)
      for (index, (seen, cell)) in zip(emulator.cells, grid.cells).enumerated() {
        let place = "\(index % width), \(index / width) of frame \(frame)"
        #expect(
          seen.character == cell.character && seen.background == selector(cell.style.background, depth), "\(place)")
        // Of a space only the background is seen.
        guard cell.character != " " else { continue }
        #expect(seen.foreground == selector(cell.style.foreground, depth), "\(place)")
        let bits: [(TextAttributes, Int)] = [(.bold, 1), (.dim, 2), (.underline, 4), (.reverse, 7)]
        #expect(seen.attributes == Set(bits.filter { cell.style.attributes.contains($0.0) }.map(\.1)), "\(place)")
      }
    }
  }

  @Test("a background that stays is sent once, not with every colour of the text")
  func backgrounds() throws {
    let terminal = try PseudoTerminal(columns: 20, rows: 2)
    let screen = try screen(on: terminal)
    defer { screen.close() }
    var grid = CellGrid(width: 20, height: 2, fill: Cell(style: Style(background: .rgb(1, 2, 3))))
    for x in 0..<20 {
      grid[x, 1] = Cell(character: "#", style: Style(foreground: .rgb(UInt8(x), 0, 0), background: .rgb(1, 2, 3)))
    }
    let output = written(terminal) { screen.apply(grid) }
    #expect(output.split(separator: "48;2;1;2;3m").count <= 4 && output.split(separator: "38;2;").count > 20)
    #expect(!output.contains("\u{1}") && !output.contains("\u{2}"))
  }

  @Test("the cost of frames is counted in bytes and processor time")
  func cost() throws {
    let terminal = try PseudoTerminal(columns: 20, rows: 5)
    let screen = try screen(on: terminal)
    defer { screen.close() }
    _ = screen.takeCost()
    let frame = written(terminal) { screen.apply(CellGrid(width: 20, height: 5, fill: Cell(character: "#"))) }
    let cost = screen.takeCost()
    #expect(cost.bytesPerFrame == frame.utf8.count && cost.bytesPerFrame > 0)
    #expect(cost.millisecondsPerFrame > 0)
    #expect(cost.processorShare > 0)
  }

  @Test("spaces take the style of the text before them where nobody can see the difference")
  func spaces() throws {
    let terminal = try PseudoTerminal(columns: 20, rows: 2)
    let screen = try screen(on: terminal)
    defer { screen.close() }
    var grid = CellGrid(width: 20, height: 2)
    grid.write("a", x: 0, y: 0, style: Style(foreground: .rgb(9, 9, 9)))
    grid.write("b", x: 2, y: 0, style: Style(foreground: .rgb(9, 9, 9)))
    grid.write("c", x: 0, y: 1, style: Style(attributes: .underline))
    let output = written(terminal) { screen.apply(grid) }
    #expect(output.contains("a b"))
    // An underline would be seen on a space, so it ends with the text.
    let underlined = try Regex("\u{1B}\\[[0-9;]*4mc(\u{1B}\\(B)?\u{1B}\\[[0-9;]*m")
    #expect(output.contains(underlined), "\(output.debugDescription)")
  }

  @Test("grids larger and smaller than the terminal, and none, are fine")
  func otherSizes() throws {
    let terminal = try PseudoTerminal(columns: 4, rows: 2)
    let screen = try screen(on: terminal)
    defer { screen.close() }
    screen.apply(CellGrid(width: 9, height: 9, fill: Cell(character: "#")))
    screen.apply(CellGrid(width: 0, height: 0))
    let output = written(terminal) { screen.apply(CellGrid(width: 1, height: 1, fill: Cell(character: "x"))) }
    #expect(output.contains("x"))
  }

  @Test("a scalar that does not fill one cell is drawn as a question mark")
  func oddScalars() throws {
    let terminal = try PseudoTerminal(columns: 10, rows: 1)
    let screen = try screen(on: terminal)
    defer { screen.close() }
    var grid = CellGrid(width: 10, height: 1, fill: Cell(character: "-"))
    for (x, scalar) in ["\u{1B}", "\u{7}", "漢", "\u{301}", "⣿"].enumerated() {
      grid[x, 0] = Cell(character: Unicode.Scalar(scalar) ?? " ")
    }
    #expect(written(terminal) { screen.apply(grid) }.contains("????⣿"))
  }

  @Test("more colours than the terminal has pairs: drawing goes on, and right again from the next frame")
  func pairsRunOut() throws {
    let terminal = try PseudoTerminal(columns: 9, rows: 9)
    let screen = try screen(on: terminal, type: "xterm", color: .fixed(.palette8))
    defer { screen.close() }
    #expect(screen.pairs.limit == 64)
    var grid = CellGrid(width: 9, height: 9)
    for x in 0..<9 {
      for y in 0..<9 {
        let style = Style(foreground: .rgb(UInt8(x), UInt8(y), 0), background: .rgb(255, 255, 255))
        grid[x, y] = Cell(character: "#", style: style)
      }
    }
    screen.apply(grid)
    #expect(screen.pairsRanOut)
    let few = CellGrid(width: 9, height: 9, fill: Cell(character: "+", style: Style(foreground: .rgb(255, 0, 0))))
    let output = written(terminal) { screen.apply(few) }
    #expect(!screen.pairsRanOut && screen.pairs.count == 1)
    #expect(output.contains("\u{1B}[31m"))
  }

  @Test(
    "a depth asked for is used whatever the entry can",
    arguments: [
      (ColorDepth.trueColor, "38;2;255;0;0m"), (.palette256, "38;5;196m"), (.palette16, "\u{1B}[91m"),
    ])
  func forcedDepth(depth: ColorDepth, escape: String) throws {
    let terminal = try PseudoTerminal(columns: 2, rows: 1)
    let screen = try screen(on: terminal, type: "xterm", color: .fixed(depth))
    defer { screen.close() }
    #expect(screen.colorDepth == depth)
    let red = Cell(character: "#", style: Style(foreground: .rgb(255, 0, 0)))
    #expect(written(terminal) { screen.apply(CellGrid(width: 2, height: 1, fill: red)) }.contains(escape))
  }

  @Test("another thread can wake the one that waits; without anything the wait ends in time")
  func wake() throws {
    let terminal = try PseudoTerminal(columns: 4, rows: 2)
    let screen = try screen(on: terminal)
    defer { screen.close() }
    #expect(screen.wait(milliseconds: 0) == [])
    var thread = pthread_t()
    let status = pthread_create(&thread, nil, wakeTheScreen, nil)
    try #require(status == 0)
    #expect(screen.wait(milliseconds: 30_000) == [.wake])
    pthread_join(thread, nil)
    for _ in 0..<100_000 { TerminalScreen.wake() }
    #expect(screen.wait(milliseconds: nil) == [.wake])
    #expect(screen.wait(milliseconds: 0) == [])
  }

  @Test("drags in a row arrive as the last, and only they")
  func drags() throws {
    let terminal = try PseudoTerminal(columns: 40, rows: 20)
    let screen = try screen(on: terminal)
    defer { screen.close() }
    terminal.type("\u{1B}[<0;1;1M\u{1B}[<32;2;1M\u{1B}[<32;3;1M\u{1B}[<32;4;1M\u{1B}[<0;4;1m")
    #expect(
      screen.wait(milliseconds: 30_000) == [
        .mouse(DashboardMouse(x: 0, y: 0, kind: .press(1))), .mouse(DashboardMouse(x: 3, y: 0, kind: .drag)),
        .mouse(DashboardMouse(x: 3, y: 0, kind: .release)),
      ])
  }

  @Test("one screen at a time; after closing, everything is harmless and another can open")
  func lifetime() throws {
    let terminal = try PseudoTerminal(columns: 4, rows: 2)
    let modes = terminal.modes
    for _ in 0..<20 {
      let screen = try screen(on: terminal)
      #expect(throws: TerminalError.alreadyOpen) { try self.screen(on: terminal) }
      #expect(terminal.modes != modes)
      screen.close()
      screen.close()
      #expect(terminal.modes == modes)
      screen.apply(CellGrid(width: 4, height: 2))
      screen.redraw()
      screen.suspend()
      screen.mouse = false
      #expect(screen.wait(milliseconds: 0) == [])
      terminal.pump(milliseconds: 0)
    }
    #expect(terminal.unrestoredModes.isEmpty)
  }

  @Test("a screen that is dropped closes itself")
  func dropped() throws {
    let terminal = try PseudoTerminal(columns: 4, rows: 2)
    _ = try screen(on: terminal)
    // The kernel hands over what was written in pieces, in its own time.
    for _ in 0..<100 where !terminal.text.contains("␛[?1049l") { terminal.pump(milliseconds: 20) }
    #expect(terminal.unrestoredModes.isEmpty)
  }

  @Test("a text goes to the clipboard as OSC 52; what is too long is refused")
  func clipboard() throws {
    let terminal = try PseudoTerminal(columns: 20, rows: 5)
    let screen = try screen(on: terminal)
    var isSent = false
    let output = written(terminal) { isSent = screen.copy("loss\t0.25") }
    #expect(isSent && output == "\u{1B}]52;c;bG9zcwkwLjI1\u{7}")
    #expect(!screen.copy(String(repeating: "x", count: TerminalScreen.clipboardLimit)))
    screen.close()
    #expect(!screen.copy("late"))
  }

  @Test("what is no terminal is refused with the reason")
  func unavailable() {
    #expect(throws: TerminalError.unavailable(reason: "standard output is not a terminal")) {
      try TerminalScreen(
        options: TerminalOptions(), environment: TerminalEnvironment(type: "xterm", outputIsTerminal: false),
        input: 0, output: 1, capturesOutput: false)
    }
  }
}

private func wakeTheScreen(_: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  TerminalScreen.wake()
  return nil
}

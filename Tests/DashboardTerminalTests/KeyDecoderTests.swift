import DashboardCore
import Testing

@testable import DashboardTerminal

struct KeyDecoderTests {
  /// What a decoder makes of text that arrives in one go, or in several batches.
  private func decode(_ batches: String...) -> [TerminalInput] {
    var decoder = KeyDecoder()
    var inputs: [TerminalInput] = []
    for batch in batches {
      for byte in batch.utf8 { decoder.feed(.byte(byte), into: &inputs) }
      decoder.finishBatch(into: &inputs)
    }
    return inputs
  }

  @Test("characters and control characters are keys")
  func characters() {
    #expect(
      decode("q é⣿\r\n\t\u{7F}\u{8}\u{3}\u{1A}\u{0}\u{1F}") == [
        .key(.character("q")), .key(.character(" ")), .key(.character("é")), .key(.character("⣿")), .key(.enter),
        .key(.enter), .key(.tab), .key(.backspace), .key(.backspace), .key(.control("c")), .key(.control("z")),
        .key(.control(" ")), .key(.control("_")),
      ])
  }

  @Test(
    "xterm's sequences are keys, in normal and in application mode",
    arguments: [
      ("\u{1B}[A", DashboardKey.up), ("\u{1B}OB", .down), ("\u{1B}[C", .right), ("\u{1B}OD", .left),
      ("\u{1B}[H", .home), ("\u{1B}[1~", .home), ("\u{1B}[F", .end), ("\u{1B}[8~", .end), ("\u{1B}[5~", .pageUp),
      ("\u{1B}[6~", .pageDown), ("\u{1B}[3~", .delete), ("\u{1B}[Z", .backTab), ("\u{1B}OP", .function(1)),
      ("\u{1B}[15~", .function(5)), ("\u{1B}[24~", .function(12)), ("\u{1B}Ok", .character("+")),
      ("\u{1B}Op", .character("0")), ("\u{1B}OM", .enter), ("\u{1B}[1;2D", .shiftLeft), ("\u{1B}[1;2C", .shiftRight),
    ])
  func sequences(text: String, key: DashboardKey) {
    #expect(decode(text) == [.key(key)])
  }

  @Test(
    "what is not known is swallowed whole, and the key after it is not",
    arguments: [
      "\u{1B}[1;5D", "\u{1B}[?62;1;4c", "\u{1B}[I", "\u{1B}[97;5u", "\u{1B}]11;rgb:1e1e/1e1e/1e1e\u{7}",
      "\u{1B}P1$r0m\u{1B}\\", "\u{1B}[M !!", "\u{1B}[[A", "\u{1B}[12\u{18}", "\u{1B}Oz",
      "\u{1B}[" + String(repeating: "1;", count: 100) + "m", "\u{1B}[<0;0;5M", "\u{1B}[<0;5M", "\u{1B}[<66;1;1M",
    ])
  func swallowed(text: String) {
    #expect(decode(text + "p") == [.key(.character("p"))])
  }

  @Test("ESC alone is the Escape key; twice at once it is one, and the second waits")
  func escape() {
    #expect(decode("\u{1B}") == [.key(.escape)])
    #expect(decode("\u{1B}\u{1B}") == [.key(.escape), .key(.escape)])
    #expect(decode("\u{1B}", "q") == [.key(.escape), .key(.character("q"))])
  }

  @Test(
    "Alt and a key is Escape and that key, as it is where both were pressed at once",
    arguments: [
      ("8", [DashboardKey.character("8")]), ("q", [.character("q")]), ("é", [.character("é")]), ("\r", [.enter]),
      ("\u{1B}[A", [.up]), ("\u{1B}OP", [.function(1)]), ("]", [.character("]")]),
      ("O", [.character("O")]), ("P", [.character("P")]), ("X", [.character("X")]),
      ("8p", [.character("8"), .character("p")]),
    ] as [(String, [DashboardKey])])
  func alt(text: String, keys: [DashboardKey]) {
    let expected = [.escape] + keys + [.character("z")]
    #expect(decode("\u{1B}" + text, "z") == expected.map { .key($0) })
  }

  @Test("ESC [ may be the start of a mouse report that was cut; given up it is Escape and the bracket")
  func bracket() {
    var decoder = KeyDecoder()
    var inputs: [TerminalInput] = []
    for byte: UInt8 in [0x1B, 0x5B] { decoder.feed(.byte(byte), into: &inputs) }
    decoder.finishBatch(into: &inputs)
    #expect(inputs.isEmpty && decoder.isInTheMiddle)
    decoder.giveUp(into: &inputs)
    #expect(inputs == [.key(.escape), .key(.character("["))])
  }

  @Test("sequences and characters may arrive in pieces")
  func pieces() {
    #expect(decode("\u{1B}[", "1", "5~q") == [.key(.function(5)), .key(.character("q"))])
    var decoder = KeyDecoder()
    var inputs: [TerminalInput] = []
    for byte: UInt8 in [0xE2, 0xA3] { decoder.feed(.byte(byte), into: &inputs) }
    decoder.finishBatch(into: &inputs)
    decoder.feed(.byte(0xBF), into: &inputs)
    #expect(inputs == [.key(.character("⣿"))])
  }

  @Test("bytes that are not UTF-8 vanish, and the key after them does not")
  func malformedText() {
    for bytes: [UInt8] in [[0xFF], [0x80], [0xC3], [0xE2, 0xA3], [0xED, 0xA0, 0x80], [0xF4, 0xBF, 0xBF, 0xBF]] {
      var decoder = KeyDecoder()
      var inputs: [TerminalInput] = []
      for byte in bytes + [0x71] { decoder.feed(.byte(byte), into: &inputs) }
      #expect(inputs == [.key(.character("q"))], "\(bytes)")
    }
  }

  @Test("keys that ncurses names pass, with Alt after an Escape; those the dashboard does not know do not")
  func namedKeys() {
    var decoder = KeyDecoder()
    var inputs: [TerminalInput] = []
    decoder.feed(.key(.up), into: &inputs)
    decoder.feed(.unknownKey, into: &inputs)
    decoder.feed(.byte(0x1B), into: &inputs)
    decoder.feed(.key(.down), into: &inputs)
    decoder.feed(.key(.left), into: &inputs)
    #expect(inputs == [.key(.up), .key(.escape), .key(.down), .key(.left)])
  }

  @Test("mouse reports: presses, releases, drags, wheel, far columns, modifiers")
  func mouse() {
    func report(_ text: String) -> [TerminalInput] { decode("\u{1B}[<" + text) }
    func mouse(_ x: Int, _ y: Int, _ kind: DashboardMouse.Kind) -> [TerminalInput] {
      [.mouse(DashboardMouse(x: x, y: y, kind: kind))]
    }
    #expect(report("0;10;5M") == mouse(9, 4, .press(1)))
    #expect(report("2;300;1M") == mouse(299, 0, .press(3)))
    #expect(report("16;1;1M") == mouse(0, 0, .press(1)))
    #expect(report("0;10;5m") == mouse(9, 4, .release))
    #expect(report("32;11;5M") == mouse(10, 4, .drag))
    #expect(report("64;1;1M") == mouse(0, 0, .wheelUp))
    #expect(report("65;1;1M") == mouse(0, 0, .wheelDown))
    #expect(report("35;1;1M").isEmpty)
  }

  @Test("a paste is one input, whatever is in it")
  func paste() {
    #expect(
      decode("\u{1B}[200~q\r\n\u{1B}[A", "p\rx\u{3}\u{1B}[201~q") == [
        .key(.paste("q\n[Ap\nx")), .key(.character("q")),
      ])
  }

  @Test("a paste keeps its first megabyte and still ends")
  func longPaste() {
    let inputs = decode("\u{1B}[200~" + String(repeating: "a", count: KeyDecoder.pasteLimit + 100) + "\u{1B}[201~q")
    guard inputs.count == 2, case .key(.paste(let text)) = inputs[0] else {
      Issue.record("\(inputs.count) inputs instead of a paste and a key")
      return
    }
    #expect(text.utf8.count == KeyDecoder.pasteLimit)
    #expect(inputs[1] == .key(.character("q")))
  }

  @Test("a paste whose end got lost is delivered when given up, and keys work again")
  func lostEnd() {
    var decoder = KeyDecoder()
    var inputs: [TerminalInput] = []
    for byte in "\u{1B}[200~abc".utf8 { decoder.feed(.byte(byte), into: &inputs) }
    decoder.finishBatch(into: &inputs)
    #expect(inputs.isEmpty && decoder.isInTheMiddle)
    decoder.giveUp(into: &inputs)
    decoder.feed(.byte(0x71), into: &inputs)
    #expect(inputs == [.key(.paste("abc")), .key(.character("q"))])
  }
}

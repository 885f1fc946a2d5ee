import DashboardCore

extension KeyDecoder {
  mutating func continueSequence(_ parameters: [UInt8], _ byte: UInt8, into inputs: inout [TerminalInput]) {
    switch byte {
    case 0x1B: state = .escape
    case 0x18, 0x1A: state = .ground  // CAN and SUB cancel a sequence
    case UInt8(ascii: "[") where parameters.isEmpty: state = .skipping(1)  // function keys of the Linux console
    case 0x20...0x3F:
      // Real sequences are far shorter; what is longer is skipped to its end like the unknown ones.
      if parameters.count < 64 { state = .controlSequence(parameters + [byte]) }
    case 0x40...0x7E:
      state = .ground
      finishSequence(String(decoding: parameters, as: UTF8.self), final: Character(Unicode.Scalar(byte)), into: &inputs)
    default: break
    }
  }

  private mutating func finishSequence(_ parameters: String, final: Character, into inputs: inout [TerminalInput]) {
    switch (parameters, final) {
    case ("200", "~"): state = .paste
    case ("", "M"): state = .skipping(3)  // a mouse report of the oldest kind, from terminals that know no other
    default:
      if parameters.first == "<", let mouse = Self.mouse(parameters.dropFirst(), final: final) {
        inputs.append(.mouse(mouse))
      } else if let key = Self.sequenceKey(parameters, final) {
        inputs.append(.key(key))
      }
    }
  }

  /// A mouse report as `button;column;row`, from 1, ending in M, or in m for a release (xterm control sequences, SGR).
  ///
  /// Bits of the button: 0-1 which one (3 none), 2-4 Shift, Meta and Control, 5 motion, 6 wheel, 7 further buttons.
  private static func mouse(_ parameters: Substring, final: Character) -> DashboardMouse? {
    let numbers = parameters.split(separator: ";", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 3, let code = numbers[0], let column = numbers[1], let row = numbers[2],
      column > 0, row > 0, final == "M" || final == "m", code >= 0, code & 0x80 == 0
    else { return nil }
    let button = code & 3
    let kind: DashboardMouse.Kind
    switch (isWheel: code & 64 != 0, isMotion: code & 32 != 0) {
    case (true, _):
      guard final == "M", button < 2 else { return nil }
      kind = button == 0 ? .wheelUp : .wheelDown
    case (_, true):
      guard button != 3 else { return nil }
      kind = .drag
    default:
      guard button != 3 else { return nil }
      kind = final == "m" ? .release : .press(button + 1)
    }
    return DashboardMouse(x: column - 1, y: row - 1, kind: kind)
  }

  private static func sequenceKey(_ parameters: String, _ final: Character) -> DashboardKey? {
    switch final {
    case "~": return Int(parameters).flatMap { numberedKeys[$0] }
    case "Z" where parameters.isEmpty: return .backTab
    case "C" where parameters == "1;2": return .shiftRight
    case "D" where parameters == "1;2": return .shiftLeft
    default: return parameters.isEmpty || parameters == "1" ? cursorKeys[final] : nil
    }
  }

  /// Keys sent as ESC O and a letter: cursor and function keys in application mode, and the numeric keypad.
  static func singleShiftKey(_ byte: UInt8) -> DashboardKey? {
    switch byte {
    case UInt8(ascii: "M"): .enter
    case UInt8(ascii: "j")...UInt8(ascii: "o"), UInt8(ascii: "p")...UInt8(ascii: "y"):
      .character(Unicode.Scalar(byte - 0x40))
    default: cursorKeys[Character(Unicode.Scalar(byte))]
    }
  }

  private static let cursorKeys: [Character: DashboardKey] = [
    "A": .up, "B": .down, "C": .right, "D": .left, "H": .home, "F": .end,
    "P": .function(1), "Q": .function(2), "R": .function(3), "S": .function(4),
  ]

  private static let numberedKeys: [Int: DashboardKey] = [
    1: .home, 3: .delete, 4: .end, 5: .pageUp, 6: .pageDown, 7: .home, 8: .end,
    11: .function(1), 12: .function(2), 13: .function(3), 14: .function(4), 15: .function(5), 17: .function(6),
    18: .function(7), 19: .function(8), 20: .function(9), 21: .function(10), 23: .function(11), 24: .function(12),
  ]

  mutating func continuePaste(_ byte: UInt8, into inputs: inout [TerminalInput]) {
    pasted.append(byte)
    let end: [UInt8] = [0x1B, 0x5B, 0x32, 0x30, 0x31, 0x7E]  // ESC [ 201 ~
    // Past the limit only as much is kept as it takes to see the end.
    if pasted.count > Self.pasteLimit + end.count { pasted.remove(at: Self.pasteLimit) }
    if byte == 0x7E, pasted.suffix(end.count).elementsEqual(end) {
      pasted.removeLast(end.count)
      finishPaste(into: &inputs)
    }
  }

  /// Delivers what was pasted.
  ///
  /// Terminals send a line end as a carriage return, some with a line feed after it.
  mutating func finishPaste(into inputs: inout [TerminalInput]) {
    var text = String.UnicodeScalarView()
    var previous: Unicode.Scalar = " "
    for scalar in String(decoding: pasted, as: UTF8.self).unicodeScalars {
      switch scalar {
      case "\n" where previous == "\r": break
      case "\r": text.append("\n")
      case "\n", "\t": text.append(scalar)
      default: if scalar.value >= 0x20, scalar.value != 0x7F { text.append(scalar) }
      }
      previous = scalar
    }
    pasted = []
    state = .ground
    inputs.append(.key(.paste(String(text))))
  }
}

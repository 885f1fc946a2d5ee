import DashboardCore

/// Makes keys, mouse reports and pastes of what a terminal sends.
///
/// ncurses names the keys of the terminal's entry. The rest arrives as bytes and is decoded here: UTF-8, control
/// characters, xterm's sequences (also those that the entry does not name), SGR mouse reports, bracketed paste. What is
/// not known is swallowed whole, so that no letter inside it is taken for a command.
///
/// Alt and a key is Escape and that key: terminals send the same for both, and no key here means anything with Alt.
struct KeyDecoder {
  /// What ncurses hands over.
  enum Unit: Equatable {
    case byte(UInt8)
    case key(DashboardKey)
    /// A key that it knows and the dashboard does not.
    case unknownKey
  }

  enum State: Equatable {
    case ground
    /// After ESC.
    case escape
    /// After ESC O.
    case singleShift
    /// Parameter bytes after ESC [.
    case controlSequence([UInt8])
    /// Inside an answer of the terminal that ends in ST or BEL.
    ///
    /// The byte after ESC while nothing has followed it.
    case controlString(opening: UInt8?, afterEscape: Bool)
    /// The start of a UTF-8 sequence.
    case partialCharacter([UInt8], length: Int)
    /// So many bytes belong to something that is not known.
    case skipping(Int)
    /// Between ESC [ 200 ~ and ESC [ 201 ~, which go to `pasted`.
    case paste
  }

  /// Longest paste kept, in bytes.
  static let pasteLimit = 1 << 20

  var state = State.ground
  /// Apart from the state so that a long paste is never copied.
  var pasted: [UInt8] = []

  /// Whether something has begun and not ended.
  var isInTheMiddle: Bool { state != .ground }

  /// Takes the next unit and appends what it completes.
  mutating func feed(_ unit: Unit, into inputs: inout [TerminalInput]) {
    switch unit {
    case .byte(let byte):
      feed(byte, into: &inputs)
    case .key(let key):
      if state == .paste { return }
      if state == .escape { inputs.append(.key(.escape)) }
      state = .ground
      inputs.append(.key(key))
    case .unknownKey:
      if state == .paste { return }
      state = .ground
    }
  }

  /// All that had arrived was fed: an ESC at its end is the Escape key, for ncurses has waited for what might follow.
  ///
  /// So is one before a single byte that could open a sequence: terminals send sequences whole. ESC [ waits for
  /// `giveUp`: of mouse reports in a storm, one may be cut anywhere.
  mutating func finishBatch(into inputs: inout [TerminalInput]) {
    switch state {
    case .escape: endEscape(before: nil, into: &inputs)
    case .singleShift: endEscape(before: UInt8(ascii: "O"), into: &inputs)
    case .controlString(let opening?, _): endEscape(before: opening, into: &inputs)
    default: break
    }
  }

  /// What has begun will not end: drops it, and delivers what there is of a paste, and the keys that ESC [ may have been.
  mutating func giveUp(into inputs: inout [TerminalInput]) {
    switch state {
    case .paste: finishPaste(into: &inputs)
    case .controlSequence([]): endEscape(before: UInt8(ascii: "["), into: &inputs)
    default: state = .ground
    }
  }

  private mutating func endEscape(before byte: UInt8?, into inputs: inout [TerminalInput]) {
    state = .ground
    inputs.append(.key(.escape))
    if let byte { begin(byte, into: &inputs) }
  }

  private mutating func feed(_ byte: UInt8, into inputs: inout [TerminalInput]) {
    switch state {
    case .ground: begin(byte, into: &inputs)
    case .escape: afterEscape(byte, into: &inputs)
    case .singleShift:
      state = .ground
      if let key = Self.singleShiftKey(byte) { inputs.append(.key(key)) }
    case .controlSequence(let parameters): continueSequence(parameters, byte, into: &inputs)
    case .controlString(_, let afterEscape):
      let ends = byte == 0x07 || (afterEscape && byte == UInt8(ascii: "\\"))
      state = ends ? .ground : .controlString(opening: nil, afterEscape: byte == 0x1B)
    case .partialCharacter(let bytes, let length): continueCharacter(bytes + [byte], length: length, into: &inputs)
    case .skipping(let count): state = count > 1 ? .skipping(count - 1) : .ground
    case .paste: continuePaste(byte, into: &inputs)
    }
  }

  private mutating func begin(_ byte: UInt8, into inputs: inout [TerminalInput]) {
    switch byte {
    case 0x1B: state = .escape
    case 0x0A, 0x0D: inputs.append(.key(.enter))
    case 0x09: inputs.append(.key(.tab))
    case 0x08, 0x7F: inputs.append(.key(.backspace))
    case 0x00: inputs.append(.key(.control(" ")))
    case 0x01...0x1A: inputs.append(.key(.control(Character(Unicode.Scalar(byte + 0x60)))))
    case 0x1C...0x1F: inputs.append(.key(.control(Character(Unicode.Scalar(byte + 0x40)))))
    case 0x20...0x7E: inputs.append(.key(.character(Unicode.Scalar(byte))))
    case 0xC2...0xDF: state = .partialCharacter([byte], length: 2)
    case 0xE0...0xEF: state = .partialCharacter([byte], length: 3)
    case 0xF0...0xF4: state = .partialCharacter([byte], length: 4)
    default: break  // not the start of a character: the rest of one that was dropped
    }
  }

  private mutating func afterEscape(_ byte: UInt8, into inputs: inout [TerminalInput]) {
    switch byte {
    case 0x1B: inputs.append(.key(.escape))
    case UInt8(ascii: "["): state = .controlSequence([])
    case UInt8(ascii: "O"): state = .singleShift
    case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "^"), UInt8(ascii: "_"):
      state = .controlString(opening: byte, afterEscape: false)
    default: endEscape(before: byte, into: &inputs)
    }
  }

  private mutating func continueCharacter(_ bytes: [UInt8], length: Int, into inputs: inout [TerminalInput]) {
    let last = bytes[bytes.count - 1]
    guard last & 0xC0 == 0x80 else {
      state = .ground
      begin(last, into: &inputs)
      return
    }
    guard bytes.count == length else {
      state = .partialCharacter(bytes, length: length)
      return
    }
    state = .ground
    let scalar = String(validating: bytes, as: UTF8.self)?.unicodeScalars.first
    if let scalar, scalar.value >= 0xA0 { inputs.append(.key(.character(scalar))) }
  }
}

/// The few Python literals that a `.npy` header is made of.
enum PythonLiteral: Equatable {
  case text(String)
  case truth(Bool)
  /// A tuple of integers that are not negative.
  case integers([Int])

  /// The entries of a dictionary whose keys are strings.
  ///
  /// Throws `DatasetError` if the text is anything else, or a key repeats. `source` names the file in messages.
  static func dictionary(_ text: ArraySlice<UInt8>, source: String) throws -> [String: PythonLiteral] {
    var scanner = Scanner(rest: text)
    guard let entries = scanner.dictionary() else {
      throw DatasetError(
        .malformed, "\(source): its header is no Python dictionary of a type, an order and a shape; save it again")
    }
    return entries
  }

  /// Reads from the front of a text; nil means that something else stands there.
  private struct Scanner {
    var rest: ArraySlice<UInt8>

    mutating func dictionary() -> [String: PythonLiteral]? {
      guard take("{") else { return nil }
      var entries: [String: PythonLiteral] = [:]
      while !take("}") {
        guard let key = string(), take(":"), let value = value(), entries.updateValue(value, forKey: key) == nil else {
          return nil
        }
        if !take(",") {
          guard take("}") else { return nil }
          break
        }
      }
      skipSpace()
      return rest.isEmpty ? entries : nil
    }

    private mutating func value() -> PythonLiteral? {
      if let text = string() { return .text(text) }
      if take("True") { return .truth(true) }
      if take("False") { return .truth(false) }
      return tuple().map(PythonLiteral.integers)
    }

    private mutating func string() -> String? {
      skipSpace()
      guard let quote = rest.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { return nil }
      let body = rest.dropFirst()
      guard let end = body.firstIndex(of: quote) else { return nil }
      let text = body[..<end]
      guard text.allSatisfy({ $0 < 0x80 && $0 != UInt8(ascii: "\\") }) else { return nil }
      rest = body[(end + 1)...]
      return String(decoding: text, as: UTF8.self)
    }

    private mutating func tuple() -> [Int]? {
      guard take("(") else { return nil }
      var numbers: [Int] = []
      var endsWithComma = false
      while !take(")") {
        guard numbers.isEmpty || endsWithComma, let number = integer() else { return nil }
        numbers.append(number)
        endsWithComma = take(",")
      }
      // (3) is a number in parentheses, (3,) a tuple.
      return numbers.count == 1 && !endsWithComma ? nil : numbers
    }

    private mutating func integer() -> Int? {
      skipSpace()
      let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      guard let number = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
      rest = rest[digits.endIndex...]
      // Python 2 wrote long integers as 3L.
      if rest.first == UInt8(ascii: "L") { rest = rest.dropFirst() }
      return number
    }

    private mutating func take(_ word: String) -> Bool {
      skipSpace()
      guard rest.starts(with: word.utf8) else { return false }
      rest = rest.dropFirst(word.utf8.count)
      return true
    }

    private mutating func skipSpace() {
      rest = rest.drop { [UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\t"), UInt8(ascii: "\r")].contains($0) }
    }
  }
}

import Foundation

/// Finds keys that stand twice in one object: Foundation's decoder keeps one of them and says nothing.
enum JSONKeys {
  /// The first key that repeats in its object; nil if none does.
  ///
  /// The text must be valid JSON. O(n).
  static func firstDuplicate(in json: Data) -> String? {
    var open: [Set<String>] = []
    var lastString: Data?
    var index = json.startIndex
    while index < json.endIndex {
      switch json[index] {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        open.append([])
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        _ = open.popLast()
      case UInt8(ascii: "\""):
        let end = endOfString(json, from: index)
        lastString = json[index..<end]
        index = end
        continue
      case UInt8(ascii: ":"):
        guard let literal = lastString, let key = text(of: literal), !open.isEmpty else { break }
        if !open[open.count - 1].insert(key).inserted { return key }
      default: break
      }
      index += 1
    }
    return nil
  }

  /// Index behind the closing quotation mark of the string that opens at `start`.
  private static func endOfString(_ json: Data, from start: Int) -> Int {
    var index = start + 1
    while index < json.endIndex, json[index] != UInt8(ascii: "\"") {
      index += json[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return min(index + 1, json.endIndex)
  }

  /// The string that a literal stands for: two spellings of one name are one name.
  private static func text(of literal: Data) -> String? {
    guard literal.contains(UInt8(ascii: "\\")) else {
      return String(decoding: literal.dropFirst().dropLast(), as: UTF8.self)
    }
    return try? JSONDecoder().decode(String.self, from: literal)
  }
}

import TOMLKit

/// A value of a TOML file.
enum ConfigurationValue: Sendable, Hashable {
  case boolean(Bool)
  case wholeNumber(Int)
  case number(Double)
  case text(String)
  case array([ConfigurationValue])
  case table([String: ConfigurationValue])
  /// Dates and times, which no option takes; the type's name.
  case other(String)

  init(_ value: any TOMLValueConvertible) {
    if let boolean = value.bool {
      self = .boolean(boolean)
    } else if let number = value.int {
      self = .wholeNumber(number)
    } else if let number = value.double {
      self = .number(number)
    } else if let text = value.string {
      self = .text(text)
    } else if let array = value.array {
      self = .array((0..<array.count).map { ConfigurationValue(array[$0]) })
    } else if let table = value.table {
      self = .table(ConfigurationValue.entries(of: table))
    } else {
      self = .other(value.type.description)
    }
  }

  /// The entries of a table.
  ///
  /// Not by the table's iterator: that one traps at a key with U+0000, which is found under no name.
  static func entries(of table: TOMLTable) -> [String: ConfigurationValue] {
    var entries: [String: ConfigurationValue] = [:]
    for key in table.keys { entries[key] = table[key].map(ConfigurationValue.init) ?? .other("value") }
    return entries
  }
}

extension ConfigurationValue: CustomStringConvertible {
  /// As an error shows it: the type, and what is short.
  var description: String {
    switch self {
    case .boolean(let value): "\(value)"
    case .wholeNumber(let value): "the whole number \(value)"
    case .number(let value): "the number \(value)"
    case .text(let value): "the string \"\(value.prefix(40))\""
    case .array(let values): "an array of \(values.count)"
    case .table: "a table"
    case .other(let type): "a \(type)"
    }
  }
}

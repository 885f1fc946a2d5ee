import ArgumentParser
import DashboardCore
import Foundation
import TOMLKit

/// Options of a run from a TOML file: `key = value` with the long names of options, and a table for each command.
struct ConfigurationFile {
  /// The commands that take `--config`, in the order of the help.
  static let commands = Ampscope.configuration.subcommands.compactMap { $0 as? any ConfigurableCommand.Type }

  /// Their options by command and name; the descriptions are made once.
  private static let options = Result {
    try Dictionary(
      uniqueKeysWithValues: commands.map { command in
        (command.name, Dictionary(uniqueKeysWithValues: try CommandOption.all(of: command).map { ($0.name, $0) }))
      })
  }

  /// The file, as the user named it.
  let path: String
  private let entries: [String: ConfigurationValue]

  /// Reads a file.
  ///
  /// Throws `ValidationError` that names it where it cannot be read, or is no TOML.
  init(path: String) throws {
    let bytes = try ConfigurationFile.bytes(of: path)
    // The parser takes a C string: a zero byte would end the file early, without a word.
    guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
      throw ValidationError("--config \(path): is not UTF-8 text; TOML is")
    }
    try self.init(path: path, text: text)
  }

  /// A file's text; throws `ValidationError` with the line where it is no TOML.
  init(path: String, text: String) throws {
    self.path = path
    do {
      entries = ConfigurationValue.entries(of: try TOMLTable(string: text))
    } catch let error as TOMLParseError {
      throw ValidationError("\(path), line \(error.source.begin.line): \(error.description)")
    }
  }

  private static func bytes(of path: String) throws -> [UInt8] {
    func refusal(_ code: Int32) -> ValidationError {
      ValidationError(
        "--config \(path): cannot be read (\(String(cString: strerror(code)))); check path and permissions")
    }
    guard let file = fopen(path, "rb") else { throw refusal(errno) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&part, 1, part.count, file), count > 0 { bytes += part.prefix(count) }
    guard ferror(file) == 0 else { throw refusal(errno) }
    return bytes
  }

  /// What the file says to a command: the top level, then the command's own table, as arguments of the command line.
  ///
  /// Options that `arguments`, those of the user, state as well are left out. Every entry is checked, those for other
  /// commands too. Throws `ValidationError` that names file and key, and what is near an unknown one.
  func arguments(
    for command: any ConfigurableCommand.Type, beside arguments: [String]
  ) throws -> [(key: String, words: [String])] {
    let options = try ConfigurationFile.options.get()
    let own = options[command.name] ?? [:]
    var topLevel: [String: [String]] = [:]
    var table: [String: [String]] = [:]
    for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
      if let ofTable = options[key] {
        let words = try words(of: value, inTable: key, options: ofTable)
        if key == command.name { table = words }
      } else {
        let owners = options.values.compactMap { $0[key] }
        guard !owners.isEmpty, key != "config" else {
          throw unknown(key, among: Array(own.keys), else: options.values.flatMap(\.keys) + Array(options.keys))
        }
        for owner in owners where owner != own[key] { _ = try words(of: value, as: owner, key: key) }
        if let option = own[key] { topLevel[key] = try words(of: value, as: option, key: key) }
      }
    }
    if !topLevel.isEmpty {
      let stated = arguments + topLevel.merging(table) { $1 }.values.flatMap { $0 }
      for key in command.refusedOptions(beside: stated) { topLevel[key] = nil }
    }
    return topLevel.merging(table) { $1 }.filter { key, _ in
      !arguments.contains { $0 == "--\(key)" || $0.hasPrefix("--\(key)=") }
    }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  private func words(
    of value: ConfigurationValue, inTable name: String, options: [String: CommandOption]
  ) throws -> [String: [String]] {
    guard case .table(let entries) = value else {
      throw ValidationError("\(path): \(name) is a command: write a table, [\(name)]; found \(value)")
    }
    var words: [String: [String]] = [:]
    for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
      guard let option = options[key], key != "config" else { throw unknown(key, of: name, among: Array(options.keys)) }
      words[key] = try self.words(of: value, as: option, key: "\(name).\(key)")
    }
    return words
  }

  /// Of names equally near, the one among `names` is meant: the options of the command that runs.
  private func unknown(
    _ key: String, of command: String? = nil, among names: [String], else others: [String] = []
  ) -> ValidationError {
    let place = command.map { "\(path), [\($0)]" } ?? path
    if key == "config" { return ValidationError("\(place): config is no key: a file cannot name another; remove it") }
    let first = Set(names).subtracting(["config"])
    let known = first.sorted() + Set(others).subtracting(["config"]).subtracting(first).sorted()
    return ValidationError("\(place): unknown key \"\(key)\"\(NearestName.hint(for: key, among: known))")
  }

  /// An option with its value as words of a command line.
  private func words(of value: ConfigurationValue, as option: CommandOption, key: String) throws -> [String] {
    if option.kind == .flag {
      guard case .boolean(let isSet) = value else { throw refusal(of: value, option, key) }
      return isSet ? ["--\(option.name)"] : []
    }
    // An equals sign lets a value begin with a dash, and nothing must not follow one.
    func words(_ text: String) -> [String] {
      text.isEmpty ? ["--\(option.name)", ""] : ["--\(option.name)=\(text)"]
    }
    func text(_ value: ConfigurationValue) throws -> String {
      switch (value, option.kind) {
      case (.boolean(let value), .boolean): return "\(value)"
      case (.wholeNumber(let value), .wholeNumber), (.wholeNumber(let value), .number): return "\(value)"
      case (.wholeNumber(let value), .text) where option.isList: return "\(value)"
      case (.number(let value), .number): return "\(value)"
      case (.text(let value), .text): return value
      default: throw refusal(of: value, option, key)
      }
    }
    guard case .array(let values) = value, option.isRepeating || option.isList else { return words(try text(value)) }
    let texts = try values.map(text)
    return option.isRepeating ? texts.flatMap(words) : words(texts.joined(separator: ","))
  }

  private func refusal(of value: ConfigurationValue, _ option: CommandOption, _ key: String) -> ValidationError {
    let many = option.isList || option.isRepeating ? ", or an array of them" : ""
    return ValidationError("\(path): \(key) takes \(option.kind.rawValue)\(many); found \(value)")
  }
}

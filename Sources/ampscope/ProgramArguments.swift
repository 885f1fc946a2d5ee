import ArgumentParser

/// The arguments of the program: the user's, and before them those of the file that `--config` names.
struct ProgramArguments: Sendable {
  /// Those of this process; the file is read once.
  static let current = Result { try ProgramArguments(Array(CommandLine.arguments.dropFirst())) }

  /// Everything that is to be parsed, without the program's name.
  let all: [String]
  /// The file, and the keys that it contributed.
  private let origin: (file: String, keys: [String])?

  /// Puts a file's options before the user's.
  ///
  /// Throws `ValidationError` where the file cannot be used, or more than one is named.
  init(_ arguments: [String]) throws {
    let named = arguments.first.flatMap { name in Ampscope.configuration.subcommands.first { $0._commandName == name } }
    guard let command = (named ?? DashboardCommand.self) as? any ConfigurableCommand.Type,
      let path = try ProgramArguments.file(in: arguments),
      !arguments.contains("--help"), !arguments.contains("-h")
    else {
      (all, origin) = (arguments, nil)
      return
    }
    let own = Array(arguments.dropFirst(named == nil ? 0 : 1))
    let added = try ConfigurationFile(path: path).arguments(for: command, beside: own)
    all = [command.name] + added.flatMap(\.words) + own
    origin = (path, added.map(\.key))
  }

  /// Says which options in an error's message come from the file, a line each: the user did not type them.
  func note(on message: String) -> String {
    guard let origin else { return "" }
    let words = message.split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-")) }
    return origin.keys.filter { words.contains("--\($0)") }.map { "\n\(origin.file) sets \($0)" }.joined()
  }

  /// What `--config` names; nil without it, and where its value is missing, which the parser says better.
  private static func file(in arguments: [String]) throws -> String? {
    let options = arguments.prefix { $0 != "--" }
    let paths = zip(options, options.dropFirst() + ["--"]).compactMap { option, next -> String? in
      if option.hasPrefix("--config=") { return String(option.dropFirst("--config=".count)) }
      return option == "--config" && !next.hasPrefix("-") ? next : nil
    }
    guard paths.count < 2 else {
      throw ValidationError("--config is given more than once: \(paths.joined(separator: ", ")); name one file")
    }
    return paths.first
  }
}

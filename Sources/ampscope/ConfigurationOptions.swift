import ArgumentParser

/// The option that names a configuration file; `ProgramArguments` reads it before anything is parsed.
struct ConfigurationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Take options from this TOML file, by their long names; what stands on the command line wins.",
      valueName: "file"))
  var config: String?
}

/// A command that takes `--config`.
protocol ConfigurableCommand: ParsableCommand {
  /// Long names, without dashes, of options that this command has but refuses beside `arguments`.
  ///
  /// The top level of a file may state them for other commands.
  static func refusedOptions(beside arguments: [String]) -> Set<String>
}

extension ConfigurableCommand {
  static func refusedOptions(beside arguments: [String]) -> Set<String> { [] }

  /// The name that calls the command, and the name of its table in a file.
  static var name: String { _commandName }
}

import ArgumentParser
import Foundation

/// An option of a command as its declaration has it: nothing here is written by hand, so that nothing can lag behind.
struct CommandOption: Sendable, Hashable {
  /// What a value is.
  enum Kind: String, Sendable {
    /// The option takes no value: it is there or not.
    case flag = "true or false (a flag)"
    case boolean = "true or false"
    case wholeNumber = "a whole number"
    case number = "a number"
    case text = "a string"
  }

  /// Long name, without dashes.
  let name: String
  let kind: Kind
  /// Whether it may be given more than once.
  let isRepeating: Bool
  /// Whether a value is several, separated by commas: its value name in the help has a comma, as in `<mode,…>`.
  let isList: Bool

  /// The options of a command, in the order of their declaration, without `--help` and `--version`.
  ///
  /// Throws `DecodingError` where ArgumentParser's description of the command cannot be read.
  static func all(of command: any ParsableCommand.Type) throws -> [CommandOption] {
    let help = try JSONDecoder().decode(Help.self, from: Data(command._dumpHelp().utf8))
    // Both follow the declarations; --version and --help, which no declaration has, stand at the end.
    let types = declaredTypes(of: command)
    return zip(help.command.arguments, types).compactMap { argument, type in
      guard argument.kind != "positional",
        let name = argument.names?.first(where: { $0.kind == "long" })?.name
      else { return nil }
      return CommandOption(
        name: name, kind: argument.kind == "flag" ? .flag : kind(of: type), isRepeating: argument.isRepeating,
        isList: argument.valueName?.contains(",") ?? false)
    }
  }

  private static func declaredTypes(of type: any ParsableArguments.Type) -> [Any.Type] {
    Mirror(reflecting: type.init()).children.flatMap { child -> [Any.Type] in
      switch child.value {
      case let group as any DeclaredGroup: declaredTypes(of: group.groupType)
      case let argument as any DeclaredArgument: [argument.valueType]
      default: []
      }
    }
  }

  private static func kind(of type: Any.Type) -> Kind {
    switch type {
    case let wrapper as any Wrapper.Type: kind(of: wrapper.wrappedType)
    case is Bool.Type: .boolean
    case is any BinaryInteger.Type: .wholeNumber
    case is any BinaryFloatingPoint.Type: .number
    default: .text
    }
  }
}

/// What is needed of ArgumentParser's own description of a command.
private struct Help: Decodable {
  struct Command: Decodable {
    var arguments: [Argument]
  }

  struct Argument: Decodable {
    var kind: String
    var names: [Name]?
    var isRepeating: Bool
    var valueName: String?
  }

  struct Name: Decodable {
    var kind: String
    var name: String
  }

  var command: Command
}

private protocol DeclaredArgument {
  var valueType: Any.Type { get }
}

private protocol DeclaredGroup {
  var groupType: any ParsableArguments.Type { get }
}

private protocol Wrapper {
  static var wrappedType: Any.Type { get }
}

extension Option: DeclaredArgument {
  fileprivate var valueType: Any.Type { Value.self }
}

extension Flag: DeclaredArgument {
  fileprivate var valueType: Any.Type { Value.self }
}

extension Argument: DeclaredArgument {
  fileprivate var valueType: Any.Type { Value.self }
}

extension OptionGroup: DeclaredGroup {
  fileprivate var groupType: any ParsableArguments.Type { Value.self }
}

extension Optional: Wrapper {
  fileprivate static var wrappedType: Any.Type { Wrapped.self }
}

extension Array: Wrapper {
  fileprivate static var wrappedType: Any.Type { Element.self }
}

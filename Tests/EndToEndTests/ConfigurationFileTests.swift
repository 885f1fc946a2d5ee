import ArgumentParser
import Foundation
import Testing

@testable import ampscope

/// What a file says, as arguments of a command.
@Suite struct ConfigurationFileTests {
  private func words(
    _ text: String, for command: any ConfigurableCommand.Type = TrainCommand.self, beside arguments: [String] = []
  ) throws -> [String] {
    try ConfigurationFile(path: "run.toml", text: text).arguments(for: command, beside: arguments).flatMap(\.words)
  }

  private func message(_ text: String, for command: any ConfigurableCommand.Type = TrainCommand.self) throws -> String {
    try #require(throws: ValidationError.self) { try words(text, for: command) }.message
  }

  @Test("the commands that run something take --config, and every option of theirs by its long name and type")
  func everyOption() throws {
    #expect(ConfigurationFile.commands.map { $0.name } == ["dashboard", "train", "doctor", "bench", "inspect"])
    for command in ConfigurationFile.commands {
      let options = try CommandOption.all(of: command)
      for word in words(ofHelp: command) where !["help", "version", "config"].contains(word) {
        #expect(options.contains { $0.name == word }, "\(command.name) --\(word)")
      }
      var text = "[\(command.name)]\n"
      for option in options where option.name != "config" {
        let (right, wrong) = values(of: option.kind)
        let refusal = try message("[\(command.name)]\n\(option.name) = \(wrong)", for: command)
        #expect(refusal.hasPrefix("run.toml: \(command.name).\(option.name) takes"))
        text += "\(option.name) = \(right)\n"
      }
      let stated = try words(text, for: command).map { $0.dropFirst(2).prefix { $0 != "=" } }
      #expect(stated.map(String.init) == options.map(\.name).filter { $0 != "config" }.sorted())
    }
  }

  @Test("train parses every option of a file")
  func parses() throws {
    let options = try CommandOption.all(of: TrainCommand.self).filter { $0.name != "config" }
    #expect(options.count > 50)
    let text = options.map { "\($0.name) = \(values(of: $0.kind).right)\n" }.joined()
    let command = try TrainCommand.parse(words(text))
    #expect(command.options.steps == 3 && command.options.model.learningRate == 2.5)
    #expect(command.options.precision.masterWeights == true && command.options.precision.stochasticRounding)
  }

  /// Long names in the help that a user reads.
  private func words(ofHelp command: any ConfigurableCommand.Type) -> [String] {
    command.helpMessage(columns: 400).split(separator: "\n").compactMap { line in
      let text = line.trimmingCharacters(in: .whitespaces)
      return text.hasPrefix("--") ? String(text.dropFirst(2).prefix { $0 != " " }) : nil
    }
  }

  /// A value of a kind in TOML, and one of another type.
  private func values(of kind: CommandOption.Kind) -> (right: String, wrong: String) {
    switch kind {
    case .flag, .boolean: ("true", "\"true\"")
    case .wholeNumber: ("3", "3.0")
    case .number: ("2.5", "\"2.5\"")
    case .text: ("\"text\"", "1979-05-27")
    }
  }

  @Test("arrays repeat an option or are joined with commas; values may be negative or empty")
  func arrays() throws {
    let text = """
      lanes = ["fp32", "amp-fp16"]
      channels = [8, 16, 8]
      fault = ["nan:x@3", "inf:x@4/B"]
      lr = -1
      keep-fp32 = []
      stochastic-rounding = false
      """
    let expected = [
      "--channels=8,16,8", "--fault=nan:x@3", "--fault=inf:x@4/B", "--keep-fp32", "", "--lanes=fp32,amp-fp16",
      "--lr=-1",
    ]
    #expect(try words(text) == expected)
    #expect(try TrainCommand.parse(expected).options.precision.keepFP32 == "")
    #expect(try message("model = [\"cnn\"]") == "run.toml: model takes a string; found an array of 1")
  }

  @Test("the command's table comes after the top level, and the user's arguments after both")
  func precedence() throws {
    let text = """
      steps = 5
      ascii = true
      seed = 1
      [train]
      steps = 7
      [dashboard]
      ascii = false
      """
    #expect(try words(text) == ["--seed=1", "--steps=7"])
    #expect(try words(text, beside: ["--steps=9", "--seed", "2"]) == [])
    #expect(try words(text, beside: ["--step"]) == ["--seed=1", "--steps=7"])
    #expect(try words(text, for: DashboardCommand.self) == ["--seed=1", "--steps=5"])
    #expect(try words(text, for: InspectCommand.self) == [])
  }

  @Test("what doctor refuses may stand at the top level for others, but not in its own table")
  func doctor() throws {
    let text = "lanes = \"fp32,bf16\"\ninit-scale = 8\nlr = 0.5\n"
    #expect(try words(text, for: DoctorCommand.self) == ["--lr=0.5"])
    #expect(try words(text, for: DoctorCommand.self, beside: ["--bisect"]) == ["--init-scale=8", "--lr=0.5"])
    #expect(try words("[doctor]\nlanes = \"fp32,bf16\"", for: DoctorCommand.self) == ["--lanes=fp32,bf16"])
  }

  @Test("of names equally near, the running command's own is suggested; else another's that is nearer")
  func ownOptionsFirst() throws {
    let unknown = "run.toml: unknown key \"modl\"; did you mean "
    for command: any ConfigurableCommand.Type in [DashboardCommand.self, TrainCommand.self, InspectCommand.self] {
      #expect(try message("modl = 1", for: command) == unknown + "model?", "\(command.name)")
    }
    // Only doctor has --mode.
    #expect(try message("modl = 1", for: DoctorCommand.self) == unknown + "mode?")
    #expect(try message("bisec = true") == "run.toml: unknown key \"bisec\"; did you mean bisect?")
  }

  @Test(
    "a mistake names the file, and the key with what is near it or the line",
    arguments: [
      ("step = 1", "run.toml: unknown key \"step\"; did you mean steps?"),
      ("[train]\nzoo = true", "run.toml, [train]: unknown key \"zoo\""),
      ("[bench]\nzo = true", "run.toml, [bench]: unknown key \"zo\"; did you mean zoo?"),
      ("[trian]\nsteps = 1", "run.toml: unknown key \"trian\"; did you mean train?"),
      ("bench = 1", "run.toml: bench is a command"),
      ("zoo = 1", "run.toml: zoo takes true or false"),
      ("steps = \"1\"", "run.toml: steps takes a whole number; found the string \"1\""),
      ("lanes = [1.5]", "run.toml: lanes takes a string, or an array of them; found the number 1.5"),
      ("lr = {}", "run.toml: lr takes a number; found a table"),
      ("config = \"other.toml\"", "run.toml: config is no key"),
      ("[train]\nconfig = \"other.toml\"", "run.toml, [train]: config is no key"),
      ("\"a\\u0000b\" = 1", "run.toml: "),
      ("steps = 1\nsteps = 2", "run.toml, line 2: "),
    ])
  func mistakes(text: String, expected: String) throws {
    let message = try message(text)
    #expect(message.hasPrefix(expected), "\(message)")
  }
}

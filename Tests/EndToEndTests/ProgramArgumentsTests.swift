import ArgumentParser
import Foundation
import Testing

@testable import ampscope

/// What the program makes of `--config`.
@Suite struct ProgramArgumentsTests {
  private func file(_ text: String) throws -> TemporaryFile {
    let file = TemporaryFile(".toml")
    try Data(text.utf8).write(to: file.url)
    return file
  }

  private func message(_ arguments: [String]) throws -> String {
    try #require(throws: ValidationError.self) { try ProgramArguments(arguments) }.message
  }

  @Test("a run takes its options from the file; those of the command line win, and errors about values name the file")
  func run() throws {
    let config = try file(
      """
      model = "ncf"
      factors = 4
      batch = 64
      threads = 1
      lanes = ["fp32", "bf16"]
      [train]
      steps = 5
      """)
    let run = try Program(["train", "--config", config.url.path, "--lanes", "fp32,amp-fp16"])
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("lane A fp32 finished: 5 committed"))
    #expect(run.output.contains("lane B amp-fp16 finished"))
    let dashboard = try Program(["--config", config.url.path, "--steps", "2"], environment: ["TERM": "dumb"])
    #expect(dashboard.output.contains("lane B bf16 finished"))
    let doctor = try Program(["doctor", "--config=\(config.url.path)", "--steps", "0"])
    #expect(doctor.output.contains("ampscope train --batch=64 --factors=4 --model=ncf --threads=1 --lanes fp32,"))
    let wrong = try Program(["train", "--config", config.url.path, "--model", "cnn"])
    #expect(wrong.status == 2)
    #expect(
      wrong.errors.contains("--factors is a size of ncf") && wrong.errors.contains("\(config.url.path) sets factors"))
  }

  @Test("the file's options stand before the user's; the dashboard is meant where no command is named")
  func order() throws {
    let config = try file("seed = 1\nlr = -1\nlr-schedule = \"step\"\n")
    let named = ["--config", config.url.path]
    let train = try ProgramArguments(["train"] + named + ["--seed", "2"])
    #expect(train.all == ["train", "--lr=-1", "--lr-schedule=step"] + named + ["--seed", "2"])
    #expect(try ProgramArguments(named).all == ["dashboard", "--lr=-1", "--lr-schedule=step", "--seed=1"] + named)
    #expect(train.note(on: "--lr must be at least 0; --seed is 2") == "\n\(config.url.path) sets lr")
  }

  @Test(
    "without a file, or where it is not for this command, arguments stay as they are",
    arguments: [
      ["train", "--steps", "5"], ["themes", "--config", "x.toml"], ["train", "--config"],
      ["train", "--config", "--lr"],
      ["train", "--config", "x.toml", "--help"], ["replay", "--", "--config", "x.toml"], [],
    ])
  func untouched(arguments: [String]) throws {
    let program = try ProgramArguments(arguments)
    #expect(program.all == arguments)
    #expect(program.note(on: "--steps --lr").isEmpty)
  }

  @Test("files that cannot be used are named")
  func unusable() throws {
    let reason = "--config /nowhere/run.toml: cannot be read (No such file or directory)"
    let missing = try Program(["inspect", "--config", "/nowhere/run.toml"])
    #expect(missing.status == 2)
    #expect(missing.errors.contains(reason), "\(missing.errors)")
    #expect(try message(["bench", "--config", "/"]).hasPrefix("--config /: cannot be read (Is a directory)"))
    #expect(try message(["--config", "a.toml", "--config=b.toml"]).contains("more than once: a.toml, b.toml"))
    let zero = try file("lr = 1\n\0")
    #expect(
      try message(["train", "--config", zero.url.path]) == "--config \(zero.url.path): is not UTF-8 text; TOML is")
  }
}

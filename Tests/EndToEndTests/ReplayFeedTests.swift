import Benchmarks
import Foundation
import Testing
import TrainingEvents

@testable import ampscope

@Suite struct ReplayFeedTests {
  private let events: [TrainingEvent]

  init() {
    var session = ScriptedSession(drawnAfter: 12_000)
    let machine = MachineDescription(
      device: "cpu", processor: "Test", allowedProcessors: 2, instructionSets: [], memoryBytes: 1)
    events = session.opening(machine: machine) + session.attempts(12_000)
  }

  private func file(_ lines: [String]) throws -> TemporaryFile {
    let file = TemporaryFile(".jsonl")
    try Data(lines.joined(separator: "\n").utf8).write(to: file.url)
    return file
  }

  private func line(_ event: TrainingEvent) throws -> String {
    String(decoding: try EventLineEncoder().line(event).dropLast(), as: UTF8.self)
  }

  @Test("a run shown from its end comes in pieces that a frame can take in, none lost and none twice")
  func pieces() {
    let feed = ReplayFeed(events, speed: .infinity)
    var pieces: [[TrainingEvent]] = []
    while !feed.isOver { pieces.append(feed.drain()) }
    #expect(pieces.count == (events.count - 1) / ReplayFeed.mostAtOnce + 1 && pieces.count > 1)
    #expect(pieces.allSatisfy { $0.count <= ReplayFeed.mostAtOnce })
    #expect(pieces.flatMap(\.self) == events)
    #expect(feed.drain().isEmpty)
  }

  @Test("a file is read as it was written, with or without a line feed at its end, and blank lines are nothing")
  func reading() throws {
    let some = Array(events.prefix(40))
    let lines = try some.map(line)
    for lines in [lines, lines + [""], Array(lines.prefix(3)) + ["", ""] + lines.dropFirst(3)] {
      let file = try file(lines)
      #expect(try RecordedEvents.read(path: file.url.path) == some)
    }
  }

  @Test("how much was read is told on the way")
  func progress() throws {
    let (first, other) = (try line(events[0]), try line(events[5]))
    let file = try file([first] + [String](repeating: other, count: 50_000))
    var shares: [Double] = []
    #expect(try RecordedEvents.read(path: file.url.path) { shares.append($0) }.count == 50_001)
    #expect(shares.count == 2 && abs(shares[0] - 0.4) < 0.01 && abs(shares[1] - 0.8) < 0.01)
  }

  @Test("a broken line is named by its number in the file, and what is no file by its path")
  func errors() throws {
    let (first, other) = (try line(events[0]), try line(events[5]))
    let (broken, headless) = (try file([first, "", "{}"]), try file([other]))
    for (path, problem) in [
      (broken.url.path, "line 3 is no event"), (headless.url.path, "does not begin with a session event"),
      ("/nowhere.jsonl", "/nowhere.jsonl: cannot be read"), ("/", "/: cannot be read"),
    ] {
      let error = #expect(throws: ReplayError.self) { try RecordedEvents.read(path: path) }
      #expect(error?.description.contains(problem) == true)
    }
  }
}

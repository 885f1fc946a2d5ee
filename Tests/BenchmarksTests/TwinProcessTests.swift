import Testing

@testable import Benchmarks

@Suite("The process with PyTorch's twins")
struct TwinProcessTests {
  private let fake: FakeTwin

  init() throws { fake = try FakeTwin() }

  /// The error of a start with these settings of the stand-in.
  private func failure(_ settings: [String: String], limit: Duration = .seconds(60)) throws -> String {
    let process = try fake.process(settings, limit: limit)
    let error = #expect(throws: BenchmarkError.self) { try process.start(threads: 1, processors: []) }
    return try #require(error).description
  }

  @Test("Answers requests one after the other, and knows its version and its processor time")
  func requests() throws {
    let process = try fake.process(["FAKE_MILLISECONDS": "2.5"])
    try process.start(threads: 1, processors: [0])
    #expect(process.version == "9.9" && process.processorMilliseconds != nil)
    for steps in [1, 3, 2000] {
      let answer: TwinAnswer.Run = try process.ask(TwinRequest.Run(name: "x", settling: 7, steps: steps))
      #expect(answer.milliseconds == Array(repeating: 2.5, count: steps))
    }
    process.end()
    #expect(throws: BenchmarkError.self) { try process.start(threads: 1, processors: [0]) }
    #expect(process.processorMilliseconds == nil, "nothing of it is left")
  }

  @Test("A package that is missing is named with how to install it")
  func missing() throws {
    let text = try failure(["FAKE_MISSING": "torch"])
    #expect(text.contains("--python \(FakeTwin.python)") && text.contains("package torch is not installed"))
    #expect(text.contains("-m pip install -r \(fake.twins)/requirements.txt"))
  }

  @Test("A process that ends, babbles, is silent or has other threads is an error that says so")
  func faults() throws {
    let ended = try failure(["FAKE_END": "start"])
    #expect(ended.contains("it has ended") && ended.contains("out of order"), "with the end of what it printed")
    #expect(try failure(["FAKE_GARBAGE": "start"]).contains("it answered \"good morning\""))
    #expect(try failure(["FAKE_SILENCE": "start"], limit: .milliseconds(1)).contains("did not answer within"))
    #expect(try failure(["FAKE_THREADS": "3"]).contains("3 threads where 1 were asked for"))
  }

  @Test("Is given up when asked to")
  func givenUp() throws {
    let process = try TwinProcess(
      python: FakeTwin.python, twins: fake.twins, environment: ["FAKE_SILENCE": "start"], shouldStop: { true })
    let error = #expect(throws: BenchmarkError.self) { try process.start(threads: 1, processors: []) }
    #expect(error == .givenUp)
  }

  @Test("A missing interpreter and missing twins are named by their options")
  func options() throws {
    let python = #expect(throws: BenchmarkError.self) {
      try TwinProcess(python: "/nowhere/python", twins: fake.twins, environment: [:])
    }
    #expect(python?.description.contains("--python /nowhere/python: cannot be started") == true)
    let twins = #expect(throws: BenchmarkError.self) {
      try TwinProcess(python: FakeTwin.python, twins: "/nowhere", environment: [:])
    }
    #expect(twins?.description.contains("--twins /nowhere: speed_twin.py is not there") == true)
  }
}

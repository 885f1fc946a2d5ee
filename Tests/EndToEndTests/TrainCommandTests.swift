import Foundation
import Testing
import TrainingEvents

/// A small run: quick in a debug build, and complete.
let smallRun = [
  "train", "--model", "mlp", "--hidden", "16", "--layers", "1", "--data", "synthetic", "--batch", "16", "--threads",
  "1",
]

@Suite struct TrainCommandTests {
  @Test("a run prints lanes, accuracy, agreement and a summary, and exits with 0")
  func completes() throws {
    let run = try Program(smallRun + ["--steps", "50", "--lanes", "fp32,amp-bf16,amp-fp16"])
    #expect(run.status == 0)
    for lane in ["A", "B", "C"] { #expect(run.output.contains("lane \(lane): validation loss")) }
    #expect(run.output.contains("data synthetic (synthetic)"))
    #expect(run.output.contains("storage-only"))
    #expect(run.output.contains("lane A fp32 finished: 50 committed, 0 skipped"))
    #expect(run.output.contains("lane C amp-fp16 finished:"))
    #expect(run.output.contains("speedup of B over A, alternating"))
    #expect(run.errors.isEmpty)
  }

  @Test("--jsonl - writes events that can be read back, every attempt of every lane, the summary last")
  func jsonLines() throws {
    let run = try Program(smallRun + ["--steps", "30", "--lanes", "fp32,amp-fp16", "--jsonl", "-"])
    #expect(run.status == 0)
    let decoder = EventLineDecoder()
    let events = try run.output.split(separator: "\n").map { try decoder.event(Data($0.utf8)) }
    guard case .session(let session)? = events.first?.body else {
      Issue.record("the first event is no session")
      return
    }
    #expect(session.lanes.map(\.precision) == [.fp32, .ampFP16])
    #expect(session.data.isSynthetic)
    for lane in session.lanes.map(\.lane) {
      let attempts = events.compactMap { event -> Int? in
        if case .step(let step) = event.body, step.lane == lane { step.attempt } else { nil }
      }
      #expect(attempts == Array(0..<30))
    }
    guard case .summary(let summary)? = events.last?.body else {
      Issue.record("the last event is no summary")
      return
    }
    #expect(summary.lanes.allSatisfy { $0.evaluation?.isFinal == true && $0.committed == 30 })
  }

  @Test("a recorded run is replayed as plain lines on a pipe")
  func replay() throws {
    let file = TemporaryFile(".jsonl")
    let run = try Program(smallRun + ["--steps", "20", "--jsonl", file.url.path])
    #expect(run.status == 0)
    let replay = try Program(["replay", file.url.path])
    #expect(replay.status == 0)
    #expect(replay.output.contains("lane B amp-bf16 finished: 20 committed"))
  }

  @Test("SIGINT and SIGTERM end a run with 128 + n and a summary", arguments: [SIGINT, SIGTERM])
  func signals(number: Int32) throws {
    let run = try Program(smallRun + ["--steps", "10000000"], signalOnOutput: ("schedule alternating", number))
    #expect(run.status == 128 + number)
    #expect(run.output.contains("summary after"))
  }

  @Test("a loss scale far too high skips, backs off, and recovers")
  func scaleRecovers() throws {
    let run = try Program(
      smallRun + ["--steps", "60", "--lanes", "fp32,amp-fp16", "--init-scale", "1073741824", "--growth-interval", "20"])
    #expect(run.status == 0)
    let backoffs = run.output.split(separator: "\n").filter { $0.contains("(backoff)") }
    #expect(backoffs.count >= 5)
    #expect(run.output.contains("(growth)"))
  }

  @Test("a run whose every attempt is skipped ends with status 3")
  func diverges() throws {
    // At a learning rate of 3e38 weights or losses are infinite from the first steps on.
    let run = try Program(smallRun + ["--steps", "120", "--lanes", "fp32", "--lr", "3e38", "--optimizer", "sgd"])
    #expect(run.status == 3)
    #expect(run.output.contains("diverged"))
  }

  @Test("saved weights are what --init starts from")
  func saveAndInit() throws {
    let file = TemporaryFile(".safetensors")
    let first = try Program(smallRun + ["--steps", "40", "--lanes", "fp32", "--save", file.url.path])
    #expect(first.status == 0)
    let second = try Program(smallRun + ["--steps", "1", "--lr", "0", "--lanes", "fp32", "--init", file.url.path])
    #expect(second.status == 0)
    func accuracy(_ text: String) -> Substring? {
      text.split(separator: "\n").first { $0.hasPrefix("lane A: validation") }
    }
    #expect(accuracy(first.output) == accuracy(second.output))
  }

  @Test("OpenMP's binding variables are dropped: lanes bind themselves")
  func openMPBinding() throws {
    let run = try Program(smallRun + ["--steps", "5"], environment: ["OMP_PROC_BIND": "true"])
    #expect(run.status == 0)
  }
}

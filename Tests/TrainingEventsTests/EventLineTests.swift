import Foundation
import Testing
import TrainingEvents

@Suite struct EventLineTests {
  private let encoder = EventLineEncoder()
  private let decoder = EventLineDecoder()

  private func object(_ body: TrainingEvent.Body) throws -> [String: Any] {
    let line = try encoder.line(TrainingEvent(time: 1.5, body: body))
    return try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
  }

  @Test("Every event type survives a line and back", arguments: SampleEvents.bodies.indices)
  func roundTrip(index: Int) throws {
    let event = TrainingEvent(time: 1_764_000_000.125, body: SampleEvents.bodies[index].body)
    let line = try encoder.line(event)
    #expect(line.last == 0x0A)
    #expect(line.filter { $0 == 0x0A }.count == 1)
    #expect(try decoder.event(line) == event)
    #expect(try decoder.event(line.dropLast()) == event)
    #expect(try encoder.line(event) == line)
  }

  @Test("Every line says version, type and time", arguments: SampleEvents.bodies.indices)
  func envelope(index: Int) throws {
    let (type, body) = SampleEvents.bodies[index]
    let object = try object(body)
    #expect(object["v"] as? Int == 1)
    #expect(object["type"] as? String == type)
    #expect(object["time"] as? Double == 1.5)
  }

  @Test(
    "Fields are named as in the contract",
    arguments: [
      (
        "session",
        [
          "model", "parameterCount", "forwardFLOPsPerSample", "data", "batchSize", "optimizer", "lr", "seed", "steps",
          "schedule", "threads", "lanes", "baseline", "machine", "precisions", "versions",
        ]
      ),
      (
        "step",
        [
          "lane", "attempt", "committedStep", "committed", "skipReason", "loss", "scale", "stepsToGrowth", "stepMs",
          "phasesMs", "gradNorm", "lr", "samples", "segment",
        ]
      ),
      ("scale", ["lane", "attempt", "from", "to", "cause"]),
      ("precision", ["lane", "attempt", "from", "to", "compileMs", "lossy", "scaler", "overrides"]),
      ("numerics", ["lane", "attempt", "scale", "detailed", "tensors", "overhead"]),
      (
        "diagnosis",
        [
          "lane", "attempt", "cause", "layer", "operation", "phase", "format", "count", "infinities", "nans",
          "largestOperand", "scale", "explanation",
        ]
      ),
      ("fault", ["lane", "attempt", "fault"]),
      ("added", ["lane", "attempt", "source"]),
      ("settings", ["lane", "attempt", "batch", "clipNorm"]),
      ("lane", ["lane", "attempt", "state"]),
      ("schedule", ["schedule", "segment", "reason"]),
      (
        "memory",
        [
          "lane", "attempt", "precision", "bytes", "peak", "unshared", "rss", "largestBatch", "impliedActivations",
          "mostActivations",
        ]
      ),
      ("peaks", ["threads", "gigaflops"]),
      ("eval", ["lane", "attempt", "loss", "accuracy", "n", "final"]),
      ("agreement", ["baseline", "lane", "attempt", "difference", "low", "high", "n", "mcnemarP", "void"]),
      ("command", ["command", "refusal"]),
      ("note", ["lane", "text"]),
      ("error", ["text"]),
      ("summary", ["lanes", "speedup", "seconds"]),
    ])
  func fieldNames(type: String, fields: [String]) throws {
    let body = try #require(SampleEvents.bodies.first { $0.type == type }).body
    #expect(Set(try object(body).keys) == Set(fields + ["v", "type", "time"]))
  }

  @Test("The parts of a summary are named as in the contract")
  func summaryFields() throws {
    let object = try object(.summary(SampleEvents.summary))
    let lane = try #require((object["lanes"] as? [[String: Any]])?.first)
    #expect(
      Set(lane.keys) == [
        "lane", "precision", "state", "medianStepMs", "p95StepMs", "samplesPerSecond", "committed", "skipped", "memory",
        "evaluation", "castShare", "numericsShare",
      ])
    let speedup = try #require((object["speedup"] as? [[String: Any]])?.first)
    #expect(
      Set(speedup.keys) == ["baseline", "lane", "ratio", "low", "high", "n", "schedule", "effective"])
    #expect(speedup["baseline"] as? String == "A")
    #expect(speedup["lane"] as? String == "B")
  }

  @Test("Non-finite numbers are the strings nan, inf and -inf, and come back as numbers")
  func nonFinite() throws {
    var step = SampleEvents.step
    step.loss = .nan
    step.gradNorm = .infinity
    step.scale = -.infinity
    let object = try object(.step(step))
    #expect(object["loss"] as? String == "nan")
    #expect(object["gradNorm"] as? String == "inf")
    #expect(object["scale"] as? String == "-inf")

    let back = try decoder.event(try encoder.line(TrainingEvent(time: 0, body: .step(step))))
    guard case .step(let read) = back.body else {
      Issue.record("a step came back as \(back.body)")
      return
    }
    #expect(read.loss.isNaN)
    #expect(read.gradNorm == .infinity)
    #expect(read.scale == -.infinity)
  }

  @Test("A field that may be missing may also be null")
  func nullFields() throws {
    var step = SampleEvents.step
    step.scale = nil
    step.stepsToGrowth = nil
    step.skipReason = nil
    let event = TrainingEvent(time: 2, body: .step(step))
    #expect(try decoder.event(try encoder.line(event)) == event)
    var object = try object(.step(step))
    for key in ["scale", "stepsToGrowth", "skipReason"] { object[key] = NSNull() }
    object["time"] = 2
    #expect(try decoder.event(try JSONSerialization.data(withJSONObject: object)) == event)
  }

  @Test("An unknown field is no error: a newer writer may add one")
  func unknownField() throws {
    var object = try object(.note(Message(text: "x")))
    object["colour"] = "blue"
    let event = try decoder.event(try JSONSerialization.data(withJSONObject: object))
    #expect(event.body == .note(Message(text: "x")))
  }

  @Test(
    "A line that cannot be read is an error, never a default",
    arguments: [
      #"{"v":2,"type":"note","time":0,"text":"x"}"#, #"{"type":"note","time":0,"text":"x"}"#,
      #"{"v":1,"type":"nota","time":0,"text":"x"}"#, #"{"v":1,"type":"note","text":"x"}"#,
      #"{"v":1,"type":"note","time":0}"#, #"{"v":1,"type":"note","time":"soon","text":"x"}"#,
      #"{"v":1,"type":"lane","time":0,"lane":"a","attempt":0,"state":"running"}"#,
      #"{"v":1,"type":"lane","time":0,"lane":"AB","attempt":0,"state":"running"}"#,
      #"{"v":1,"type":"lane","time":0,"lane":"A","attempt":0,"state":"asleep"}"#,
      #"{"v":1,"type":"command","time":0,"command":{"name":"explode"}}"#,
      #"{"v":1,"type":"command","time":0,"command":{"name":"setPrecision","lane":"A"}}"#, "{", "", "[]",
    ])
  func unreadable(line: String) {
    #expect(throws: DecodingError.self) { try decoder.event(Data(line.utf8)) }
  }

  @Test("An unknown version is named in the error")
  func versionMessage() throws {
    let error = #expect(throws: DecodingError.self) {
      try decoder.event(Data(#"{"v":99,"type":"note","time":0,"text":"x"}"#.utf8))
    }
    #expect(String(describing: try #require(error)).contains("event version 99 is not 1"))
  }
}

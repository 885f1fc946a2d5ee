import Foundation
import Testing
import TrainingEvents

@Suite struct ValueTests {
  @Test(
    "Every command survives its JSON",
    arguments: [
      TrainingCommand.pause, .resume, .step, .stop, .abandon, .setPrecision(LaneID(1), .ampFP16),
      .setOverrides(LaneID(1), PrecisionOverrides(keepFP32: ["a.*"])), .setScaler(LaneID(0), "apex"),
      .setScale(LaneID(1), 512), .inject(Fault(.scale(4), attempt: 3)), .setNumerics(every: 10),
      .setNumerics(every: nil),
      .addLane(PrecisionPolicy(.o2, overrides: PrecisionOverrides(keepFP32: ["b"])), clone: LaneID(1)),
      .addLane(PrecisionPolicy(.bf16), clone: nil), .dropLane(LaneID(2)), .setBatch(nil, 64), .setBatch(LaneID(0), 32),
      .setClipping(LaneID(1), norm: 0.5), .setClipping(LaneID(1), norm: nil),
      .setLearningRate(nil, 0.5), .setLearningRate(LaneID(0), 1e-4), .setSchedule(.concurrent),
    ])
  func commands(command: TrainingCommand) throws {
    let data = try JSONEncoder().encode(command)
    #expect(try JSONDecoder().decode(TrainingCommand.self, from: data) == command)
    #expect(!command.description.isEmpty)
  }

  @Test("A scaler of an older file has no policy, floor, ceiling or hysteresis, and is torch's")
  func olderScaler() throws {
    let line = #"{"initialScale":8,"growthFactor":2,"backoffFactor":0.5,"growthInterval":50}"#
    let scaler = try JSONDecoder().decode(ScalerDescription.self, from: Data(line.utf8))
    #expect(scaler == ScalerDescription(initialScale: 8, growthFactor: 2, backoffFactor: 0.5, growthInterval: 50))
    #expect(scaler.explanation == "torch, grows every 50 committed steps")
  }

  @Test("A scaler says how its scale moves")
  func scalerExplanation() {
    func explanation(_ policy: ScalerDescription.Policy) -> String {
      ScalerDescription(initialScale: 8, growthFactor: 2, backoffFactor: 0.5, growthInterval: 70, policy: policy)
        .explanation
    }
    #expect(explanation(.static) == "static")
    #expect(explanation(.measured) == "auto, measured from gradients every 70 committed steps")
    #expect(explanation(.deepspeed) == "deepspeed, grows every 70 committed steps")
  }

  @Test("Lanes are letters, ordered by index")
  func lanes() {
    #expect(LaneID(0).description == "A")
    #expect(LaneID(25).description == "Z")
    #expect(LaneID(26).description == "#26")
    #expect(LaneID(-1).description == "#-1")
    #expect(LaneID(0) < LaneID(1))
  }

  @Test(
    "Precisions are found by name and by the names of Apex and Lightning, in any case",
    arguments: [
      ("fp32", Precision.fp32), ("O0", .fp32), ("32-true", .fp32), ("AMP-FP16", .ampFP16), ("o1", .ampFP16),
      ("16-mixed", .ampFP16), ("amp-bf16", .ampBF16), ("BF16-mixed", .ampBF16),
    ])
  func spellings(text: String, precision: Precision) {
    #expect(Precision(spelling: text) == precision)
  }

  @Test(
    "A word that names no precision, or depends on the device, is not answered",
    arguments: ["amp", "auto", "", "fp8"])
  func unknownSpelling(text: String) {
    #expect(Precision(spelling: text) == nil)
  }

  @Test("Only autocast modes have a 16-bit format")
  func computeFormat() {
    #expect(Precision.fp32.computeFormat == nil)
    #expect(Precision.ampFP16.computeFormat == .fp16)
    #expect(Precision.ampBF16.computeFormat == .bf16)
  }

  @Test("A memory breakdown adds up")
  func memory() {
    #expect(SampleEvents.memory.bytes.total == SampleEvents.memory.peak)
  }
}

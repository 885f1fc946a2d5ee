import Foundation
import Testing

@testable import TrainingEvents

@Suite("Lines of steps, read character by character")
struct StepLineTests {
  /// As the general decoder reads it.
  private func general(_ line: Data) throws -> TrainingEvent {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try decoder.decode(TrainingEvent.self, from: line)
  }

  private func fast(_ line: Data) -> TrainingEvent? { line.withUnsafeBytes { StepLine.event($0) } }

  /// The same numbers, of which some may be NaN.
  private func line(_ event: TrainingEvent) throws -> Data { try EventLineEncoder().line(event) }

  private func step(_ random: inout SystemRandomNumberGenerator) -> TrainingEvent {
    func number() -> Double {
      switch Int.random(in: 0..<8, using: &random) {
      case 0: .nan
      case 1: Bool.random(using: &random) ? .infinity : -.infinity
      case 2: Double(Int.random(in: -3...3, using: &random))
      case 3: Double(bitPattern: UInt64.random(in: 0...(0x7FE << 52), using: &random))
      case 4: -Double.leastNonzeroMagnitude
      default: Double.random(in: 0...100, using: &random)
      }
    }
    let reasons: [SkipReason?] = [nil, .nonFiniteLoss, .nonFiniteGradient, .nonFiniteUpdate]
    let reason = reasons.randomElement(using: &random) ?? nil
    let hasScaler = Bool.random(using: &random)
    let phases = PhaseTimes(
      forward: number(), backward: number(), optimizer: number(), cast: number(), data: number(),
      numerics: Bool.random(using: &random) ? number() : nil, idle: number())
    return TrainingEvent(
      time: Double.random(in: 1e9...2e9, using: &random),
      body: .step(
        StepReport(
          lane: LaneID(Int.random(in: 0..<26, using: &random)), attempt: Int.random(in: 0...(1 << 40), using: &random),
          committedStep: Int.random(in: -1...9, using: &random), committed: reason == nil, skipReason: reason,
          loss: number(), scale: hasScaler ? number() : nil,
          stepsToGrowth: hasScaler ? Int.random(in: 0...2000, using: &random) : nil, stepMilliseconds: number(),
          phases: phases, gradNorm: number(), learningRate: number(), samples: 128, segment: 0)))
  }

  @Test("Every step that is written is read so, to the last bit")
  func written() throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<500 {
      let line = try line(step(&random))
      for line in [line, line.dropLast()] {
        let read = try #require(fast(line), "\(String(decoding: line, as: UTF8.self))")
        // NaN is not equal to itself; equal lines are equal bits.
        #expect(try self.line(read) == self.line(general(line)))
      }
    }
  }

  @Test("What is no line of a step as it is written is left to the general decoder, which reads or refuses it as ever")
  func others() throws {
    let written = String(decoding: try line(TrainingEvent(time: 1.5, body: .step(SampleEvents.step))), as: UTF8.self)
    #expect(fast(Data(written.utf8)) != nil)
    let changes: [(String, String)] = [
      ("{\"attempt\"", "{ \"attempt\""), ("\"v\":1}", "\"v\":2}"), ("\"v\":1}", "\"v\":1,\"w\":1}"), ("}\n", "}\nx"),
      ("}\n", "} \n"), ("\"type\":\"step\"", "\"type\":\"stop\""), ("\"time\":1.5", "\"time\":0x5"),
      ("\"time\":1.5", "\"time\":01.5"), ("\"time\":1.5", "\"time\":--1"), ("\"time\":1.5", "\"time\":1e999"),
      ("\"time\":1.5", "\"time\":.5"), ("\"time\":1.5", "\"time\":1."),
      ("\"time\":1.5", "\"time\":1.e5"), ("\"time\":1.5", "\"time\":1-5"), ("\"time\":1.5", "\"time\":-.5"),
      ("\"time\":1.5", "\"time\":+1.5"),
      ("\"time\":1.5", "\"time\":"), ("\"time\":1.5", "\"time\":\"1.5\""), ("\"time\":1.5", "\"time\":null"),
      ("\"lane\":\"", "\"lane\":\"A"), ("\"committed\":", "\"committed\":1"), ("\"attempt\":", "\"attempt\":1.5e0"),
      ("\"attempt\":", "\"attempt\":99999999999999999999"), ("\"samples\":", "\"sample\":"),
    ]
    for (old, new) in changes {
      let changed = Data(written.replacingOccurrences(of: old, with: new).utf8)
      #expect(changed != Data(written.utf8) && fast(changed) == nil, "\(new)")
      let expected = try? general(changed)
      #expect((try? EventLineDecoder().event(changed)) == expected, "\(new)")
    }
    for count in 0..<written.utf8.count - 2 {
      #expect(fast(Data(written.utf8.prefix(count))) == nil, "cut after \(count)")
    }
    for (type, body) in SampleEvents.bodies where type != "step" {
      #expect(try fast(line(TrainingEvent(time: 1, body: body))) == nil)
    }
  }
}

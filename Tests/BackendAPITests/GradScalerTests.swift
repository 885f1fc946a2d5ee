import BackendAPI
import Foundation
import Testing

@Suite("Gradient scaler")
struct GradScalerTests {
  /// A run of torch's scaler, as Tests/Reference/grad_scaler_cases.py wrote it.
  private struct Sequence: Decodable {
    var name: String
    var initScale: Float
    var growthFactor: Double
    var backoffFactor: Double
    var growthInterval: Int32
    var foundInf: [Bool]
    var scales: [Float]
    var growthTrackers: [Int32]
  }

  private struct Fixture: Decodable {
    var sequences: [Sequence]
  }

  @Test("moves as torch's, bit for bit")
  func torch() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Reference/Fixtures/grad_scaler_sequences.json")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let sequences = try decoder.decode(Fixture.self, from: Data(contentsOf: file)).sequences
    #expect(!sequences.isEmpty)
    for sequence in sequences {
      var scaler = GradScaler(
        GradScaler.Settings(
          initialScale: sequence.initScale, growthFactor: sequence.growthFactor,
          backoffFactor: sequence.backoffFactor, growthInterval: sequence.growthInterval))
      for (step, foundInf) in sequence.foundInf.enumerated() {
        scaler.update(foundInf: foundInf)
        #expect(scaler.scale == sequence.scales[step], "\(sequence.name), step \(step)")
        #expect(scaler.growthTracker == sequence.growthTrackers[step], "\(sequence.name), step \(step)")
      }
    }
  }

  @Test("does not grow beyond fp32, but starts counting anew")
  func ceiling() {
    var scaler = GradScaler(GradScaler.Settings(initialScale: 0x1p127, growthInterval: 1))
    scaler.update(foundInf: false)
    #expect(scaler.scale == 0x1p127)
    #expect(scaler.growthTracker == 0)
  }

  @Test(
    "takes the reciprocal in fp64, rounded once",
    arguments: [
      (Float(65536), Float(0x1p-16)), (3, 0x1.555556p-2), (0x1p-128, .infinity), (0, .infinity), (0x1p127, 0x1p-127),
    ])
  func inverse(_ scale: Float, _ expected: Float) {
    #expect(GradScaler(GradScaler.Settings(initialScale: scale)).inverseScale == expected)
  }
}

import BackendAPI
import Foundation
import Testing

/// What other systems' scalers do, as Tests/Reference/scaler_preset_cases.py wrote it.
private struct Fixture: Decodable {
  var sequences: [Sequence]
  var severalOptimizers: SeveralOptimizers

  /// A script and the original's answer, until it raises or passes a guard of ours.
  struct Sequence: Decodable {
    var preset: GradScaler.Preset
    var name: String
    var settings: Changes
    var initialScale: Float
    /// Runs of steps that all overflow or all do not.
    var overflows: [Bool]
    var steps: [Int]
    /// Steps after which the scale differs, and what it is then.
    var changeSteps: [Int]
    var changeScales: [Float]
    /// After every run.
    var growthTrackers: [Int32]
    var hysteresisTrackers: [Int32]
    var raises: Raise?
    var guarded: Guard?

    private enum CodingKeys: String, CodingKey {
      case preset, name, settings, initialScale, overflows, steps, changeSteps, changeScales, growthTrackers
      case hysteresisTrackers, raises
      case guarded = "guard"
    }
  }

  /// Settings that differ from the preset's.
  struct Changes: Decodable {
    var initialScale: Float?
    var growthInterval: Int32?
    var minimumScale: Float?
    var maximumScale: Float?
    var hysteresis: Int32?
    var refillsAtOnce: Bool?
  }

  struct Raise: Decodable {
    var step: Int
    var message: String
  }

  struct Guard: Decodable {
    var step: Int
    var reason: String
  }

  struct SeveralOptimizers: Decodable {
    var initialScale: Float
    var growthInterval: Int32
    var foundInf: [[Bool]]
    var scales: [Float]
  }

  static let read = Result {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Reference/Fixtures/scaler_presets.json")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Fixture.self, from: Data(contentsOf: file))
  }
}

extension Fixture.Sequence {
  /// The scaler of the preset with what the script changed.
  var scaler: GradScaler {
    get throws {
      var changed = preset.settings
      changed.initialScale = settings.initialScale ?? changed.initialScale
      changed.growthInterval = settings.growthInterval ?? changed.growthInterval
      if let floor = settings.minimumScale {
        changed.minimumScale = floor
        // The guard belongs to its own floor: at one that the user asks for Apex skips on.
        if changed.atMinimum == .stops { changed.atMinimum = .keepsSkipping }
      }
      changed.maximumScale = settings.maximumScale ?? changed.maximumScale
      changed.hysteresis = settings.hysteresis ?? changed.hysteresis
      changed.refillsAtOnce = settings.refillsAtOnce ?? changed.refillsAtOnce
      try changed.validate()
      return GradScaler(changed)
    }
  }

  /// Where the original ends, or goes where ours does not.
  var end: Int? { raises?.step ?? guarded?.step }
}

@Suite("Scaler presets")
struct ScalerPresetTests {
  @Test("move as their originals, step for step", arguments: GradScaler.Preset.allCases)
  func sequences(preset: GradScaler.Preset) throws {
    let sequences = try Fixture.read.get().sequences.filter { $0.preset == preset }
    #expect(sequences.count >= 11)
    for sequence in sequences {
      var scaler = try sequence.scaler
      let changes = Dictionary(uniqueKeysWithValues: zip(sequence.changeSteps, sequence.changeScales))
      var (step, expected) = (0, sequence.initialScale)
      #expect(scaler.scale == expected, "\(sequence.name)")
      runs: for (run, (overflows, count)) in zip(sequence.overflows, sequence.steps).enumerated() {
        for _ in 0..<count where step != sequence.end {
          scaler.update(foundInf: overflows)
          expected = changes[step] ?? expected
          // One line a failure, and no expectation a step: there are many.
          if scaler.scale != expected || scaler.isExhausted {
            Issue.record("\(sequence.name), step \(step): \(scaler.scale), the original \(expected)")
            break runs
          }
          step += 1
        }
        if step == sequence.end { break }
        #expect(scaler.growthTracker == sequence.growthTrackers[run], "\(sequence.name), run \(run)")
        #expect(scaler.hysteresisTracker == sequence.hysteresisTrackers[run], "\(sequence.name), run \(run)")
      }
      #expect(step == sequence.end ?? sequence.steps.reduce(0, +), "\(sequence.name)")
    }
  }

  @Test("end the run with the original's message where it raises")
  func raises() throws {
    let sequences = try Fixture.read.get().sequences.filter { $0.raises != nil }
    #expect(Set(sequences.map(\.preset)) == [.deepspeed])
    for sequence in sequences {
      var scaler = try scalerAtEnd(of: sequence)
      let floor = scaler.scale
      #expect(floor == scaler.settings.minimumScale)
      scaler.update(foundInf: true)
      #expect(scaler.exhaustion == sequence.raises?.message, "\(sequence.name)")
      #expect(scaler.scale == floor)
    }
  }

  @Test("stop at a guard where the original goes on towards 0 or infinity")
  func guards() throws {
    let sequences = try Fixture.read.get().sequences.filter { $0.guarded != nil }
    for sequence in sequences {
      var scaler = try scalerAtEnd(of: sequence)
      let last = scaler.scale
      switch sequence.guarded?.reason {
      case "smallest scale":
        #expect(last == 0x1p-126 && scaler.exhaustion == nil)
        scaler.update(foundInf: true)
        #expect(scaler.exhaustion?.contains("the scale is not the cause") == true, "\(sequence.name)")
      case "largest scale":
        #expect(last == 0x1p126 && scaler.stepsToGrowth == nil)
        scaler.update(foundInf: false)
        #expect(scaler.exhaustion == nil && scaler.growthTracker == 0, "\(sequence.name)")
      default: Issue.record("\(sequence.name): guard \(String(describing: sequence.guarded))")
      }
      #expect(scaler.scale == last, "\(sequence.name)")
    }
    func presets(_ reason: String) -> Set<GradScaler.Preset> {
      Set(sequences.filter { $0.guarded?.reason == reason }.map(\.preset))
    }
    #expect(presets("smallest scale") == [.torch, .apex, .keras])
    #expect(presets("largest scale") == [.torch, .deepspeed, .megatron, .keras])
  }

  @Test("shared by several optimizers back off when one of them overflows, as torch's")
  func severalOptimizers() throws {
    let fixture = try Fixture.read.get().severalOptimizers
    #expect(fixture.foundInf.contains { $0.contains(true) && $0.contains(false) })
    var scaler = GradScaler(
      GradScaler.Settings(initialScale: fixture.initialScale, growthInterval: fixture.growthInterval))
    for (found, scale) in zip(fixture.foundInf, fixture.scales) {
      scaler.update(foundInf: found.contains(true))
      #expect(scaler.scale == scale)
    }
  }

  @Test("of several losses move each by its own overflows, as Apex's")
  func severalLosses() throws {
    let sequences = try Fixture.read.get().sequences.filter {
      $0.preset == .apex && $0.name.hasPrefix("random_interval")
    }
    var scalers = try sequences.map { try $0.scaler }
    var alone = scalers
    let scripts = sequences.map { sequence in
      zip(sequence.overflows, sequence.steps).flatMap { Array(repeating: $0, count: $1) }
    }
    for step in 0..<300 { for loss in scalers.indices { scalers[loss].update(foundInf: scripts[loss][step]) } }
    for loss in alone.indices { for step in 0..<300 { alone[loss].update(foundInf: scripts[loss][step]) } }
    #expect(scalers == alone)
    #expect(Set(scalers.map(\.scale)).count > 1)
  }

  /// The scaler when its original raises or passes a guard.
  private func scalerAtEnd(of sequence: Fixture.Sequence) throws -> GradScaler {
    var scaler = try sequence.scaler
    let script = zip(sequence.overflows, sequence.steps).lazy.flatMap { repeatElement($0, count: $1) }
    for overflows in script.prefix(try #require(sequence.end)) { scaler.update(foundInf: overflows) }
    return scaler
  }
}

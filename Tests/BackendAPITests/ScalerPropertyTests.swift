import BackendAPI
import Foundation
import TensorCore
import Testing

/// Settings with a floor: presets, the scaler that measures, and variations of both.
private let guarded: [GradScaler.Settings] = {
  var all = GradScaler.Preset.allCases.map(\.settings) + [.measured]
  for var settings in all {
    settings.growthInterval = 3
    settings.hysteresis = 3
    settings.refillsAtOnce = true
    settings.initialScale = 96
    all.append(settings)
    settings.backoffFactor = 0.3
    settings.growthFactor = 1.7
    all.append(settings)
  }
  return all
}()

@Suite("Scaler properties")
struct ScalerPropertyTests {
  @Test("Scale and reciprocal are positive and finite and the trackers in their ranges, whatever happens")
  func ranges() throws {
    for (index, settings) in guarded.enumerated() {
      try settings.validate()
      // From nearly only overflows to nearly none.
      for share in [0.95, 0.5, 0.1, 0.005] as [Float] {
        var random = PhiloxGenerator(seed: 1, stream: UInt64(index))
        var scaler = GradScaler(settings)
        for _ in 0..<3000 {
          // Over fp32's whole range, and 0.
          let gradient = Float(sign: .plus, exponent: Int(random.next32() % 300) - 160, significand: 1)
          scaler.update(foundInf: random.nextUniform() < share, largestGradient: gradient)
          guard isInRange(scaler) else {
            Issue.record("\(scaler)")
            break
          }
        }
      }
    }
  }

  private func isInRange(_ scaler: GradScaler) -> Bool {
    let settings = scaler.settings
    return scaler.scale > 0 && scaler.scale.isFinite && scaler.inverseScale.isNormal
      && (settings.minimumScale...settings.maximumScale).contains(scaler.scale)
      && (-settings.growthDelay..<settings.growthInterval).contains(scaler.growthTracker)
      && (1...settings.hysteresis).contains(scaler.hysteresisTracker)
      && (!scaler.isExhausted || scaler.scale == settings.minimumScale)
      && (scaler.stepsToGrowth ?? 1) >= 1
  }

  @Test("The countdown to growth is right for every preset, after overflows too")
  func countdown() throws {
    for preset in GradScaler.Preset.allCases {
      var scaler = GradScaler(preset.settings)
      for overflows in [0, 1, 2] {
        for _ in 0..<overflows { scaler.update(foundInf: true) }
        let steps = try #require(scaler.stepsToGrowth)
        let before = scaler.scale
        for _ in 0..<(steps - 1) { scaler.update(foundInf: false) }
        #expect(scaler.scale == before && scaler.stepsToGrowth == 1, "\(preset)")
        scaler.update(foundInf: false)
        #expect(scaler.scale == 2 * before, "\(preset)")
      }
    }
  }

  @Test("Nothing counts down where nothing will grow")
  func noCountdown() {
    #expect(GradScaler(.constant(128)).stepsToGrowth == nil)
    var apex = GradScaler(GradScaler.Preset.apex.settings)
    apex.scale = 0x1p24
    #expect(apex.stepsToGrowth == nil)
    apex.scale = 0x1p23
    #expect(apex.stepsToGrowth == 2000)
  }

  @Test("A scale whose reciprocal is not a positive number has an infinite one", arguments: [.infinity, .nan, 0, -2])
  func uselessScale(scale: Float) {
    var scaler = GradScaler(GradScaler.Settings())
    scaler.scale = scale
    #expect(scaler.inverseScale == .infinity)
  }

  @Test("A constant scale never moves")
  func constant() {
    let start = GradScaler(.constant(300))
    var scaler = start
    for step in 0..<5000 { scaler.update(foundInf: step % 3 == 0, largestGradient: 1e9) }
    #expect(scaler == start && scaler.scale == 300 && scaler.exhaustion == nil)
  }

  @Test("A committed step takes exhaustion back; Megatron's scaler is never exhausted")
  func exhaustion() {
    var scaler = GradScaler(GradScaler.Preset.deepspeed.settings)
    for _ in 0..<17 { scaler.update(foundInf: true) }
    #expect(!scaler.isExhausted && scaler.scale == 1)
    scaler.update(foundInf: true)
    #expect(scaler.isExhausted)
    scaler.update(foundInf: false)
    #expect(!scaler.isExhausted && scaler.exhaustion == nil)

    var megatron = GradScaler(GradScaler.Preset.megatron.settings)
    for _ in 0..<200 { megatron.update(foundInf: true) }
    #expect(megatron.scale == 1 && megatron.exhaustion == nil)
  }

  @Test("Settings out of range are refused by name")
  func validation() throws {
    func message(_ change: (inout GradScaler.Settings) -> Void) -> String {
      var settings = GradScaler.Settings()
      change(&settings)
      return #expect(throws: BackendError.self) { try settings.validate() }?.message ?? ""
    }
    for scale in [0, -1, 0x1p-127, 0x1p127, .nan, .infinity] as [Float] {
      #expect(
        message { $0.initialScale = scale }.contains("initial scale must be between 1.1754944e-38 and 8.507059e+37"))
    }
    #expect(message { $0.growthFactor = 1 }.contains("growth factor must be finite and above 1, found 1.0"))
    #expect(message { $0.backoffFactor = 1 }.contains("backoff factor"))
    #expect(message { $0.growthInterval = 0 }.contains("growth interval"))
    #expect(message { $0.growthDelay = -1 }.contains("growth delay"))
    #expect(message { $0.hysteresis = 0 }.contains("hysteresis"))
    #expect(message { $0.minimumScale = 65537 }.contains("minimum scale must be between 0 and the initial scale"))
    #expect(message { $0.maximumScale = 65535 }.contains("maximum scale"))
    try GradScaler.Settings().validate()
    try GradScaler.Settings.constant(3).validate()
    for preset in GradScaler.Preset.allCases { #expect(preset.settings.preset == preset) }
  }

  @Test("A step control survives a checkpoint, bit for bit")
  func coding() throws {
    for settings in guarded + [.constant(3)] {
      var control = StepControl(scaler: GradScaler(settings))
      control.committedSteps = 1 << 40
      for step in 0..<50 { control.scaler?.update(foundInf: step % 7 == 3, largestGradient: 0.1) }
      control.magnitudes = StepControl.Magnitudes(weight: 1, state: (2, .infinity))
      let copy = try JSONDecoder().decode(StepControl.self, from: JSONEncoder().encode(control))
      control.magnitudes = nil
      #expect(copy == control)
    }
    let none = try JSONDecoder().decode(StepControl.self, from: JSONEncoder().encode(StepControl()))
    #expect(none == StepControl())
  }
}

import BackendAPI
import BackendCPU
import Testing
import Training
import TrainingEvents

@Suite("Loss scaler: names")
struct ScalerPolicyTests {
  @Test("Every name has a policy, and no other word has one")
  func names() throws {
    // Front ends do not see the engine: they offer this list.
    #expect(ScalerPolicy.names.sorted() == ScalerDescription.policyNames.sorted())
    for name in ScalerPolicy.names where name != "static" {
      #expect(try ScalerPolicy.named(name) != nil)
      #expect(try ScalerPolicy.named(name.uppercased()) == ScalerPolicy.named(name))
    }
    for name in ["", "torhc", "off", "fairseq"] { #expect(try ScalerPolicy.named(name) == nil) }
  }

  @Test("A preset keeps its own constants, but for those that are stated", arguments: GradScaler.Preset.allCases)
  func presets(preset: GradScaler.Preset) throws {
    #expect(try ScalerPolicy.named(preset.rawValue, steps: 400) == .automatic(preset.settings))
    var changed = preset.settings
    changed.initialScale = 512
    changed.growthInterval = 7
    #expect(try ScalerPolicy.named(preset.rawValue, initialScale: 512, growthInterval: 7) == .automatic(changed))
  }

  @Test("dynamic and auto fit the growth interval to the length of the run")
  func intervals() throws {
    for (steps, interval) in [(nil, 100), (400, 50), (40_000, 2000)] as [(Int?, Int32)] {
      var torch = GradScaler.Preset.torch.settings
      torch.growthInterval = interval
      #expect(try ScalerPolicy.named("dynamic", steps: steps) == .dynamic(torch))
      var measured = GradScaler.Settings.measured
      measured.growthInterval = interval
      #expect(try ScalerPolicy.named("auto", steps: steps) == .automatic(measured))
    }
    #expect(try ScalerPolicy.named("none") == .off)
    #expect(try ScalerPolicy.named("static", initialScale: 128) == .static(128))
  }

  @Test("A constant that is missing, of no use or out of range is refused with what to do")
  func refusals() {
    func message(_ name: String, initialScale: Float? = nil, growthInterval: Int32? = nil) -> String {
      #expect(throws: TrainingError.self) {
        try ScalerPolicy.named(name, initialScale: initialScale, growthInterval: growthInterval)
      }?.message ?? ""
    }
    #expect(message("static").contains("state it as the initial scale"))
    #expect(message("static", initialScale: 8, growthInterval: 5).contains("leave out the growth interval"))
    #expect(message("static", initialScale: -8).contains("initial scale must be between"))
    #expect(message("none", initialScale: 8).contains("leave out initial scale"))
    #expect(message("torch", growthInterval: 0).contains("growth interval must be at least 1, found 0"))
    #expect(message("deepspeed", initialScale: 0.5).contains("between 0 and the initial scale 0.5, found 1.0"))
    #expect(message("apex", initialScale: 0x1p25).contains("maximum scale"))
  }

  @Test("Trainer and session refuse constants out of range")
  func validated() throws {
    #expect(throws: TrainingError.self) {
      try Trainer(.small(scaler: .static(0)), precision: .ampFP16, backend: CPUBackend())
    }
    #expect(throws: TrainingError.self) {
      try SessionHarness(
        .small(scaler: .automatic(GradScaler.Settings(growthFactor: 0.5))), [.fp32], backend: NullBackend(),
        options: Session.Options(steps: 1))
    }
  }
}

import BackendAPI
import BackendCPU
import Testing
import Training
import TrainingEvents

@Suite("Changing precision")
struct PrecisionToggleTests {
  private static let pairs = Precision.lossless.flatMap { from in
    Precision.lossless.filter { $0 != from }.map { (from: from, to: $0) }
  }

  @Test("A toggle at step k equals a run started from a copy of the state at k, bit for bit", arguments: pairs)
  func toggle(_ pair: (from: Precision, to: Precision)) throws {
    let configuration = try Trainer.Configuration.small(optimizer: .adamW())
    let toggled = try Trainer(configuration, precision: pair.from, backend: CPUBackend())
    _ = try toggled.losses(6)
    let copy = try toggled.state.copy()
    let before = try toggled.state.bits

    try toggled.setPrecision(pair.to)
    #expect(try toggled.state.bits == before)
    #expect(toggled.precision == pair.to)
    #expect(toggled.attempt == 6)
    let fresh = try Trainer(
      configuration, precision: pair.to, continuing: copy, attempt: 6, backend: CPUBackend())

    #expect(try toggled.losses(6) == fresh.losses(6))
    #expect(try toggled.state.bits == fresh.state.bits)
    #expect(toggled.state.control == fresh.state.control)
  }

  @Test("Going there and back by the cached executable leaves the run where it was", arguments: Precision.lossless)
  func thereAndBack(precision: Precision) throws {
    let configuration = try Trainer.Configuration.small(scaler: .off)
    let straight = try Trainer(configuration, precision: precision, backend: CPUBackend())
    let toggled = try Trainer(configuration, precision: precision, backend: CPUBackend())
    #expect(try straight.losses(4) == toggled.losses(4))
    for other in Precision.lossless where other != precision { try toggled.setPrecision(other) }
    try toggled.setPrecision(precision)
    #expect(try straight.losses(4) == toggled.losses(4))
    #expect(try straight.state.bits == toggled.state.bits)
  }

  @Test("The precisions do compute differently")
  func precisionsDiffer() throws {
    // O2 differs from autocast where an operation is on neither of autocast's lists; this network has none.
    let modes = Precision.onCPU.filter { $0 != .o2 }
    let losses = try modes.map {
      try Trainer(.small(dropout: 0), precision: $0, backend: CPUBackend()).losses(4)
    }
    #expect(Set(losses).count == modes.count)
  }

  @Test("A loss scaler is reset, kept or put away as the modes have one")
  func scalerFates() throws {
    let settings = GradScaler.Settings(initialScale: 1024, growthInterval: 3)
    let automatic = try Trainer(.small(scaler: .automatic(settings)), precision: .fp32, backend: CPUBackend())
    #expect(try automatic.setPrecision(.ampFP16) == .reset)
    #expect(automatic.state.control.scaler == GradScaler(settings))
    _ = try automatic.losses(3)
    #expect(automatic.state.control.scaler?.scale == 2048)
    #expect(try automatic.setPrecision(.ampBF16) == .off)
    #expect(automatic.state.control.scaler == nil)

    let dynamic = try Trainer(.small(scaler: .dynamic(settings)), precision: .ampFP16, backend: CPUBackend())
    _ = try dynamic.losses(4)
    let moved = try #require(dynamic.state.control.scaler)
    #expect(moved.scale == 2048 && moved.growthTracker == 1)
    #expect(try dynamic.setPrecision(.ampBF16) == .kept)
    #expect(dynamic.state.control.scaler == moved)
    #expect(try dynamic.setPrecision(.fp32) == .off)
    #expect(try dynamic.setPrecision(.ampFP16) == .reset)

    let off = try Trainer(.small(scaler: .off), precision: .fp32, backend: CPUBackend())
    #expect(try off.setPrecision(.ampFP16) == .off)
    #expect(off.state.control.scaler == nil)
  }

  @Test("A compiled step of another thread is taken over at a step boundary")
  func adopted() throws {
    let configuration = try Trainer.Configuration.small()
    let trainer = try Trainer(configuration, precision: .fp32, backend: CPUBackend())
    let direct = try Trainer(configuration, precision: .fp32, backend: CPUBackend())
    _ = try trainer.losses(2)
    _ = try direct.losses(2)
    try trainer.adopt(Trainer.compile(configuration, policy: PrecisionPolicy(.ampBF16), backend: CPUBackend()))
    try direct.setPrecision(.ampBF16)
    #expect(try trainer.losses(3) == direct.losses(3))
  }
}

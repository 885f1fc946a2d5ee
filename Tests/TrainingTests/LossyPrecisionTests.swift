import BackendAPI
import BackendCPU
import Datasets
import SafetensorsFormat
import TensorCore
import Testing
import Training
import TrainingEvents

@Suite("Modes without masters")
struct LossyPrecisionTests {
  @Test("Everything between steps is 16 bits, and half the bytes", arguments: [Precision.fp16, .bf16])
  func layout(mode: Precision) throws {
    let configuration = try Trainer.Configuration.small(optimizer: .adamW(eps: 1e-4))
    let full = try Trainer(configuration, precision: .fp32, backend: CPUBackend())
    let pure = try Trainer(configuration, precision: mode, backend: CPUBackend())
    let format = try #require(mode.computeFormat?.dtype)
    #expect(pure.state.layout.entries.allSatisfy { $0.dtype == format })
    for kind in [StateLayout.Kind.parameter, .statistic, .optimizer] {
      #expect(pure.state.layout.byteCount(of: kind) * 2 == full.state.layout.byteCount(of: kind))
    }
    #expect(pure.memory.bytes.lowPrecisionCopies == 0 && pure.memory.bytes.masters == 0)
  }

  @Test("Entering rounds every entry to nearest once; leaving widens exactly", arguments: [Precision.fp16, .bf16])
  func rounding(mode: Precision) throws {
    let configuration = try Trainer.Configuration.small(optimizer: .adamW(eps: 1e-4))
    let trainer = try Trainer(configuration, precision: .fp32, backend: CPUBackend())
    for _ in 0..<4 { _ = try trainer.step() }
    let format = try #require(mode.computeFormat?.dtype)
    let expected = try trainer.state.bits.mapValues { values in
      values.map { Float(format.rounded(Double(Float(bitPattern: $0)))).bitPattern }
    }
    try trainer.setPrecision(mode)
    #expect(try trainer.state.bits == expected)
    try trainer.setPrecision(.fp32)
    #expect(try trainer.state.bits == expected)
    #expect(try trainer.step().isCommitted)
  }

  @Test("Overrides of Apex's O2 and O3 keep what they name", arguments: [true, false])
  func overrides(masters: Bool) throws {
    let configuration = try Trainer.Configuration.small(optimizer: .sgd(learningRate: 0.05), scaler: .static(64))
    let trainer = try Trainer(
      configuration, precision: masters ? .fp16 : .o2, overrides: PrecisionOverrides(masterWeights: masters),
      backend: CPUBackend())
    func layer(_ name: String) -> String { name.split(separator: ".").dropLast().joined(separator: ".") }
    let entries = trainer.state.layout.entries
    let norms = Set(entries.filter { $0.kind == .statistic }.map { layer($0.name) })
    #expect(norms.count == 3)
    for entry in entries where entry.kind != .optimizer {
      let isFull = masters || norms.contains(layer(entry.name))
      #expect(entry.dtype == (isFull ? .float32 : .float16), "\(entry.name)")
    }
    #expect(try trainer.step().isCommitted)
    #expect(trainer.policy.isLossless == masters)
  }

  @Test("Overrides that contradict a mode are errors")
  func contradiction() throws {
    #expect(throws: TrainingError.self) {
      try Trainer(
        .small(), precision: .ampFP16, overrides: PrecisionOverrides(masterWeights: true), backend: CPUBackend())
    }
    #expect(throws: TrainingError.self) { try Trainer(.small(), precision: .tf32, backend: CPUBackend()) }
    let error = #expect(throws: TrainingError.self) {
      try SessionHarness(.small(), [.fp32, .tf32], options: Session.Options(steps: 1))
    }
    #expect(error?.message.hasPrefix("lane B: cpu cannot run tf32") == true)
  }

  @Test("Weights saved from a 16-bit state load into any mode")
  func saving() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("weights.safetensors")
    let trainer = try Trainer(.small(), precision: .bf16, backend: CPUBackend())
    _ = try trainer.step()
    try trainer.state.saveWeights(to: path)
    let other = try Trainer(.small(seed: 9), precision: .fp32, backend: CPUBackend())
    try other.loadWeights(from: SafetensorsFile(path: path))
    for entry in trainer.state.layout.entries where entry.kind != .optimizer {
      #expect(try other.state.floats(entry.name) == trainer.state.floats(entry.name))
    }
  }

  @Test("A forced overflow leaves statistics and evaluation finite, in every mode", arguments: Precision.onCPU)
  func overflow(mode: Precision) throws {
    let trainer = try Trainer(.small(), precision: mode, backend: CPUBackend())
    _ = try trainer.step()
    for fault in ["inf:features.0", "nan:grad:features.4", "inf:features.4"] {
      let before = try trainer.state.bits
      let result = try trainer.step(faults: [Fault(parsing: fault)])
      #expect(!result.isCommitted)
      #expect(try trainer.state.bits == before)
    }
    #expect(try trainer.evaluate(.validation, of: SmallData.glyphs).loss.isFinite)
  }
}

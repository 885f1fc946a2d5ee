import BackendAPI
import BackendCPU
import Datasets
import GraphCompiler
import GraphIR
import ModelZoo
import TensorCore
import Testing
import Training
import TrainingEvents

@Suite("Recomputed activations")
struct RecomputeTests {
  /// Random samples and targets of any task of the catalog.
  private struct RandomBatches: BatchSource {
    let input: SampleType
    let task: LearningTask
    var batchSize: Int { 4 }
    var attemptLimit: Int? { nil }
    /// Numbers below which integers stay: token ids, rows of tables, classes.
    static let integers: UInt32 = 8

    func fill(
      attempt: Int, inputs: UnsafeMutableRawBufferPointer, targets: UnsafeMutableRawBufferPointer
    ) throws {
      var random = PhiloxGenerator(seed: 17, stream: UInt64(attempt))
      for (memory, dtype) in [(inputs, input.dtype), (targets, target.dtype)] {
        switch dtype {
        case .int64:
          let values = memory.bindMemory(to: Int64.self)
          for index in values.indices { values[index] = Int64(random.next32() % Self.integers) }
        default:
          let values = memory.bindMemory(to: Float.self)
          for index in values.indices { values[index] = random.nextUniform() }
        }
      }
    }
  }

  /// A network of the catalog, small, with its batches.
  private func configuration(_ name: ModelName, _ recompute: Recompute) throws -> Trainer.Configuration {
    let (input, task, tables): (SampleType, LearningTask, [Int]?) =
      switch name {
      case .mlp, .cnn, .resnet, .vit: (SampleType(.float32, [1, 16, 16]), .classification(classes: 8), nil)
      case .unet: (SampleType(.float32, [1, 16, 16]), .segmentation(classes: 8), nil)
      case .lstm, .gpt: (SampleType(.int64, [12]), .language(vocabulary: 8), nil)
      case .ncf: (SampleType(.int64, [2]), .interaction, [8, 8])
      }
    var sizes = ModelCatalog.Sizes()
    (sizes.mlp.hidden, sizes.mlp.dropout, sizes.cnn.channels, sizes.cnn.dropout) = (16, 0.2, [4, 4, 8], 0.2)
    (sizes.resnet.depth, sizes.resnet.width) = (14, 4)
    (sizes.unet.channels, sizes.lstm.layers, sizes.lstm.hidden) = (4, 2, 16)
    (sizes.gpt.size, sizes.vit.width, sizes.vit.layers) = (.nano, 16, 3)
    return Trainer.Configuration(
      model: try ModelCatalog.model(name.rawValue, input: input, task: task, tableSizes: tables, sizes: sizes),
      batches: RandomBatches(input: input, task: task), optimizer: .adamW(learningRate: 1e-3), recompute: recompute,
      seed: 5)
  }

  @Test("give the same bits in every mode: weights, statistics, masks, losses", arguments: ModelName.allCases)
  func exact(_ name: ModelName) throws {
    for precision in [Precision.fp32, .ampFP16, .bf16] {
      let plain = try Trainer(configuration(name, .nothing), precision: precision, backend: CPUBackend())
      let losses = try plain.losses(3)
      let bits = try plain.state.bits
      for recompute in [Recompute.segments(3), .automatic] {
        let other = try Trainer(configuration(name, recompute), precision: precision, backend: CPUBackend())
        #expect(try other.losses(3) == losses, "\(precision) \(recompute)")
        #expect(try other.state.bits == bits, "\(precision) \(recompute)")
        // Another order of nodes may take less memory, and tensors are watched in theirs.
        #expect(Set(other.watchedTensors) == Set(plain.watchedTensors), "\(precision) \(recompute)")
        #expect(other.graph.floatingPointOperations == plain.graph.floatingPointOperations)
        if recompute == .automatic { #expect(other.memory.peak <= plain.memory.peak + other.memory.bytes.workspace) }
      }
    }
  }

  @Test("take less memory where activations are most of it, and are marked with their reason")
  func memory() throws {
    for name in [ModelName.resnet, .unet] {
      let plain = try Trainer(configuration(name, .nothing), precision: .fp32, backend: CPUBackend())
      let less = try Trainer(configuration(name, .automatic), precision: .fp32, backend: CPUBackend())
      #expect(less.memory.bytes.activations < plain.memory.bytes.activations * 3 / 4, "\(name)")
      let again = less.graph.nodes.filter(\.isRecomputed)
      #expect(!again.isEmpty)
      for node in again { #expect(node.phase == .backward && node.reason?.hasPrefix("recompute") == true) }
      #expect(plain.graph.nodes.allSatisfy { !$0.isRecomputed })
    }
  }

  @Test("A skipped step is diagnosed, and micro-batches add up, as without")
  func skipped() throws {
    var settings = try configuration(.resnet, .segments(3))
    settings.scaler = .automatic(GradScaler.Settings(initialScale: 0x1p40))
    settings.gradientAccumulation = 2
    var plain = settings
    plain.recompute = .nothing
    let (again, kept) = (
      try Trainer(settings, precision: .ampFP16, backend: CPUBackend()),
      try Trainer(plain, precision: .ampFP16, backend: CPUBackend())
    )
    var skips = 0
    for _ in 0..<30 {
      let (one, other) = (try again.step(diagnosing: true), try kept.step(diagnosing: true))
      #expect(one.outcome.loss.bitPattern == other.outcome.loss.bitPattern)
      #expect(one.isCommitted == other.isCommitted && (one.finding == nil) == (other.finding == nil))
      if !one.isCommitted { skips += 1 }
    }
    #expect(skips > 5 && skips < 30)
    #expect(try again.state.bits == kept.state.bits)
  }

  @Test("One segment is an error that says what to give")
  func tooFew() throws {
    let error = #expect(throws: GraphError.self) {
      _ = try Trainer(configuration(.mlp, .segments(1)), precision: .fp32, backend: CPUBackend())
    }
    #expect(error?.message.contains("2 segments or more, found 1") == true)
  }
}

import BackendAPI
import BackendCPU
import Datasets
import Testing
import Training
import TrainingEvents

@Suite("Trainer")
struct TrainerTests {
  @Test("Two fp32 trainers with dropout are bit-identical over thirty steps", arguments: ["mlp", "cnn"])
  func twins(model: String) throws {
    let configuration = try Trainer.Configuration.small(model, optimizer: .adamW())
    let a = try Trainer(configuration, precision: .fp32, backend: CPUBackend())
    let b = try Trainer(configuration, precision: .fp32, backend: CPUBackend())
    #expect(try a.losses(30) == b.losses(30))
    #expect(try a.state.bits == b.state.bits)
    #expect(a.state.control == b.state.control)
  }

  @Test("Another seed gives other weights and other losses")
  func seeds() throws {
    let a = try Trainer(.small(seed: 3), precision: .fp32, backend: CPUBackend())
    let b = try Trainer(.small(seed: 4), precision: .fp32, backend: CPUBackend())
    #expect(try a.losses(3) != b.losses(3))
  }

  @Test("All precisions start from the same fp32 weights")
  func firstWeights() throws {
    let states = try Precision.lossless.map {
      try Trainer(.small(), precision: $0, backend: CPUBackend()).state.bits
    }
    #expect(states.allSatisfy { $0 == states[0] })
  }

  @Test("Training reduces the loss in every precision", arguments: Precision.onCPU)
  func learns(precision: Precision) throws {
    // AdamW's eps of 1e-8 is 0 in fp16: without masters the run blows up, as it does in PyTorch.
    let optimizer = Optimizer.adamW(learningRate: 0.01, eps: precision == .fp16 ? 1e-4 : 1e-8)
    let trainer = try Trainer(
      .small("mlp", optimizer: optimizer, dropout: 0), precision: precision, backend: CPUBackend())
    // The batches of an epoch are the same samples in another order, so means of epochs compare.
    let losses = try (0..<60).map { _ in try trainer.step().loss }
    let first = losses.prefix(12).reduce(0, +) / 12
    let last = losses.suffix(12).reduce(0, +) / 12
    #expect(last < 0.8 * first)
  }

  @Test("A step reports its attempt, its rate and where its time went")
  func report() throws {
    let trainer = try Trainer(.small(), precision: .ampBF16, backend: CPUBackend())
    _ = try trainer.step()
    trainer.learningRate = 0.25
    let result = try trainer.step()
    let report = result.report(lane: LaneID(1), segment: 7, samples: 8)
    #expect(report.attempt == 1 && report.committedStep == 2 && report.committed && report.skipReason == nil)
    #expect(report.learningRate == 0.25 && report.segment == 7 && report.samples == 8 && report.lane == LaneID(1))
    #expect(report.scale == nil && report.stepsToGrowth == nil)
    #expect(report.gradNorm > 0)
    let phases = report.phases
    let sum = phases.forward + phases.backward + phases.optimizer + phases.cast + phases.data + phases.idle
    // A thousandth: the sums are rounded in another order.
    #expect(abs(sum - report.stepMilliseconds) <= 1e-3 * report.stepMilliseconds)
  }

  @Test("Batches that end throw past the end and leave the state alone")
  func batchesEnd() throws {
    let source = ComputedBatches { attempt, _ in
      if attempt == 1 { throw DatasetError(.outOfRange, "no batch 1") }
    }
    let trainer = try Trainer(
      Trainer.Configuration(
        model: .small("mlp", sampleShape: source.input.shape), batches: source, optimizer: .sgd(learningRate: 0.1)),
      precision: .fp32, backend: CPUBackend())
    _ = try trainer.step()
    let before = try trainer.state.bits
    #expect(throws: DatasetError.self) { try trainer.step() }
    #expect(try trainer.state.bits == before)
    #expect(trainer.attempt == 1)
  }

  @Test("Planned bytes by owner add up to the peak", arguments: ["mlp", "cnn"])
  func memory(model: String) throws {
    for precision in Precision.onCPU {
      let trainer = try Trainer(.small(model), precision: precision, backend: CPUBackend())
      let memory = trainer.memory
      #expect(memory.bytes.total == memory.peak)
      #expect(memory.peak <= memory.unshared)
      let layout = trainer.state.layout
      let stored = layout.byteCount(of: .parameter) + layout.byteCount(of: .statistic)
      if precision == .o2 {
        // What norms have stays; everything else is 16 bits, rounded from masters.
        #expect(memory.bytes.masters > 0 && memory.bytes.masters <= stored)
        #expect(memory.bytes.parameters - (stored - memory.bytes.masters) >= memory.bytes.masters / 2)
      } else {
        #expect(memory.bytes.parameters == stored && memory.bytes.masters == 0)
      }
      #expect(memory.bytes.optimizerState == trainer.state.layout.byteCount(of: .optimizer))
      #expect(memory.bytes.workspace >= 0)
      #expect((memory.bytes.lowPrecisionCopies > 0) == precision.isAutocast)
    }
  }

  @Test("Activations of AMP take fewer bytes than those of fp32", arguments: ["mlp", "cnn"])
  func activations(model: String) throws {
    // Wide enough that activations outweigh the batch, which comes in fp32 in every mode.
    let configuration = try Trainer.Configuration.small(model, batchSize: 64, hidden: 256)
    let full = try Trainer(configuration, precision: .fp32, backend: CPUBackend()).memory.bytes.activations
    for precision in [Precision.ampBF16, .ampFP16] {
      let half = try Trainer(configuration, precision: precision, backend: CPUBackend()).memory.bytes.activations
      #expect(half < full, "\(precision.rawValue): \(half) of \(full) bytes")
    }
  }
}

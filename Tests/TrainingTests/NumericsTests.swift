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

@Suite("Numerics")
struct NumericsTests {
  /// Counters of floats as a reading states them.
  private struct Counters: Hashable {
    var largest: Float = 0
    var zeros = 0
    var infinities = 0
    var nans = 0

    init(_ values: [Float]) {
      for value in values {
        if value.isNaN { nans += 1 } else if value.isInfinite { infinities += 1 } else if value == 0 { zeros += 1 }
        if value.isFinite { largest = max(largest, abs(value)) }
      }
    }

    init(_ reading: TensorReading) {
      (largest, zeros) = (reading.largest, reading.zeros)
      (infinities, nans) = (reading.infinities, reading.nans)
    }
  }

  @Test("A complete look at the weights counts what the state holds", arguments: Precision.onCPU)
  func weights(precision: Precision) throws {
    let trainer = try Trainer(.small(scaler: .static(256)), precision: precision, backend: CPUBackend())
    var expected: [String: [Float]] = [:]
    for entry in trainer.state.layout.entries where entry.kind == .parameter {
      let format = trainer.watchedTensors.first { $0.role == .weight && $0.name == entry.name }?.dtype
      let dtype = try #require(format)
      expected[entry.name] = try trainer.state.floats(entry.name).map { Float(dtype.rounded(Double($0))) }
    }
    let result = try trainer.step(inspection: .complete)
    let readings = result.outcome.readings.filter { trainer.watchedTensors[$0.tensor].role == .weight }
    #expect(readings.count == expected.count)
    for reading in readings {
      let tensor = trainer.watchedTensors[reading.tensor]
      let values = try #require(expected[tensor.name])
      #expect(Counters(reading) == Counters(values), "\(tensor.name)")
      #expect(reading.sampled == tensor.count)
      let exponents = try #require(reading.exponents)
      let highest = values.filter { $0 != 0 }.map(\.exponent).max()
      #expect(exponents.lastIndex { $0 > 0 } == highest.map { Int($0) - TensorReading.lowestExponent })
      #expect(exponents.reduce(0, +) + reading.zeros == tensor.count)
      #expect(reading.changed != nil)
    }
  }

  @Test("Looking changes nothing: the run is the same bit for bit", arguments: Precision.onCPU)
  func harmless(precision: Precision) throws {
    let plain = try Trainer(.small(), precision: precision, backend: CPUBackend())
    let watched = try Trainer(.small(), precision: precision, backend: CPUBackend())
    let expected = try plain.losses(9)
    let found = try (0..<9).map { index in
      let inspection: Inspection = index % 3 == 0 ? .complete : .sampled(phase: index)
      return try watched.step(inspection: inspection, diagnosing: true).outcome.loss.bitPattern
    }
    #expect(found == expected)
    #expect(try watched.state.bits == plain.state.bits)
  }

  @Test("A sample reads few elements of what is large, and every gradient in full")
  func samples() throws {
    let trainer = try Trainer(.small(batchSize: 64), precision: .ampFP16, backend: CPUBackend())
    let result = try trainer.step(inspection: .sampled(phase: 0))
    let readings = result.outcome.readings
    #expect(Set(readings.map(\.tensor)).count == readings.count)
    #expect(Set(readings.map { trainer.watchedTensors[$0.tensor].role }).count == 4)
    for reading in readings {
      let tensor = trainer.watchedTensors[reading.tensor]
      #expect(reading.exponents == nil && reading.changed == nil)
      if tensor.role == .weightGradient {
        #expect(reading.sampled == tensor.count)
      } else {
        #expect(reading.sampled == min(tensor.count, 1024))
      }
    }
    #expect(result.outcome.nanoseconds.numerics > 0)
    #expect(try trainer.step().outcome.readings.isEmpty)
  }

  @Test("Names of tensors are those of layers, operations and parameters")
  func names() throws {
    let trainer = try Trainer(.small(), precision: .ampBF16, backend: CPUBackend())
    let tensors = trainer.watchedTensors
    func has(_ name: String, _ role: WatchedTensor.Role) -> Bool {
      tensors.contains { $0.name == name && $0.role == role }
    }
    #expect(has("features.0 conv2d", .activation))
    #expect(has("features.0.weight", .weight))
    #expect(has("features.0.weight", .weightGradient))
    #expect(tensors.contains { $0.role == .activationGradient && $0.layer == "features.1" })
    for role in [WatchedTensor.Role.activation, .activationGradient, .weight, .weightGradient] {
      let names = tensors.filter { $0.role == role }.map(\.name)
      #expect(Set(names).count == names.count)
    }
  }

  @Test("Every parameter of every network has a gradient of its own name", arguments: ModelName.allCases)
  func uniqueNames(model: ModelName) throws {
    let graph = try ModelCatalog.smallTrainingStep(model)
    let tensors = graph.watchedTensors.map(\.tensor)
    for role in [WatchedTensor.Role.activation, .activationGradient, .weight, .weightGradient] {
      let names = tensors.filter { $0.role == role }.map(\.name)
      #expect(Set(names).count == names.count && !names.isEmpty)
    }
    let trainable = Set(graph.parameters.filter(\.isTrainable).map(\.name))
    #expect(Set(tensors.filter { $0.role == .weightGradient }.map(\.name)) == trainable)
  }

  @Test("A session counts by itself, and looks closely as often as it is asked to, until it is told to stop")
  func session() throws {
    var options = Session.Options(schedule: .alternating, isLossless: true, startsPaused: true, ringCapacity: 64)
    options.numericsInterval = 10
    let harness = try SessionHarness(.small(), [Precision.ampFP16], options: options)
    try harness.start()
    harness.session.send(.resume)
    harness.drain(until: "three close looks") { $0.numerics.filter(\.isDetailed).count >= 3 }
    harness.session.send(.setNumerics(every: nil))
    harness.drain(until: "counters after the close looks have stopped") { events in
      guard let last = events.numerics.last(where: \.isDetailed) else { return false }
      return (events.steps.last?.attempt ?? 0) > last.attempt + 40
    }
    harness.session.send(.stop)
    let events = harness.drainToEnd()
    let detailed = events.numerics.filter(\.isDetailed)
    #expect(detailed.prefix(3).map(\.attempt) == [0, 10, 20])
    #expect(detailed.allSatisfy { $0.scale != nil && $0.tensors.allSatisfy { $0.histogram != nil } })
    let weights = detailed.flatMap(\.tensors).filter { $0.kind == .weight }
    #expect(weights.contains { ($0.updateSurvival ?? 0) > 0.5 })
    let counted = events.numerics.filter { !$0.isDetailed }
    #expect(!counted.isEmpty)
    for report in counted {
      #expect(report.overhead < 0.05)
      #expect(report.tensors.allSatisfy { $0.histogram == nil && $0.sampled > 0 })
    }
    #expect(harness.session.description.lanes[0].overrides == nil)
  }
}

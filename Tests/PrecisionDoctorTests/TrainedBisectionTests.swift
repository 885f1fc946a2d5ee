import BackendCPU
import Testing
import Training
import TrainingEvents

@testable import PrecisionDoctor

@Suite("The search for layers by training") struct TrainedBisectionTests {
  private let backend = CPUBackend()

  @Test("Finds the one layer that overflows fp16")
  func one() throws {
    let configuration = smallRun()
    let weights = try ScaledWeights(configuration, factors: overflowing)
    let found = try LayerBisection(
      training: configuration, on: backend, mode: .ampFP16, steps: 8, initialWeights: weights.file)
    #expect(found.verdict == .layers && found.layers == ["2"])
    #expect(found.gapBefore == .infinity && abs(found.gapAfter) <= found.tolerance)
  }

  @Test("Finds the two layers that are only good together, from any suspicion")
  func two() throws {
    let configuration = smallRun(isNormed: false, optimizer: .sgd(learningRate: 1e-12))
    let weights = try ScaledWeights(configuration, factors: overflowing.merging(["4.weight": 1e-6]) { $1 })
    for suspects in [[], ["4"], ["2", "unknown"]] {
      let found = try LayerBisection(
        training: configuration, on: backend, mode: .ampFP16, steps: 8, initialWeights: weights.file,
        suspects: suspects)
      #expect(Set(found.layers) == ["2", "4"])
      #expect(found.gapsWithout == ["2": .infinity, "4": .infinity])
    }
  }

  @Test("A mode that trains has nothing to close")
  func nothing() throws {
    let found = try LayerBisection(training: smallRun(), on: backend, mode: .ampBF16, steps: 8)
    #expect(found.verdict == .nothingToClose && found.runs.count == 1)
  }

  @Test("Where the scale overflows whatever is kept, layers are not the cause")
  func scale() throws {
    var configuration = smallRun(
      optimizer: .sgd(learningRate: 1e-12), batches: ComputedBatches(magnitude: 1e6))
    // Even in fp32 the gradient of "0.weight", some 10^5, is infinite times this scale.
    configuration.scaler = .static(0x1p126)
    let found = try LayerBisection(training: configuration, on: backend, mode: .ampFP16, steps: 4)
    #expect(found.verdict == .notLayers)
    #expect(found.gapBefore == .infinity && found.gapAfter == .infinity)
  }

  @Test("Candidates do arithmetic in 16 bits; norms are some only where they are stored in it")
  func candidates() throws {
    let graph = try smallRun().model.trainingGraph(batchSize: 1)
    #expect(LayerBisection.candidates(in: graph, isStoredWide: true) == ["0", "2", "4"])
    #expect(LayerBisection.candidates(in: graph, isStoredWide: false) == ["0", "2", "3", "4"])
  }

  @Test("Requests that make no sense are refused with a reason")
  func refusals() {
    for (mode, steps) in [(Precision.fp32, 8), (.ampFP16, 3)] {
      #expect(throws: DoctorError.self) {
        try LayerBisection(training: smallRun(), on: backend, mode: mode, steps: steps)
      }
    }
    #expect(throws: DoctorError.givenUp) {
      try LayerBisection(training: smallRun(), on: backend, mode: .ampFP16, steps: 8, shouldStop: { true })
    }
    let diverging = smallRun(isNormed: false, optimizer: .sgd(learningRate: 1e30))
    #expect(throws: DoctorError.self) {
      try LayerBisection(training: diverging, on: backend, mode: .ampFP16, steps: 20)
    }
  }
}

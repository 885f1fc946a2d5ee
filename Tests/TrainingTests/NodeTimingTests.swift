import BackendAPI
import BackendCPU
import GraphIR
import Testing
import Training
import TrainingEvents

@Suite("Times of single operations")
struct NodeTimingTests {
  @Test("Timing every node changes no bit, in any mode", arguments: Precision.onCPU)
  func exact(precision: Precision) throws {
    let configuration = try Trainer.Configuration.small()
    let (plain, timed) = (
      try Trainer(configuration, precision: precision, backend: CPUBackend()),
      try Trainer(configuration, precision: precision, backend: CPUBackend())
    )
    for _ in 0..<3 {
      let (expected, result) = (try plain.step(), try timed.step(timingNodes: true))
      #expect(result.loss.bitPattern == expected.loss.bitPattern)
      #expect(expected.outcome.nodeNanoseconds.isEmpty)
      #expect(result.outcome.nodeNanoseconds.count == timed.graph.nodes.count)
    }
    #expect(try timed.state.bits == plain.state.bits)
  }

  @Test("Times of the nodes are part of the phases' times, over all micro-batches")
  func parts() throws {
    var configuration = try Trainer.Configuration.small()
    configuration.gradientAccumulation = 2
    let trainer = try Trainer(configuration, precision: .fp32, backend: CPUBackend())
    let result = try trainer.step(timingNodes: true)
    let times = result.outcome.nanoseconds
    let nodes = result.outcome.nodeNanoseconds
    #expect(nodes.allSatisfy { $0 >= 0 } && nodes.contains { $0 > 0 })
    #expect(nodes.reduce(0, +) <= times.forward + times.backward + times.optimizer + times.cast)
  }

  @Test("A counter is read before and after every node of every micro-batch, and changes no bit")
  func counted() throws {
    var configuration = try Trainer.Configuration.small()
    configuration.gradientAccumulation = 2
    let (plain, counted) = (
      try Trainer(configuration, precision: .ampBF16, backend: CPUBackend()),
      try Trainer(configuration, precision: .ampBF16, backend: CPUBackend())
    )
    var readings: Int64 = 0
    for _ in 0..<2 {
      let (expected, result) = (
        try plain.step(),
        try counted.step(nodeCounter: {
          readings += 1
          return readings
        })
      )
      #expect(result.loss.bitPattern == expected.loss.bitPattern && expected.outcome.nodeCounts.isEmpty)
      let counts = result.outcome.nodeCounts
      #expect(counts.count == counted.graph.nodes.count)
      // Once a micro-batch, or once a step in the optimizer's phase; views are no calls.
      #expect(counts.allSatisfy { (0...2).contains($0) } && counts.contains(1) && counts.contains(2))
      #expect(counts.reduce(0, +) * 2 == readings)
      readings = 0
    }
    #expect(try counted.state.bits == plain.state.bits)
  }

  @Test("Roofs are measured in every format the CPU has")
  func roofs() throws {
    let backend = CPUBackend()
    for format in NumericFormat.allCases {
      let peak = try PeakMeasurement(format, backend: backend, threads: 1, extent: 128)
      let rate = try #require(try peak.floatingPointOperationsPerSecond(repeats: 2))
      #expect(rate > 1e6 && rate < 1e15)
    }
    let bandwidth = try BandwidthMeasurement(byteCount: 3 << 20, backend: backend, threads: 1)
    #expect(bandwidth.byteCount <= 3 << 20 && bandwidth.byteCount > (3 << 20) - 12)
    let rate = try #require(try bandwidth.bytesPerSecond(repeats: 2))
    #expect(rate > 1e6 && rate < 1e14)
  }
}

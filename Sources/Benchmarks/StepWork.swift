public import GraphCompiler
public import GraphIR
import RunStatistics
import TensorCore
import Training
public import TrainingEvents

/// What a step has to compute and to move, whoever runs it.
public struct StepWork: Codable, Sendable, Hashable {
  /// Floating-point operations of GEMM and convolution by the format of their operands, in 1e9; attention and LSTM are
  /// products too.
  public var gigaflops: [NumericFormat.RawValue: Double]
  /// Bytes that nothing can avoid: see `MemoryTraffic`.
  public var traffic: MemoryTraffic

  /// States work; every field is stated.
  public init(gigaflops: [NumericFormat.RawValue: Double], traffic: MemoryTraffic) {
    self.gigaflops = gigaflops
    self.traffic = traffic
  }

  /// The work of a compiled step.
  ///
  /// Complexity: O(nodes).
  public init(_ graph: Graph) {
    var gigaflops: [NumericFormat.RawValue: Double] = [:]
    for node in graph.nodes {
      let operations = graph.floatingPointOperations(of: node)
      guard operations > 0, let format = graph.productFormat(of: node) else { continue }
      gigaflops[format.rawValue, default: 0] += operations * 1e-9
    }
    self.init(gigaflops: gigaflops, traffic: graph.unavoidableTraffic)
  }

  /// Sum over the formats, in 1e9.
  public var totalGigaflops: Double { gigaflops.values.reduce(0, +) }
}

extension Graph {
  /// The format in which a node multiplies: that of its first operand.
  func productFormat(of node: Node) -> NumericFormat? {
    node.inputs.first.flatMap { NumericFormat(self[$0].type.dtype) }
  }
}

/// How fast a machine multiplies and moves, as measured: the roofs.
public struct MachineRoofs: Codable, Sendable, Hashable {
  /// 1e9 floating-point operations a second by format.
  public var gigaflops: [NumericFormat.RawValue: Double]
  /// 1e9 bytes a second between memory and the processors.
  public var gigabytes: Double

  /// States roofs.
  public init(gigaflops: [NumericFormat.RawValue: Double], gigabytes: Double) {
    self.gigaflops = gigaflops
    self.gigabytes = gigabytes
  }

  /// The median of several measurements, each roof by itself; nil where there is none.
  public init?(medianOf samples: [MachineRoofs]) {
    guard let first = samples.first else { return nil }
    gigaflops = first.gigaflops
    for format in first.gigaflops.keys { gigaflops[format] = median(samples.compactMap { $0.gigaflops[format] }) }
    gigabytes = median(samples.map(\.gigabytes))
  }
}

/// The least time that a step's work takes on a machine: arithmetic at the peak, plus bytes at full bandwidth.
///
/// A sum, as if nothing overlapped. Work whose bytes lie in a cache may take less: memory is not what it waits for.
public struct StepFloor: Codable, Sendable, Hashable {
  /// Milliseconds of GEMM and convolution at the measured peaks.
  public var arithmetic: Double
  /// Milliseconds of the bytes that nothing can avoid at the measured bandwidth.
  public var memory: Double

  /// States a floor.
  public init(arithmetic: Double, memory: Double) {
    self.arithmetic = arithmetic
    self.memory = memory
  }

  /// The floor of work under roofs; nil where a roof that the work needs was not measured.
  public init?(_ work: StepWork, under roofs: MachineRoofs) {
    guard roofs.gigabytes > 0 else { return nil }
    var seconds = 0.0
    for (format, operations) in work.gigaflops {
      guard let peak = roofs.gigaflops[format], peak > 0 else { return nil }
      seconds += operations / peak
    }
    self.init(arithmetic: seconds * 1e3, memory: Double(work.traffic.total) / roofs.gigabytes * 1e-6)
  }

  /// Both together, in milliseconds.
  public var milliseconds: Double { arithmetic + memory }

  /// Share of the floor that is GEMM and convolution.
  public var arithmeticShare: Double { milliseconds > 0 ? arithmetic / milliseconds : 0 }
}

/// The median; NaN of nothing.
package func median(_ values: [Double]) -> Double {
  values.isEmpty ? .nan : SortedSample.quantile(0.5, of: values.sorted())
}

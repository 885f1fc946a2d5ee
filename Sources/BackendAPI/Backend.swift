public import GraphCompiler
public import GraphIR
public import TensorCore

/// A device that can hold training state and run graphs.
///
/// Nothing above this room assumes host pointers: state is read and written by name, a step goes in as a request and
/// comes out as an outcome.
public protocol Backend: Sendable {
  /// Short name, for example "cpu".
  var name: String { get }

  /// How the device computes a 16-bit format; nil where it cannot run it at all.
  func support(for dtype: DType) -> ComputeSupport?

  /// Memory for everything that a step commits.
  ///
  /// Throws `AllocationError` where the device has not that much.
  func makeState(_ layout: StateLayout) throws -> any DeviceState

  /// Creates the kernels of a graph for a team of `threads`, and says how much scratch each node needs.
  ///
  /// Call it from any thread; the result may be run from another one that has a team of the same size.
  /// Throws `BackendError` that names the node where the device cannot run it.
  func prepare(_ graph: Graph, threads: Int) throws -> any PreparedGraph

  /// Makes the calling thread, and its team of compute threads, ready to run executables.
  ///
  /// - Parameters:
  ///   - threads: size of the team.
  ///   - processors: the processors that the team may use, by number.
  ///   - niceness: how much the team gives way to other threads, 0 to 19.
  ///
  /// Returns what the system refused, for the log; empty where all went well. Call it again to move the team.
  func configureThread(threads: Int, processors: [Int], niceness: Int) -> [String]
}

extension Backend {
  /// Most devices need nothing of the thread that drives them.
  public func configureThread(threads: Int, processors: [Int], niceness: Int) -> [String] { [] }
}

/// How a device computes a format.
public struct ComputeSupport: Sendable, Hashable {
  /// True where products are computed in the format; false where it is storage only and the arithmetic is fp32.
  public var isNative: Bool
  /// One line for people.
  public var explanation: String

  /// Creates a statement.
  public init(isNative: Bool, explanation: String) {
    self.isNative = isNative
    self.explanation = explanation
  }
}

/// A graph with its kernels, not yet placed in memory.
public protocol PreparedGraph {
  /// Bytes of scratch by node number.
  var scratch: [Int: Int] { get }

  /// Binds every kernel to its offsets. Throws `BackendError` where plan and graph do not belong together.
  func bind(_ plan: MemoryPlan, layout: StateLayout) throws -> any Executable
}

/// A compiled graph: a flat list of bound calls over one arena.
///
/// Belongs to one lane: used by one thread at a time. Holds no tensors of its own, so a cached executable of a mode that
/// is not in use costs no memory.
public protocol Executable: AnyObject {
  /// The graph it runs.
  var graph: Graph { get }
  /// Where its tensors lie.
  var plan: MemoryPlan { get }

  /// Prepares a state for this executable: sizes the arena, and rebuilds 16-bit copies from the parameters.
  ///
  /// Call it after parameters changed by other means than `run`, and when another executable was active.
  func activate(_ state: any DeviceState) throws

  /// Runs the graph once.
  ///
  /// With a `commit` node this is one training attempt, a transaction on the state. Allocates nothing.
  /// Throws `BackendError` where a kernel reports a failure; the state is then as before.
  func run(_ request: StepRequest, on state: any DeviceState) throws -> StepOutcome

  /// The tensors that a run can look at, in the order in which it makes them.
  var watchedTensors: [WatchedTensor] { get }

  /// Runs a skipped attempt again, with a scale that the scaler may have left since, and finds the first tensor that is
  /// not finite.
  ///
  /// Exact, because the attempt changed nothing; changes nothing either. Nil where everything is finite this time.
  /// Reads every tensor once more than the step: as long as a few steps. Throws `BackendError`.
  func diagnose(_ request: StepRequest, scale: Float?, on state: any DeviceState) throws -> Finding?

  /// Copies a named output of the last run to the host, as fp32. Throws `BackendError` for an unknown name.
  func read(_ output: String, from state: any DeviceState) throws -> [Float]

  /// One line a node for people: what computes it ("brg:avx512_core_bf16", "own kernel, avx512").
  var implementations: [String] { get }
}

/// Devices that look at nothing and diagnose nothing.
extension Executable {
  /// None.
  public var watchedTensors: [WatchedTensor] { [] }

  /// Nothing is found.
  public func diagnose(_ request: StepRequest, scale: Float?, on state: any DeviceState) throws -> Finding? { nil }
}

/// Everything that a step commits, in the memory of a device: parameters, statistics, optimizer state, step control.
public protocol DeviceState: AnyObject {
  /// Names, formats and places.
  var layout: StateLayout { get }
  /// Scale, step count and the like.
  var control: StepControl { get set }
  /// Writes an entry from host memory of exactly its size. Throws `BackendError` for an unknown name or another size.
  func write(_ name: String, from bytes: UnsafeRawBufferPointer) throws
  /// Reads an entry to host memory of exactly its size. Throws `BackendError` for an unknown name or another size.
  func read(_ name: String, into bytes: UnsafeMutableRawBufferPointer) throws
  /// A state of its own with the same contents. Throws `AllocationError`.
  func copy() throws -> any DeviceState
}

extension DeviceState {
  /// Writes an entry, rounded to its format (to nearest even).
  ///
  /// Throws `BackendError` for an unknown name or another count.
  public func write(_ name: String, _ values: [Float]) throws {
    switch try entry(name).dtype {
    case .float16: try values.map { Float16($0).bitPattern }.withUnsafeBytes { try write(name, from: $0) }
    case .bfloat16: try values.map { BFloat16($0).bits }.withUnsafeBytes { try write(name, from: $0) }
    default: try values.withUnsafeBytes { try write(name, from: $0) }
    }
  }

  /// Reads an entry as fp32.
  ///
  /// Throws `BackendError` for an unknown name.
  public func floats(_ name: String) throws -> [Float] {
    let entry = try entry(name)
    guard entry.dtype.isLowPrecision else {
      var values = [Float](repeating: 0, count: entry.shape.count)
      try values.withUnsafeMutableBytes { try read(name, into: $0) }
      return values
    }
    var bits = [UInt16](repeating: 0, count: entry.shape.count)
    try bits.withUnsafeMutableBytes { try read(name, into: $0) }
    return entry.dtype == .float16
      ? bits.map { Float(Float16(bitPattern: $0)) } : bits.map { BFloat16(bits: $0).float }
  }

  /// Takes over everything from a state whose entries have the same names, rounded to the formats of this one.
  ///
  /// Throws `BackendError` where an entry is missing.
  public func adopt(_ other: any DeviceState) throws {
    for entry in layout.entries { try write(entry.name, other.floats(entry.name)) }
    control = other.control
    // Bounds of what was rounded are not those of what it was.
    control.magnitudes = nil
  }

  private func entry(_ name: String) throws -> StateLayout.Entry {
    guard let entry = layout[name] else { throw BackendError.unknownEntry(name) }
    return entry
  }
}

import BackendAPI
import CKernels
import GraphCompiler
import GraphIR
import Glibc
import TensorCore

/// A flat list of calls over one arena.
final class CPUExecutable: Executable {
  let graph: Graph
  let plan: MemoryPlan
  let implementations: [String]
  /// What runs once a micro-batch: forward and backward.
  let microBatchCalls: [BoundCall]
  /// What runs once a step: unscale, clip, commit.
  private let stepCalls: [BoundCall]
  let microBatchCount: Int
  let threads: Int32
  let watch: TensorWatch
  /// Where every value lies.
  let addresses: [Address?]
  private let scratch: CommitScratch
  private let input: (address: Address, byteCount: Int)?
  private let labels: (address: Address, byteCount: Int)?
  private let loss: Address?
  private let outputs: [String: (address: Address, type: TensorType)]
  private let copies: [CopyTarget]
  /// Time of each node in the run that was last asked for it.
  private var nodeNanoseconds: [Int64]
  /// What was counted in each node in the run that last had a counter.
  private var nodeCounts: [Int64]

  /// A 16-bit copy and the parameter that it copies.
  private struct CopyTarget {
    var parameter: Address
    var copy: Address
    var dtype: amp_dtype
    var count: Int
  }

  init(
    graph: Graph, plan: MemoryPlan, calls: [BoundCall], implementations: [String], threads: Int32,
    address: (ValueID) throws -> Address
  ) throws {
    self.graph = graph
    self.threads = threads
    watch = try TensorWatch(graph, threads: threads, address: address)
    scratch = CommitScratch(watch: watch)
    addresses = graph.values.map { try? address($0.id) }
    nodeNanoseconds = [Int64](repeating: 0, count: graph.nodes.count)
    nodeCounts = nodeNanoseconds
    self.plan = plan
    microBatchCalls = calls.filter { $0.timing != .optimizer }
    stepCalls = calls.filter { $0.timing == .optimizer }
    microBatchCount = graph.microBatchCount
    self.implementations = implementations
    let inputs = graph.inputs
    if let unknown = inputs.keys.sorted().first(where: { $0 != "x" && $0 != "labels" }) {
      throw BackendError("the graph takes an input \"\(unknown)\"; a step feeds \"x\" and \"labels\" only")
    }
    input = try inputs["x"].map { (try address($0), graph[$0].type.byteCount) }
    labels = try inputs["labels"].map { (try address($0), graph[$0].type.byteCount) }
    outputs = try graph.outputs.mapValues { (try address($0), graph[$0].type) }
    loss = outputs["loss"]?.address
    var copies: [CopyTarget] = []
    for value in graph.values {
      guard case .lowPrecisionCopy(let name) = value.origin,
        let parameter = graph.values.first(where: { $0.origin == .parameter(name) })
      else { continue }
      copies.append(
        CopyTarget(
          parameter: try address(parameter.id), copy: try address(value.id), dtype: value.type.dtype.kernelType,
          count: value.type.shape.count))
    }
    self.copies = copies
  }

  func activate(_ state: any DeviceState) throws {
    let host = try hostState(state)
    try host.reserveArena(plan.arenaBytes)
    for copy in copies {
      let source = host.base + copy.parameter.offset
      amp_cast(1, AMP_F32, source, copy.dtype, host.arena + copy.copy.offset, copy.count)
    }
  }

  func run(_ request: StepRequest, on state: any DeviceState) throws -> StepOutcome {
    let host = try hostState(state)
    guard host.arenaByteCount >= plan.arenaBytes else {
      throw BackendError("the executable was not activated on this state")
    }
    let scale = host.control.scaler?.scale
    scratch.reset()
    watch.begin(request.inspection)
    if request.timesNodes { for node in nodeNanoseconds.indices { nodeNanoseconds[node] = 0 } }
    if request.nodeCounter != nil { for node in nodeCounts.indices { nodeCounts[node] = 0 } }
    var times = PhaseNanoseconds()
    for microBatch in 0..<microBatchCount {
      let context = callContext(request, host, scale: scale, microBatch: microBatch)
      let began = now()
      try load(request, context)
      _ = charge(&times.data, since: began)
      if microBatch == microBatchCount - 1, request.inspection != .none { lookAtWeights(context, &times) }
      try run(microBatchCalls, context, request, &times)
    }
    let context = callContext(request, host, scale: scale, microBatch: microBatchCount - 1)
    try run(stepCalls, context, request, &times)
    times.optimizer -= scratch.numericsNanoseconds
    times.numerics += scratch.numericsNanoseconds
    var outcome = StepOutcome(
      loss: loss?.floats(context).pointee ?? .nan, skip: scratch.skip, gradNorm: scratch.gradNorm, scale: scale,
      nanoseconds: times, readings: watch.readings, culprit: scratch.culprit)
    if request.timesNodes { outcome.nodeNanoseconds = nodeNanoseconds }
    if request.nodeCounter != nil { outcome.nodeCounts = nodeCounts }
    return outcome
  }

  func read(_ output: String, from state: any DeviceState) throws -> [Float] {
    let host = try hostState(state)
    guard let (address, type) = outputs[output] else {
      throw BackendError("the graph has no output \"\(output)\"; it has \(outputs.keys.sorted())")
    }
    var values = [Float](repeating: 0, count: type.shape.count)
    let source = (address.isInState ? host.base : host.arena) + address.offset
    values.withUnsafeMutableBytes {
      amp_cast(1, type.dtype.kernelType, source, AMP_F32, $0.baseAddress, type.shape.count)
    }
    return values
  }

  func callContext(_ request: StepRequest, _ host: HostState, scale: Float?, microBatch: Int) -> CallContext {
    CallContext(
      arena: host.arena, state: host.base, host: host, scratch: scratch,
      maskKey: request.attempt &* UInt64(microBatchCount) &+ UInt64(microBatch), seed: request.seed,
      attempt: request.attempt, learningRate: request.learningRate,
      lossScale: (scale ?? 1) / Float(microBatchCount), microBatch: microBatch)
  }

  private func run(
    _ calls: [BoundCall], _ context: borrowing CallContext, _ request: StepRequest, _ times: inout PhaseNanoseconds
  ) throws {
    var clock = now()
    guard var current = calls.first?.timing else { return }
    let isWatched = request.inspection != .none && context.microBatch == microBatchCount - 1
    for call in calls {
      if call.timing != current {
        clock = charge(&times[current], since: clock)
        current = call.timing
      }
      let began = request.timesNodes ? now() : 0
      let counted = request.nodeCounter?() ?? 0
      try call.run(context)
      if let counter = request.nodeCounter { nodeCounts[call.number] += counter() - counted }
      if request.timesNodes { nodeNanoseconds[call.number] += now() - began }
      if !request.injections.isEmpty { inject(request.injections, after: call.number, context) }
      if isWatched, let place = watch.results[call.number] {
        clock = charge(&times[current], since: clock)
        watch.look(place, context)
        clock = charge(&times.numerics, since: clock)
      }
    }
    _ = charge(&times[current], since: clock)
  }

  private func lookAtWeights(_ context: borrowing CallContext, _ times: inout PhaseNanoseconds) {
    let began = now()
    for place in watch.weights { watch.look(place, context) }
    _ = charge(&times.numerics, since: began)
  }

  /// Copies the inputs of a micro-batch into the arena.
  func load(_ request: StepRequest, _ context: borrowing CallContext) throws {
    try load(input, from: request.batch, "batch", context)
    try load(labels, from: request.labels, "labels", context)
    if !request.injections.isEmpty { inject(request.injections, after: nil, context) }
  }

  private func load(
    _ target: (address: Address, byteCount: Int)?, from source: UnsafeRawBufferPointer, _ name: String,
    _ context: borrowing CallContext
  ) throws {
    guard let (address, byteCount) = target else { return }
    guard source.count == byteCount * microBatchCount, let base = source.baseAddress else {
      throw BackendError(
        "the \(name) of this graph takes \(byteCount * microBatchCount) bytes, found \(source.count)")
    }
    address.pointer(context).copyMemory(from: base + context.microBatch * byteCount, byteCount: byteCount)
  }

  func hostState(_ state: any DeviceState) throws -> HostState {
    guard let host = state as? HostState else { throw BackendError("this state belongs to another device") }
    return host
  }

  private func charge(_ phase: inout Int64, since start: Int64) -> Int64 {
    let time = now()
    phase += time - start
    return time
  }
}

/// Nanoseconds since some fixed moment.
func now() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

extension PhaseNanoseconds {
  fileprivate subscript(_ timing: TimingClass) -> Int64 {
    get {
      switch timing {
      case .forward: forward
      case .backward: backward
      case .optimizer: optimizer
      case .cast: cast
      }
    }
    set {
      switch timing {
      case .forward: forward = newValue
      case .backward: backward = newValue
      case .optimizer: optimizer = newValue
      case .cast: cast = newValue
      }
    }
  }
}

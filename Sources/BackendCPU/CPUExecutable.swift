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
  private let calls: [BoundCall]
  private let scratch = CommitScratch()
  private let input: (address: Address, byteCount: Int)?
  private let labels: (address: Address, byteCount: Int)?
  private let loss: Address?
  private let outputs: [String: (address: Address, type: TensorType)]
  private let copies: [CopyTarget]

  /// A 16-bit copy and the parameter that it copies.
  private struct CopyTarget {
    var parameter: Address
    var copy: Address
    var dtype: amp_dtype
    var count: Int
  }

  init(
    graph: Graph, plan: MemoryPlan, calls: [BoundCall], implementations: [String],
    address: (ValueID) throws -> Address
  ) throws {
    self.graph = graph
    self.plan = plan
    self.calls = calls
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
    let context = CallContext(
      arena: host.arena, state: host.base, host: host, scratch: scratch, attempt: request.attempt,
      seed: request.seed, learningRate: request.learningRate, lossScale: scale ?? 1)
    scratch.skip = nil
    scratch.gradNorm = 0
    var times = PhaseNanoseconds()
    var clock = now()
    try load(request, context)
    clock = charge(&times.data, since: clock)

    var current = calls.first?.timing ?? .forward
    for call in calls {
      if call.timing != current {
        clock = charge(&times[current], since: clock)
        current = call.timing
      }
      try call.run(context)
    }
    _ = charge(&times[current], since: clock)
    return StepOutcome(
      loss: loss?.floats(context).pointee ?? .nan, skip: scratch.skip, gradNorm: scratch.gradNorm, scale: scale,
      nanoseconds: times)
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

  private func load(_ request: StepRequest, _ context: borrowing CallContext) throws {
    for (target, source, name) in [(input, request.batch, "batch"), (labels, request.labels, "labels")] {
      guard let target else { continue }
      guard source.count == target.byteCount, let base = source.baseAddress else {
        throw BackendError("the \(name) of this graph takes \(target.byteCount) bytes, found \(source.count)")
      }
      target.address.pointer(context).copyMemory(from: base, byteCount: target.byteCount)
    }
  }

  private func hostState(_ state: any DeviceState) throws -> HostState {
    guard let host = state as? HostState else { throw BackendError("this state belongs to another device") }
    return host
  }

  private func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  private func charge(_ phase: inout Int64, since start: Int64) -> Int64 {
    let time = now()
    phase += time - start
    return time
  }
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

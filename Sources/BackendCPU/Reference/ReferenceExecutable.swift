import BackendAPI
import GraphCompiler
import GraphIR
import TensorCore

/// A graph run by the reference interpreter.
///
/// Unlike those of devices it keeps the values of its last run, in arrays of its own: reading outputs needs no arena.
final class ReferenceExecutable: Executable {
  let graph: Graph
  let plan: MemoryPlan
  private let interpreter: ReferenceInterpreter
  private var lastValues: [ReferenceTensor]?

  init(graph: Graph, plan: MemoryPlan) {
    self.graph = graph
    self.plan = plan
    interpreter = ReferenceInterpreter(graph, rounding: .eachNode)
  }

  var implementations: [String] { graph.nodes.map { _ in "reference, Double" } }

  /// Nothing to prepare: 16-bit copies are rounded from the parameters in every run.
  func activate(_ state: any DeviceState) throws {}

  func run(_ request: StepRequest, on state: any DeviceState) throws -> StepOutcome {
    let scale = state.control.scaler?.scale
    var entries: [String: [Double]] = [:]
    for entry in state.layout.entries { entries[entry.name] = try state.floats(entry.name).map(Double.init) }
    let values = try interpreter.run(
      ReferenceInterpreter.Feed(
        inputs: try inputs(of: request), state: entries, lossScale: Double(scale ?? 1), seed: request.seed,
        attempt: request.attempt))
    lastValues = values

    let loss = graph.outputs["loss"].map { Float(values[$0.index].elements[0]) } ?? .nan
    var outcome = StepOutcome(loss: loss, skip: nil, gradNorm: 0, scale: scale, nanoseconds: PhaseNanoseconds())
    for node in graph.nodes {
      guard case .commit(let attributes) = node.operation else { continue }
      let result = try interpreter.commit(
        node, attributes, values: values, state: entries, control: state.control,
        learningRate: request.learningRate)
      for (name, elements) in result.state { try state.write(name, elements.map { Float($0) }) }
      state.control = result.control
      outcome.skip = result.skip
      outcome.gradNorm = result.gradNorm
    }
    return outcome
  }

  func read(_ output: String, from state: any DeviceState) throws -> [Float] {
    guard let id = graph.outputs[output] else { throw BackendError("the graph has no output \"\(output)\"") }
    guard let values = lastValues else { throw BackendError("output \"\(output)\" is read before the first run") }
    return graph.memoryOrder(of: id).memory(of: values[id.index]).map { Float($0) }
  }

  /// "x" comes from the batch and "labels" from the labels, in the format of the input; each holds all micro-batches.
  private func inputs(of request: StepRequest) throws(BackendError) -> [String: [Double]] {
    let inputs = graph.inputs
    if let unknown = inputs.keys.sorted().first(where: { $0 != "x" && $0 != "labels" }) {
      throw BackendError("the graph takes an input \"\(unknown)\"; a step feeds \"x\" and \"labels\" only")
    }
    var feed: [String: [Double]] = [:]
    for (name, bytes, title) in [("x", request.batch, "batch"), ("labels", request.labels, "labels")] {
      guard let id = inputs[name] else { continue }
      let (type, order) = (graph[id].type, graph.memoryOrder(of: id))
      let count = type.shape.count
      let memory = try elements(of: bytes, type.dtype, count: count * graph.microBatchCount, title)
      feed[name] = (0..<graph.microBatchCount).flatMap { microBatch in
        let part = memory[(microBatch * count)..<((microBatch + 1) * count)]
        return order.tensor(type.shape, memory: Array(part)).elements
      }
    }
    return feed
  }

  private func elements(
    of bytes: UnsafeRawBufferPointer, _ dtype: DType, count: Int, _ title: String
  ) throws(BackendError) -> [Double] {
    guard bytes.count == count * dtype.size else {
      throw BackendError("the \(title) of this graph takes \(count * dtype.size) bytes, found \(bytes.count)")
    }
    func load<Element: BitwiseCopyable>(_ index: Int) -> Element {
      bytes.loadUnaligned(fromByteOffset: index * dtype.size, as: Element.self)
    }
    switch dtype {
    case .float32: return (0..<count).map { Double(load($0) as Float) }
    case .int64: return (0..<count).map { Double(load($0) as Int64) }
    default: throw BackendError("the \(title) of this graph is \(dtype.rawValue); a step feeds f32 and i64 only")
    }
  }
}

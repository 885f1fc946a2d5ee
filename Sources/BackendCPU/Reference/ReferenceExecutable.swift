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

  /// The batch feeds the floating-point input, the labels the integer one.
  private func inputs(of request: StepRequest) throws(BackendError) -> [String: [Double]] {
    var feed: [String: [Double]] = [:]
    for (name, id) in graph.inputs {
      let shape = graph[id].type.shape
      if graph[id].type.dtype.isFloatingPoint {
        let memory: [Float] = try elements(of: request.batch, count: shape.count, name)
        feed[name] = MemoryOrder.channelsLast.tensor(shape, memory: memory.map(Double.init)).elements
      } else {
        let labels: [Int64] = try elements(of: request.labels, count: shape.count, name)
        feed[name] = labels.map(Double.init)
      }
    }
    return feed
  }

  private func elements<Element: BitwiseCopyable>(
    of bytes: UnsafeRawBufferPointer, count: Int, _ name: String
  ) throws(BackendError) -> [Element] {
    let size = MemoryLayout<Element>.stride
    guard bytes.count == count * size else {
      throw BackendError("input \"\(name)\" takes \(count * size) bytes, the request has \(bytes.count)")
    }
    return (0..<count).map { bytes.loadUnaligned(fromByteOffset: $0 * size, as: Element.self) }
  }
}

import BackendAPI
import GraphCompiler
import GraphIR
import TensorCore
import Testing

@Suite("Null backend")
struct NullBackendTests {
  @Test("compiles, counts steps, moves the scaler and reads zeros")
  func steps() throws {
    var builder = GraphBuilder(isTraining: true)
    let x = builder.input("x", TensorType(.float32, [2, 3]))
    let labels = builder.input("labels", TensorType(.int64, [2]))
    let weight = try builder.parameter("weight", [4, 3], .constant(0))
    let logits = try builder.apply(.linear(relu: false), x, weight)
    builder.output("logits", logits)
    builder.output("loss", try builder.apply(.crossEntropy, logits, labels))
    let optimizer = OptimizerKind.sgd(momentum: 0, weightDecay: 0, nesterov: false)
    let stages = try CompilerPipeline(autocastFormat: .float16).trainingStages(builder.graph, optimizer: optimizer)
    let graph = try #require(stages.last).graph

    let backend = NullBackend()
    let layout = StateLayout(parameters: graph.parameters, optimizer: optimizer)
    let executable = try backend.compile(graph, layout: layout, threads: 1)
    let state = try backend.makeState(layout)
    state.control.scaler = GradScaler(GradScaler.Settings(initialScale: 8, growthInterval: 1))
    try executable.activate(state)
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    let outcome = try executable.run(
      StepRequest(attempt: 0, seed: 0, learningRate: 0.1, batch: nothing, labels: nothing), on: state)

    #expect(outcome.skip == nil)
    #expect(state.control.committedSteps == 1)
    #expect(state.control.scaler?.scale == 16)
    #expect(try executable.read("loss", from: state) == [0])
    #expect(throws: BackendError.self) { try executable.read("nothing", from: state) }
    #expect(executable.implementations.count == graph.nodes.count)
    #expect(executable.plan.arenaBytes > 0)
  }
}

import GraphCompiler
import GraphIR
import TensorCore
import Testing

@Suite("Memory planner")
struct MemoryPlannerTests {
  /// Training and inference steps of the networks in every format.
  private static func steps() throws -> [Graph] {
    var graphs: [Graph] = []
    for format in [nil, DType.float16, .bfloat16] {
      let long = CompilerPipeline(autocastFormat: format, microBatches: 3, clipping: [.norm(1)])
      for network in [
        try residualNetwork(), try languageModel(), try sequenceClassifier(), try segmentation(), try recommender(),
      ] {
        graphs += try long.trainingStages(network, optimizer: anyOptimizer).suffix(1).map(\.graph)
      }
      let pipeline = CompilerPipeline(autocastFormat: format)
      for isTraining in [true, false] {
        for network in [try perceptron(isTraining: isTraining), try residualNetwork(isTraining: isTraining)] {
          let stages =
            isTraining
            ? try pipeline.trainingStages(network, optimizer: anyOptimizer) : try pipeline.inferenceStages(network)
          graphs += stages.suffix(1).map(\.graph)
        }
      }
    }
    return graphs
  }

  @Test("plans whole steps soundly")
  func networks() throws {
    for graph in try Self.steps() {
      expectSound(graph, scratch: Dictionary(uniqueKeysWithValues: graph.nodes.indices.map { ($0, 100 * ($0 % 3)) }))
    }
  }

  @Test("plans random graphs soundly", arguments: 0..<60)
  func randomGraphs(_ seed: UInt64) throws {
    let graph = try randomGraph(seed: seed, count: 5 + Int(seed % 40))
    expectSound(graph, scratch: randomScratch(graph, seed))
  }

  @Test("plans random steps of several micro-batches soundly", arguments: 0..<40)
  func randomSteps(_ seed: UInt64) throws {
    let graph = try randomStep(seed: seed, count: 5 + Int(seed % 40), microBatches: 2 + Int(seed % 2))
    expectSound(graph, scratch: randomScratch(graph, seed))
  }

  @Test("packs most random graphs without a gap: the largest first alone packs 56 of these")
  func gaps() throws {
    let plans = try (0..<100).map { seed in
      let graph = try randomGraph(seed: UInt64(seed), count: 45)
      return planMemory(graph, scratch: randomScratch(graph, UInt64(seed)))
    }
    let tight = plans.count { $0.arenaBytes == $0.lowerBound }
    #expect(tight >= 80, "\(tight) of 100")
  }

  private func randomScratch(_ graph: Graph, _ seed: UInt64) -> [Int: Int] {
    var generator = PhiloxGenerator(seed: seed, stream: 2)
    var scratch: [Int: Int] = [:]
    for number in graph.nodes.indices where Bool.random(using: &generator) {
      scratch[number] = Int.random(in: 0..<300, using: &generator)
    }
    return scratch
  }

  @Test("keeps what one micro-batch leaves for the next from the first node to the last")
  func carried() throws {
    let pipeline = CompilerPipeline(autocastFormat: nil, microBatches: 2)
    let graph = try #require(pipeline.trainingStages(residualNetwork(), optimizer: anyOptimizer).last).graph
    let plan = planMemory(graph, scratch: [:])
    var carried = graph.pendingStatistics.map(\.pending)
    for node in graph.nodes {
      switch node.operation {
      case .accumulate, .accumulateLoss: carried += node.outputs
      default: break
      }
    }
    #expect(carried.count == 4 + graph.parameters.count(where: \.isTrainable) + 1)
    for value in carried {
      let block = try #require(plan.blockOfValue[value])
      #expect(plan.blocks[block].lifetime == 0...(graph.nodes.count - 1), "\(plan.blocks[block].label)")
    }
    // A single batch carries nothing.
    let single = try #require(
      CompilerPipeline(autocastFormat: nil).trainingStages(residualNetwork(), optimizer: anyOptimizer).last
    ).graph
    let singlePlan = planMemory(single, scratch: [:])
    for pending in single.pendingStatistics {
      let block = try #require(singlePlan.blockOfValue[pending.pending])
      #expect(singlePlan.blocks[block].lifetime.lowerBound > 0)
    }
  }

  @Test("takes sequences of pixels and reshaped tensors where they lie")
  func views() throws {
    var graph = Graph()
    let x = graph.addValue(f32(2, 3, 2, 2), origin: .input("x"), label: "x")
    let sequence = try graph.addNode(.toSequence, [x], layer: "")[0]
    let rows = try graph.addNode(.reshape, [sequence], layer: "", resultShape: [8, 3])[0]
    let squashed = try graph.addNode(.tanh, [rows], layer: "")[0]
    let back = try graph.addNode(.reshape, [squashed], layer: "", resultShape: [2, 4, 3])[0]
    graph.setOutput("y", try graph.addNode(.fromSequence, [back], layer: "", resultShape: [2, 3, 2, 2])[0])
    let plan = planMemory(graph, scratch: [:])
    #expect(plan.blocks.count == 1)
    #expect(ArenaSimulation(graph, plan).problems.isEmpty)
    // A view that outlives the write would see it.
    graph.setOutput("rows", rows)
    let second = planMemory(graph, scratch: [:])
    #expect(second.offset(of: squashed) != second.offset(of: rows))
    #expect(ArenaSimulation(graph, second).problems.isEmpty)
  }

  private func expectSound(_ graph: Graph, scratch: [Int: Int]) {
    let plan = planMemory(graph, scratch: scratch)
    func bytes(_ block: MemoryPlan.Block) -> Range<Int> { block.offset..<(block.offset + block.byteCount) }
    for (index, block) in plan.blocks.enumerated() {
      #expect(block.offset % HostBuffer.alignment == 0)
      #expect(block.offset >= 0 && bytes(block).upperBound <= plan.arenaBytes)
      for other in plan.blocks[(index + 1)...] where block.lifetime.overlaps(other.lifetime) {
        #expect(!bytes(block).overlaps(bytes(other)), "\(block.label) and \(other.label)")
      }
    }
    #expect(plan.arenaBytes >= plan.lowerBound)
    #expect(plan.arenaBytes <= plan.unsharedBytes)
    #expect(plan.peakByOwner.values.reduce(0, +) == plan.lowerBound)
    for (number, byteCount) in scratch where byteCount > 0 {
      #expect(plan.scratchOfNode[number].map { plan.blocks[$0].byteCount } == byteCount)
    }
    let problems = ArenaSimulation(graph, plan).problems
    #expect(problems.isEmpty, "\(problems.joined(separator: "\n"))")
  }

  @Test("writes over an operand that dies there, and takes a view where flattening moves nothing")
  func sharing() throws {
    var graph = Graph()
    let x = graph.addValue(f32(2, 1, 3, 3), origin: .input("x"), label: "x")
    let flat = try graph.addNode(.flatten, [x], layer: "")[0]
    let positive = try graph.addNode(.relu, [flat], layer: "")[0]
    graph.setOutput("y", try graph.addNode(.gelu, [positive], layer: "")[0])
    let plan = planMemory(graph, scratch: [:])
    #expect(plan.blocks.count == 1)
    #expect(plan.arenaBytes == 128, "72 bytes, rounded up to whole cache lines")
  }

  @Test("moves data where flattening changes its order")
  func flattenMoves() throws {
    var graph = Graph()
    let x = graph.addValue(f32(2, 3, 2, 2), origin: .input("x"), label: "x")
    let flat = try graph.addNode(.flatten, [x], layer: "")[0]
    let plan = planMemory(graph, scratch: [:])
    #expect(plan.offset(of: flat) != plan.offset(of: x))
  }

  @Test("never writes over a value that is kept, not even in the last node")
  func keptValues() throws {
    var graph = Graph()
    let x = graph.addValue(f32(2, 3), origin: .input("x"), label: "x")
    let hidden = try graph.addNode(.cast(.bfloat16), [x], layer: "")[0]
    let y = try graph.addNode(.relu, [hidden], layer: "")[0]
    graph.setOutput("hidden", hidden)
    graph.setOutput("y", y)
    let plan = planMemory(graph, scratch: [:])
    #expect(plan.offset(of: hidden) != plan.offset(of: y))
    #expect(ArenaSimulation(graph, plan).problems.isEmpty)
  }

  /// An LSTM backward of x (3, 5, 7) made inside the graph, and the places of x, gates, dx and dgates.
  private func lstm(
    keeping kept: [String] = []
  ) throws -> (graph: Graph, plan: MemoryPlan, offsets: [String: Int?]) {
    var graph = Graph()
    func input(_ name: String, _ type: TensorType) -> ValueID {
      graph.addValue(type, origin: .input(name), label: name)
    }
    let weights = [input("weight_ih", f32(8, 7)), input("weight_hh", f32(8, 2))]
    let (bias, dy) = (input("bias", f32(8)), input("dy", f32(3, 5, 2)))
    let x = try graph.addNode(.relu, [input("picture", f32(3, 5, 7))], layer: "")[0]
    let forward = try graph.addNode(.lstm, [x] + weights + [bias, bias], layer: "")
    let results = try graph.addNode(.lstmBackward, [dy, x] + weights + forward, layer: "")
    let values = ["x": x, "gates": forward[1], "dx": results[0], "dgates": results[4]]
    graph.setOutput("dx", results[0])
    for name in kept { graph.setOutput("kept \(name)", try #require(values[name])) }
    let plan = planMemory(graph, scratch: [:])
    return (graph, plan, values.mapValues { plan.offset(of: $0) })
  }

  @Test("lays dx of an LSTM over x and the gradients of its gates over the gates, where they die there")
  func lstmInPlace() throws {
    let (graph, plan, offsets) = try lstm()
    #expect(offsets["dx"] == offsets["x"])
    #expect(offsets["dgates"] == offsets["gates"])
    #expect(ArenaSimulation(graph, plan).problems.isEmpty)
    for (kept, over) in [("x", "dx"), ("gates", "dgates")] {
      let (graph, plan, offsets) = try lstm(keeping: [kept])
      #expect(offsets[kept] != offsets[over])
      #expect(ArenaSimulation(graph, plan).problems.isEmpty)
    }
  }

  @Test("keeps 16-bit copies from the first node to the last and names the owners of bytes")
  func owners() throws {
    let stages = try CompilerPipeline(autocastFormat: .bfloat16).trainingStages(perceptron(), optimizer: anyOptimizer)
    let graph = try #require(stages.last).graph
    let plan = planMemory(graph, scratch: [0: 64])
    let copies = plan.blocks.filter { $0.owner == .lowPrecisionCopy }
    #expect(copies.count == 4)
    #expect(copies.allSatisfy { $0.lifetime == 0...(graph.nodes.count - 1) })
    #expect(plan.blocks.count { $0.owner == .gradient } == 4)
    #expect(
      plan.blocks.filter { $0.owner == .workspace }.map(\.label) == [
        "scratch of node 0 \(graph.nodes[0].operation.name)"
      ])
    // Parameters and statistics lie in the state.
    #expect(graph.source("1.weight").flatMap { plan.offset(of: $0) } == nil)
  }

  @Test("plans an empty graph, and is a function of its arguments")
  func edges() throws {
    #expect(planMemory(Graph(), scratch: [:]).arenaBytes == 0)
    let graph = try randomGraph(seed: 5, count: 30)
    #expect(planMemory(graph, scratch: [3: 10]).blocks == planMemory(graph, scratch: [3: 10]).blocks)
    #expect(
      planMemory(graph, scratch: [3: 10]).description.hasSuffix(
        "lower bound \(planMemory(graph, scratch: [3: 10]).lowerBound)"))
  }
}

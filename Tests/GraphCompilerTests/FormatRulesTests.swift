import GraphCompiler
import GraphIR
import TensorCore
import Testing

@Suite("Format rules")
struct FormatRulesTests {
  private static let o2 = FormatRules(compute: .float16, style: .wholeModel)
  private static let pure = FormatRules(
    compute: .bfloat16, style: .wholeModel, storage: .bfloat16, keepsBatchNormFloat32: false)

  @Test("O2 lowers everything but norms and the loss, and keeps fp32 masters")
  func wholeModel() throws {
    let graph = try autocast(residualNetwork(), Self.o2)
    for node in graph.nodes {
      let operands = node.inputs.map { graph[$0].type.dtype }.filter(\.isFloatingPoint)
      switch node.operation {
      case .crossEntropy: #expect(operands == [.float32])
      case .batchNorm: #expect(operands == [.float16, .float32, .float32, .float32, .float32])
      case .cast: continue
      default: #expect(operands.allSatisfy { $0 == .float16 }, "\(graph.line(of: node))")
      }
    }
    #expect(graph.parameters.allSatisfy { $0.dtype == .float32 })
    #expect(
      graph.nodes.compactMap(\.reason).allSatisfy { $0.hasPrefix("whole model") || $0.hasPrefix("model outputs") })
  }

  @Test("A layer norm computes in fp32 in every style, and what follows takes 16 bits again")
  func layerNorm() throws {
    var builder = GraphBuilder(isTraining: true)
    let x = builder.input("x", f32(2, 3, 4))
    let weight = try builder.parameter("weight", [4], .constant(1))
    let bias = try builder.parameter("bias", [4], .constant(0))
    let y = try builder.apply(.layerNorm(eps: 1e-5), x, weight, bias)
    builder.output("sum", try builder.apply(.add, y, x))
    let graph = try autocast(builder.graph, Self.pure)
    #expect(graph.operationNames == ["cast_f32", "cast_f32", "layer_norm", "cast_bf16", "cast_bf16", "add"])
  }

  @Test("Without masters parameters and statistics are stored in 16 bits, and a step commits them so")
  func storage() throws {
    let stages = try CompilerPipeline(Self.pure).trainingStages(residualNetwork(), optimizer: anyOptimizer)
    let graph = try #require(stages.last?.graph)
    #expect(graph.parameters.allSatisfy { $0.dtype == .bfloat16 })
    for value in graph.values {
      switch value.origin {
      case .parameter, .statistic: #expect(value.type.dtype == .bfloat16)
      case .lowPrecisionCopy: Issue.record("a parameter stored in 16 bits needs no copy")
      default: break
      }
    }
    guard case .commit(let attributes)? = graph.nodes.last?.operation else {
      Issue.record("the step does not end with commit")
      return
    }
    #expect(Set(attributes.statistics) == Set(graph.parameters.filter { !$0.isTrainable }.map(\.name)))
    // The gradient of a bf16 parameter is rounded to bf16 before the optimizer reads it, as torch's would be.
    for gradient in graph.nodes.last?.inputs.dropFirst(2).prefix(attributes.parameters.count) ?? [] {
      #expect(graph[gradient].type.dtype == .bfloat16)
    }
  }

  @Test("keep_batchnorm_fp32 keeps parameters and statistics of batch norms, and nothing else")
  func keepsBatchNorm() throws {
    var rules = Self.pure
    rules.keepsBatchNormFloat32 = true
    let graph = try autocast(residualNetwork(), rules)
    for parameter in graph.parameters {
      let isNorm = parameter.name.contains("norm")
      #expect(parameter.dtype == (isNorm ? .float32 : .bfloat16), "\(parameter.name)")
    }
  }

  @Test(
    "A pattern keeps what it names in fp32, with the reason at the cast",
    arguments: [("head", 1), ("h*", 1), ("linear", 1), ("conv2d", 2), ("block", 2), ("b?ock", 2), ("max_pool2d", 1)])
  func patterns(pattern: String, count: Int) throws {
    let rules = FormatRules(compute: .float16, keepFloat32: [pattern])
    let plain = try autocast(residualNetwork(), to: .float16)
    let graph = try autocast(residualNetwork(), rules)
    func computing(_ graph: Graph) -> Int {
      graph.nodes.count { node in
        if case .cast = node.operation { return false }
        return graph[node.inputs[0]].type.dtype == .float32
      }
    }
    #expect(computing(graph) >= computing(plain) + count)
    #expect(
      graph.nodes.contains { $0.reason == "kept in fp32 by \"\(pattern)\"" } || pattern == "conv2d"
        || pattern == "block")
  }

  @Test("A kept layer stores its parameters in fp32 where the rest is stored in 16 bits")
  func keptStorage() throws {
    var rules = Self.pure
    rules.keepFloat32 = ["head"]
    let graph = try autocast(residualNetwork(), rules)
    for parameter in graph.parameters {
      #expect((parameter.dtype == .float32) == parameter.name.hasPrefix("head."), "\(parameter.name)")
    }
  }

  @Test("A pattern that names nothing is an error that lists what there is")
  func unknownPattern() throws {
    let rules = FormatRules(compute: .float16, keepFloat32: ["head", "tail.*"])
    let error = #expect(throws: GraphError.self) { try autocast(residualNetwork(), rules) }
    #expect(error?.code == .name)
    #expect(error?.message.contains("\"tail.*\"") == true)
    #expect(error?.message.contains("stem block head") == true)
    #expect(error?.message.contains("conv2d") == true)
  }

  @Test("Names of what an operation stands for find it")
  func listedNames() throws {
    let rules = FormatRules(compute: .float16, keepFloat32: ["log_softmax", "addmm", "batch_norm"])
    let graph = try autocast(residualNetwork(), rules)
    for node in graph.nodes {
      switch node.operation {
      case .linear, .batchNorm: #expect(graph[node.inputs[0]].type.dtype == .float32)
      default: break
      }
    }
  }
}

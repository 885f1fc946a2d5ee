import BackendCPU
import GraphCompiler
import GraphIR
import TensorCore
import Testing

@Suite("Gradient accumulation")
struct AccumulateGradientsTests {
  @Test("over one micro-batch changes nothing")
  func one() throws {
    let joint = try differentiate(perceptron())
    let accumulated = try accumulateGradients(joint, microBatches: 1)
    #expect(accumulated.graph == joint.graph)
    #expect(accumulated.gradients.map(\.gradient) == joint.gradients.map(\.gradient))
    #expect(accumulated.graph.microBatchCount == 1)
  }

  @Test("refuses less than one micro-batch, and a graph without a loss", arguments: [0, -3])
  func refusals(_ count: Int) throws {
    var joint = try differentiate(perceptron())
    let complete = joint
    let countError = #expect(throws: GraphError.self) { try accumulateGradients(complete, microBatches: count) }
    #expect(countError?.code == .attribute)
    #expect(countError?.message.contains("found \(count)") == true)
    joint.graph.outputs = [:]
    let empty = joint
    let lossError = #expect(throws: GraphError.self) { try accumulateGradients(empty, microBatches: 2) }
    #expect(lossError?.code == .name)
  }

  @Test("puts every gradient through an fp32 sum, and the loss through a mean", arguments: [nil, DType.bfloat16])
  func structure(_ format: DType?) throws {
    let joint = try differentiate(autocast(sequenceClassifier(), to: format))
    let accumulated = try accumulateGradients(joint, microBatches: 3)
    let graph = accumulated.graph
    #expect(graph.microBatchCount == 3)
    #expect(accumulated.gradients.map(\.parameter) == joint.gradients.map(\.parameter))
    for (sum, gradient) in zip(accumulated.gradients, joint.gradients) {
      let node = try #require(graph.producer(of: sum.gradient))
      #expect(node.operation == .accumulate)
      #expect(node.inputs == [gradient.gradient])
      #expect(node.phase == .backward)
      #expect(graph[sum.gradient].type == TensorType(.float32, joint.graph[gradient.gradient].type.shape))
    }
    let mean = try #require(graph.outputs["loss"].flatMap { graph.producer(of: $0) })
    #expect(mean.operation == .accumulateLoss(count: 3))
    #expect(mean.inputs == joint.graph.outputs["loss"].map { [$0] })
  }

  @Test("gives what separate runs on a share of the loss scale add up to")
  func sums() throws {
    for network in [try perceptron(), try residualNetwork(), try sequenceClassifier()] {
      let joint = try differentiate(network)
      let accumulated = try accumulateGradients(joint, microBatches: 3)
      let loss = try #require(network.outputs["loss"])
      var feed = microBatchFeed(network, count: 3)
      feed.lossScale = 96
      let values = try ReferenceInterpreter(accumulated.graph, rounding: .exact).run(feed)

      var parts: [[ReferenceTensor]] = []
      var separate = feed
      separate.lossScale = 32
      for index in 0..<3 {
        separate.inputs = feed.inputs.mapValues { Array($0[($0.count / 3 * index)..<($0.count / 3 * (index + 1))]) }
        separate.attempt = feed.attempt * 3 + UInt64(index)
        parts.append(try ReferenceInterpreter(joint.graph, rounding: .exact).run(separate))
        for pending in joint.graph.pendingStatistics {
          separate.state[pending.name] = parts[index][pending.pending.index].elements
        }
      }
      for (sum, gradient) in zip(accumulated.gradients, joint.gradients) {
        let expected = parts.map { $0[gradient.gradient.index] }.reduce(nil as ReferenceTensor?) { $0?.plus($1) ?? $1 }
        #expect(values[sum.gradient.index] == expected, "\(sum.parameter)")
      }
      let mean = try #require(accumulated.graph.outputs["loss"])
      let shares = parts.map { $0[loss.index].elements[0] / 3 }
      #expect(values[mean.index].elements == [shares[0] + shares[1] + shares[2]])
      // Running statistics have seen all three batches, one after the other.
      for pending in joint.graph.pendingStatistics {
        #expect(values[pending.pending.index] == parts[2][pending.pending.index], "\(pending.name)")
      }
    }
  }

  @Test("is the gradient of the mean loss, by differences")
  func differences() throws {
    let accumulated = try accumulateGradients(differentiate(sequenceClassifier()), microBatches: 2)
    let interpreter = ReferenceInterpreter(accumulated.graph, rounding: .exact)
    let loss = try #require(accumulated.graph.outputs["loss"])
    let feed = microBatchFeed(try sequenceClassifier(), count: 2)
    let values = try interpreter.run(feed)
    let step = 1e-5
    for (parameter, gradient) in accumulated.gradients {
      var (more, less) = (feed, feed)
      more.state[parameter]?[1] += step
      less.state[parameter]?[1] -= step
      let difference = try interpreter.run(more)[loss.index].elements[0] - interpreter.run(less)[loss.index].elements[0]
      let found = values[gradient.index].elements[1]
      #expect(abs(found - difference / (2 * step)) <= 1e-8, "\(parameter)")
    }
  }

  @Test("stands before the optimizer phase in what runs", arguments: [nil, DType.float16, .bfloat16])
  func phases(_ format: DType?) throws {
    let pipeline = CompilerPipeline(autocastFormat: format, microBatches: 3, clipping: [.norm(1), .value(0.5)])
    for network in [try residualNetwork(), try languageModel(), try segmentation(), try recommender()] {
      let stages = try pipeline.trainingStages(network, optimizer: anyOptimizer)
      #expect(
        stages.map(\.name) == [
          "forward", "autocast", "fuse activations", "autodiff", "accumulate", "commit", "low-precision copies",
          "simplify", "schedule",
        ])
      let graph = try #require(stages.last).graph
      let first = try #require(graph.nodes.firstIndex { $0.phase == .optimizer })
      #expect(
        graph.operationNames[first...] == ["unscale", "clip_grad_norm", "clip_grad_value", "commit"],
        "everything after the last micro-batch is the end of the step")
      // Sums take 16-bit gradients as they are.
      for node in graph.nodes where node.operation == .accumulate {
        #expect(graph.producer(of: node.inputs[0])?.operation != .cast(.float32), "\(graph.line(of: node))")
      }
    }
  }
}

extension ReferenceTensor {
  fileprivate func plus(_ other: ReferenceTensor) -> ReferenceTensor {
    ReferenceTensor(shape, zip(elements, other.elements).map { $0 + $1 })
  }
}

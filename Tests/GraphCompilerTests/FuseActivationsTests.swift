import GraphCompiler
import GraphIR
import TensorCore
import Testing

@Suite("Activation fusion")
struct FuseActivationsTests {
  @Test(
    "fuses relu into the linear and batch-norm nodes whose only use it is, also under autocast",
    arguments: [
      nil, DType.float16, .bfloat16,
    ])
  func fuses(_ format: DType?) throws {
    let fused = try fuseActivations(autocast(perceptron(), to: format))
    #expect(!fused.operationNames.contains("relu"))
    #expect(fused.operationNames.count { $0 == "linear+relu" } == 1)
    let residual = try fuseActivations(autocast(residualNetwork(), to: format))
    #expect(residual.operationNames.count { $0 == "batch_norm+relu" } == 1)
    // The relu after the addition stays: there is no such kernel.
    #expect(residual.operationNames.count { $0 == "relu" } == 1)
  }

  @Test("changes no bit of the results in any format", arguments: [nil, DType.float16, .bfloat16], [true, false])
  func exact(_ format: DType?, isTraining: Bool) throws {
    for network in [try perceptron(isTraining: isTraining), try residualNetwork(isTraining: isTraining)] {
      let plain = try autocast(network, to: format)
      let feed = randomFeed(plain)
      #expect(try referenceOutputs(plain, feed) == referenceOutputs(fuseActivations(plain), feed))
    }
  }

  @Test("leaves a node alone whose result is used twice, or kept")
  func severalUses() throws {
    func network(output: Bool) throws -> Graph {
      var builder = GraphBuilder(isTraining: true)
      let x = builder.input("x", f32(2, 3))
      let weight = try builder.parameter("weight", [3, 3], .constant(0))
      let y = try builder.apply(.linear(relu: false), x, weight)
      let positive = try builder.apply(.relu, y)
      if output {
        builder.output("y", y)
        builder.output("z", positive)
      } else {
        builder.output("z", try builder.apply(.add, y, positive))
      }
      return builder.graph
    }
    for graph in [try network(output: true), try network(output: false)] {
      #expect(try fuseActivations(graph) == graph)
    }
  }

  @Test("does not fuse gelu, nor relu of a convolution")
  func othersStay() throws {
    var builder = GraphBuilder(isTraining: true)
    let x = builder.input("x", f32(2, 2, 3, 3))
    let y = try builder.apply(.relu, try builder.convolution(x, 2))
    let flat = try builder.apply(.flatten, y)
    builder.output("z", try builder.apply(.gelu, try builder.linear(flat, 3)))
    #expect(try fuseActivations(builder.graph).operationNames == ["conv2d", "relu", "flatten", "linear", "gelu"])
  }
}

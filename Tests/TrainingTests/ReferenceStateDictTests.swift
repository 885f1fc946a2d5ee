import GraphIR
import TensorCore
import Testing
import Training

/// Whole networks as PyTorch's state_dict lists them.
private struct StateDict: Decodable {
  var model: ReferenceModel
  var parameters: Int
  var shapes: [String: [Int]]
}

@Suite("Names and shapes of whole networks against PyTorch")
struct ReferenceStateDictTests {
  @Test(
    "Every tensor of the state_dict is ours, under its name and shape, and there are no others",
    arguments: [
      "resnet18", "resnet50", "resnet20", "unet-transposed", "unet-bilinear", "lstm", "gpt2", "vit_b_16", "ncf",
    ])
  func names(_ network: String) throws {
    let all = try ReferenceFixtures.decode([String: StateDict].self, "state_dicts.json")
    let expected = try #require(all[network])
    let graph = try expected.model.model().inferenceGraph(batchSize: 1)
    let ours = Dictionary(uniqueKeysWithValues: graph.parameters.map { ($0.name, $0.shape.dimensions) })
    // torch counts batches in each batch norm; files of weights may hold that, and it means nothing to us.
    #expect(ours == expected.shapes.filter { !$0.key.hasSuffix("num_batches_tracked") })
    #expect(graph.trainableCount == expected.parameters)
  }
}

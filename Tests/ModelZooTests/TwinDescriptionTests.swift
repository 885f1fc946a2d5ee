import Datasets
import Foundation
import ModelZoo
import TensorCore
import Testing
import Training

@Suite("Networks in the words of their PyTorch twins")
struct TwinDescriptionTests {
  private func json(
    _ model: ModelName, _ input: SampleType, _ task: LearningTask, tableSizes: [Int]? = nil,
    _ change: (inout ModelCatalog.Sizes) -> Void = { _ in }
  ) throws -> NSDictionary {
    var sizes = ModelCatalog.Sizes()
    change(&sizes)
    let twin = try ModelCatalog.twin(model, input: input, task: task, tableSizes: tableSizes, sizes: sizes)
    let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(twin))
    return try #require(object as? NSDictionary)
  }

  @Test("Images: sizes as models.build takes them, stated or the network's own")
  func images() throws {
    let common =
      ["input_shape": [1, 28, 28], "classes": 10, "task": "classification", "loss": "cross_entropy"] as [String: Any]
    let (grey, ten) = (ModelZooTests.images(1, 28, 28), LearningTask.classification(classes: 10))
    func expected(_ own: [String: Any]) -> NSDictionary { NSDictionary(dictionary: common.merging(own) { $1 }) }
    #expect(
      try json(.mlp, grey, ten) { $0.mlp.dropout = 0 }
        == expected(["kind": "mlp", "hidden": 1024, "layers": 3, "dropout": 0]))
    #expect(
      try json(.cnn, grey, ten) { $0.cnn.dropout = 0.25 }
        == expected(["kind": "cnn", "channels": [32, 64, 128], "dropout": 0.25]))
    #expect(try json(.resnet, grey, ten) == expected(["kind": "resnet", "depth": 8, "width": 16]))
    #expect(try json(.resnet, grey, ten) { $0.resnet.depth = 50 }["width"] as? Int == 64)
    #expect(
      try json(.vit, grey, ten) { $0.vit.width = 32 }
        == expected(["kind": "vit", "patch": 4, "channels": 32, "heads": 4, "layers": 4, "hidden": 128]))
    let pixels = try json(.unet, ModelZooTests.images(1, 32, 32), .segmentation(classes: 3))
    #expect(pixels["upsampling"] as? String == "transposed" && pixels["task"] as? String == "segmentation")
    #expect(pixels["levels"] as? Int == 2 && pixels["channels"] as? Int == 16 && pixels["classes"] as? Int == 3)
  }

  @Test("Tokens and pairs: vocabulary, context and tables come from the data")
  func others() throws {
    let (tokens, language) = (SampleType(.int64, [64]), LearningTask.language(vocabulary: 32))
    #expect(
      try json(.gpt, tokens, language)
        == [
          "kind": "gpt", "context": 64, "channels": 128, "heads": 4, "layers": 4, "vocabulary": 32, "task": "language",
          "loss": "cross_entropy",
        ] as NSDictionary)
    let large = try json(.gpt, tokens, language) { $0.gpt.size = .gpt2 }
    #expect(large["vocabulary"] as? Int == 32 && large["rows"] as? Int == 50_257 && large["context"] as? Int == 1024)
    let lstm = try json(.lstm, tokens, language)
    #expect(lstm["embedding"] as? Int == 64 && lstm["hidden"] as? Int == 128 && lstm["layers"] as? Int == 1)
    let pairs = try json(.ncf, SampleType(.int64, [2]), .interaction, tableSizes: [7, 9])
    #expect(pairs["users"] as? Int == 7 && pairs["items"] as? Int == 9 && pairs["gmf"] as? Int == 8)
    #expect(pairs["mlp"] as? [Int] == [64, 32, 16, 8] && pairs["loss"] as? String == "bce_with_logits")
    #expect(try json(.ncf, SampleType(.int64, [2]), .rating, tableSizes: [7, 9])["loss"] as? String == "mse")
  }

  @Test("What a twin cannot be is refused with the reason")
  func refusals() {
    let (tokens, language) = (SampleType(.int64, [64]), LearningTask.language(vocabulary: 32))
    #expect(throws: TrainingError.self) { try json(.gpt, tokens, language) { $0.gpt.dropout = 0.1 } }
    #expect(throws: TrainingError.self) { try json(.lstm, tokens, language) { $0.lstm.dropout = 0.1 } }
    #expect(throws: TrainingError.self) {
      try json(.vit, ModelZooTests.images(1, 8, 4), .classification(classes: 3))
    }
    #expect(throws: TrainingError.self) { try json(.ncf, SampleType(.int64, [2]), .rating) }
  }
}

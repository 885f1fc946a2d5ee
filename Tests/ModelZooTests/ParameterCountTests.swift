import Datasets
import GraphIR
import ModelZoo
import TensorCore
import Testing
import Training

/// The counts that the documentation states.
@Suite("Numbers of parameters and operations")
struct ParameterCountTests {
  static let tokens = SampleType(.int64, [64])
  static let ten = LearningTask.classification(classes: 10)
  static let thousand = LearningTask.classification(classes: 1000)
  static let characters = LearningTask.language(vocabulary: 64)

  static let counts: [(entry: ZooCase, count: Int)] = [
    // 784·1024 + 1024 + 2 (1024² + 1024) + 1024·10 + 10
    (ZooCase("mlp", "mlp", images(1, 28, 28), ten), 2_913_290),
    // 9·(32 + 32·64 + 64·128) + 2·(32 + 64 + 128) + 1152·10 + 10: three poolings leave 3 by 3 of 28 by 28.
    (ZooCase("cnn", "cnn", images(1, 28, 28), ten), 104_426),
    (ZooCase("resnet-8", "resnet", images(1, 28, 28), ten), 77_754),
    (ZooCase("resnet-20", "resnet", images(3, 32, 32), ten) { $0.resnet.depth = 20 }, 272_474),
    (ZooCase("resnet-18", "resnet", images(3, 224, 224), thousand) { $0.resnet.depth = 18 }, 11_689_512),
    (ZooCase("resnet-50", "resnet", images(3, 224, 224), thousand) { $0.resnet.depth = 50 }, 25_557_032),
    (ZooCase("unet", "unet", images(1, 64, 64), .segmentation(classes: 10)), 117_226),
    // 64·64 + 4·128·(64 + 128 + 2) + 64·128 + 64
    (ZooCase("lstm", "lstm", tokens, characters), 111_680),
    (ZooCase("gpt nano", "gpt", tokens, characters) { $0.gpt.size = .nano }, 91_056),
    (ZooCase("gpt micro", "gpt", tokens, characters), 809_728),
    (ZooCase("gpt mini", "gpt", tokens, characters) { $0.gpt.size = .mini }, 2_694_144),
    (ZooCase("gpt small", "gpt", tokens, characters) { $0.gpt.size = .small }, 10_696_704),
    (
      ZooCase("gpt2", "gpt", SampleType(.int64, [1024]), .language(vocabulary: 50_257)) { $0.gpt.size = .gpt2 },
      124_439_808
    ),
    // A smaller vocabulary and shorter sequences leave GPT-2's tables as they are.
    (ZooCase("gpt2 on characters", "gpt", tokens, characters) { $0.gpt.size = .gpt2 }, 124_439_808),
    (ZooCase("vit", "vit", images(1, 28, 28), ten), 205_066),
    (ZooCase("vit_b_16", "vit", images(3, 224, 224), thousand) { $0.vit.size = .vitB16 }, 86_567_656),
    // 2000·(8 + 32) + 64·32 + 32 + 32·16 + 16 + 16·8 + 8 + 16 + 1
    (ZooCase("ncf", "ncf", SampleType(.int64, [2]), .interaction, tableSizes: [1000, 1000]), 82_761),
  ]

  @Test("Each network has as many as documented", arguments: counts)
  func documented(_ entry: ZooCase, count: Int) throws {
    #expect(try entry.model().inferenceGraph(batchSize: 1).trainableCount == count)
  }

  @Test("A forward pass of cnn takes the documented 15 MFLOP a sample")
  func operations() throws {
    let graph = try ModelCatalog.model("cnn", input: images(1, 28, 28), task: Self.ten).inferenceGraph(batchSize: 1)
    // Convolutions at 28², 14² and 7² pixels, and the head.
    let products = 28 * 28 * 9 * 32 + 14 * 14 * 9 * 32 * 64 + 7 * 7 * 9 * 64 * 128 + 1152 * 10
    #expect(graph.floatingPointOperations == Double(2 * products))
  }

  @Test("torchvision's networks take the multiply-adds that torchvision states")
  func largeNetworks() throws {
    // weights.meta["_ops"] of torchvision, in 10⁹ multiply-adds, rounded to three places.
    for (title, stated) in [("resnet-18", 1.814), ("resnet-50", 4.089), ("vit_b_16", 17.564)] {
      let entry = try #require(Self.counts.first { $0.entry.testDescription == title }?.entry)
      let graph = try entry.model().inferenceGraph(batchSize: 1)
      #expect(abs(graph.floatingPointOperations / 2e9 - stated) <= 0.0005, "\(title)")
    }
  }
}

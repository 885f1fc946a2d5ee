import Datasets
import GraphIR
import ModelZoo
import TensorCore
import Testing
import Training

/// state_dict names are an interface: a file of PyTorch's weights loads only where they agree.
@Suite("Names and shapes of parameters")
struct ParameterNameTests {
  @Test("mlp: as torch.nn.Sequential counts")
  func perceptron() throws {
    let graph = try ModelCatalog.model("mlp", input: images(1, 28, 28), task: .classification(classes: 10))
      .trainingGraph(batchSize: 2)
    let expected = [
      "1.weight (1024, 784)", "1.bias (1024)", "4.weight (1024, 1024)", "4.bias (1024)", "7.weight (1024, 1024)",
      "7.bias (1024)", "10.weight (10, 1024)", "10.bias (10)",
    ]
    #expect(graph.parameterList == expected)
    #expect(graph.parameters.allSatisfy { $0.isTrainable })
  }

  @Test("cnn: features and classifier, running statistics not trained")
  func convolutional() throws {
    let graph = try ModelCatalog.model("cnn", input: images(1, 28, 28), task: .classification(classes: 10))
      .trainingGraph(batchSize: 2)
    let expected = [
      "features.0.weight (32, 1, 3, 3)", "features.1.weight (32)", "features.1.bias (32)",
      "features.1.running_mean (32)", "features.1.running_var (32)", "features.4.weight (64, 32, 3, 3)",
      "features.5.weight (64)", "features.5.bias (64)", "features.5.running_mean (64)", "features.5.running_var (64)",
      "features.8.weight (128, 64, 3, 3)", "features.9.weight (128)", "features.9.bias (128)",
      "features.9.running_mean (128)", "features.9.running_var (128)", "classifier.2.weight (10, 1152)",
      "classifier.2.bias (10)",
    ]
    #expect(graph.parameterList == expected)
    let statistics = graph.parameters.filter { !$0.isTrainable }.map(\.name)
    #expect(statistics == graph.parameters.map(\.name).filter { $0.contains("running") })
  }

  @Test("resnet on small images: three stages, shortcuts projected where the shape changes")
  func smallResidual() throws {
    let graph = try ZooCase.named("resnet-8").model().trainingGraph(batchSize: 2)
    func normalization(_ name: String, _ channels: Int) -> [String] {
      ["weight", "bias", "running_mean", "running_var"].map { "\(name).\($0) (\(channels))" }
    }
    var expected = ["conv1.weight (4, 3, 3, 3)"] + normalization("bn1", 4)
    for (stage, inputs, width) in [(1, 4, 4), (2, 4, 8), (3, 8, 16)] {
      let block = "layer\(stage).0"
      expected += ["\(block).conv1.weight (\(width), \(inputs), 3, 3)"] + normalization("\(block).bn1", width)
      expected += ["\(block).conv2.weight (\(width), \(width), 3, 3)"] + normalization("\(block).bn2", width)
      guard stage > 1 else { continue }
      expected += ["\(block).downsample.0.weight (\(width), \(inputs), 1, 1)"]
      expected += normalization("\(block).downsample.1", width)
    }
    #expect(graph.parameterList == expected + ["fc.weight (3, 16)", "fc.bias (3)"])
  }

  @Test("unet: encoder from the top, up and decoder from the deepest", arguments: ["unet", "unet, bilinear"])
  func segmentation(_ title: String) throws {
    let model = try ZooCase.named(title).model()
    let weights = try model.trainingGraph(batchSize: 2).parameterList.filter { $0.contains(", ") || $0.contains("up.") }
    let expected: [String: [String]] = [
      "unet": [
        "encoder.0.0.weight (4, 1, 3, 3)", "encoder.0.3.weight (4, 4, 3, 3)", "encoder.1.0.weight (8, 4, 3, 3)",
        "encoder.1.3.weight (8, 8, 3, 3)", "bottleneck.0.weight (16, 8, 3, 3)", "bottleneck.3.weight (16, 16, 3, 3)",
        "up.0.weight (16, 8, 2, 2)", "up.0.bias (8)", "decoder.0.0.weight (8, 16, 3, 3)",
        "decoder.0.3.weight (8, 8, 3, 3)", "up.1.weight (8, 4, 2, 2)", "up.1.bias (4)",
        "decoder.1.0.weight (4, 8, 3, 3)", "decoder.1.3.weight (4, 4, 3, 3)", "head.weight (3, 4, 1, 1)",
      ],
      "unet, bilinear": [
        "encoder.0.0.weight (4, 1, 3, 3)", "encoder.0.3.weight (4, 4, 3, 3)", "bottleneck.0.weight (8, 4, 3, 3)",
        "bottleneck.3.weight (8, 8, 3, 3)", "up.0.weight (4, 8, 1, 1)", "up.0.bias (4)",
        "decoder.0.0.weight (4, 8, 3, 3)", "decoder.0.3.weight (4, 4, 3, 3)", "head.weight (3, 4, 1, 1)",
      ],
    ]
    #expect(weights == expected[title])
  }

  @Test("lstm: torch.nn.LSTM's names, layer by layer")
  func recurrent() throws {
    let expected = [
      "embedding.weight (7, 4)", "lstm.weight_ih_l0 (24, 4)", "lstm.weight_hh_l0 (24, 6)", "lstm.bias_ih_l0 (24)",
      "lstm.bias_hh_l0 (24)", "lstm.weight_ih_l1 (24, 6)", "lstm.weight_hh_l1 (24, 6)", "lstm.bias_ih_l1 (24)",
      "lstm.bias_hh_l1 (24)", "head.weight (7, 6)", "head.bias (7)",
    ]
    #expect(try ZooCase.named("lstm").model().trainingGraph(batchSize: 2).parameterList == expected)
  }

  @Test("gpt: nanoGPT's names; the head has no tensor of its own, and a file may have it twice")
  func language() throws {
    let model = try ZooCase.named("gpt").model()
    var expected = ["transformer.wte.weight (7, 8)", "transformer.wpe.weight (9, 8)"]
    for block in 0..<2 {
      expected += [
        "ln_1.weight (8)", "ln_1.bias (8)", "attn.c_attn.weight (24, 8)", "attn.c_attn.bias (24)",
        "attn.c_proj.weight (8, 8)", "attn.c_proj.bias (8)", "ln_2.weight (8)", "ln_2.bias (8)",
        "mlp.c_fc.weight (32, 8)", "mlp.c_fc.bias (32)", "mlp.c_proj.weight (8, 32)", "mlp.c_proj.bias (8)",
      ].map { "transformer.h.\(block).\($0)" }
    }
    expected += ["transformer.ln_f.weight (8)", "transformer.ln_f.bias (8)"]
    let graph = try model.trainingGraph(batchSize: 2)
    #expect(graph.parameterList == expected)
    #expect(model.tiedNames == ["lm_head.weight": "transformer.wte.weight"])
    #expect(model.tiedNames.values.allSatisfy(graph.parameters.map(\.name).contains))
  }

  @Test("vit: torchvision's names")
  func patches() throws {
    var expected = [
      "class_token (1, 1, 8)", "conv_proj.weight (8, 1, 4, 4)", "conv_proj.bias (8)", "encoder.pos_embedding (1, 3, 8)",
    ]
    for block in 0..<2 {
      expected += [
        "ln_1.weight (8)", "ln_1.bias (8)", "self_attention.in_proj_weight (24, 8)", "self_attention.in_proj_bias (24)",
        "self_attention.out_proj.weight (8, 8)", "self_attention.out_proj.bias (8)", "ln_2.weight (8)", "ln_2.bias (8)",
        "mlp.0.weight (32, 8)", "mlp.0.bias (32)", "mlp.3.weight (8, 32)", "mlp.3.bias (8)",
      ].map { "encoder.layers.encoder_layer_\(block).\($0)" }
    }
    expected += ["encoder.ln.weight (8)", "encoder.ln.bias (8)", "heads.head.weight (3, 8)", "heads.head.bias (3)"]
    #expect(try ZooCase.named("vit").model().trainingGraph(batchSize: 2).parameterList == expected)
  }

  @Test("ncf: two pairs of tables, a perceptron that halves, a head over both")
  func factorisation() throws {
    let expected = [
      "user_gmf.weight (11, 4)", "item_gmf.weight (13, 4)", "user_mlp.weight (11, 8)", "item_mlp.weight (13, 8)",
      "mlp.0.weight (8, 16)", "mlp.0.bias (8)", "mlp.2.weight (4, 8)", "mlp.2.bias (4)", "head.weight (1, 8)",
      "head.bias (1)",
    ]
    #expect(try ZooCase.named("ncf, interactions").model().trainingGraph(batchSize: 2).parameterList == expected)
  }
}

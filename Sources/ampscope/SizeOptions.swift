import ArgumentParser
import Foundation
import ModelZoo

/// Sizes of the network.
///
/// What is not given is the model's own default; what the chosen model does not have is refused.
struct SizeOptions: ParsableArguments {
  @Option(help: "Named size: nano, micro, mini, small or gpt2 of gpt (micro); tiny or vit_b_16 of vit (tiny).")
  var size: String?

  @Option(help: "Hidden layers of mlp (3) and ncf (3), layers of lstm (1), blocks of gpt and vit.")
  var layers: Int?

  @Option(help: "Width of the hidden layers of mlp (1024), cells of lstm (128).")
  var hidden: Int?

  @Option(help: "Channels of resnet's first stage (16; 64 at depths 18 and 50), of tokens in gpt and vit.")
  var width: Int?

  @Option(help: "Heads of attention in gpt and vit.")
  var heads: Int?

  @Option(
    help: ArgumentHelp(
      "Channels: three widths of cnn (32,64,128), the first level of unet (16).", valueName: "width,…"))
  var channels: String?

  @Option(help: "Layers of resnet: 8 (default), 14, 20, … for small images, 18 and 50 as torchvision's.")
  var depth: Int?

  @Option(help: "Poolings of unet (2).")
  var levels: Int?

  @Option(help: "How unet enlarges: transposed (default) or bilinear.")
  var upsampling: String?

  @Option(help: "Width of lstm's embedding (64).")
  var embedding: Int?

  @Option(name: .customLong("block-size"), help: "Positions that gpt knows (the sequence length; 1024 for gpt2).")
  var blockSize: Int?

  @Option(help: "Height and width of vit's patches (4; 16 for vit_b_16).")
  var patch: Int?

  @Option(help: "Predictive factors of ncf (8).")
  var factors: Int?

  @Option(help: "Share of activations dropped in training, 0 to below 1: mlp and cnn (0.1), lstm, gpt and vit (0).")
  var dropout: Float?
}

extension SizeOptions {
  /// Sizes for a model.
  ///
  /// Throws `ValidationError` that names the option where one belongs to other models or cannot be read.
  func sizes(for model: ModelName) throws -> ModelCatalog.Sizes {
    if let dropout, !(dropout >= 0 && dropout < 1) {
      throw ValidationError("--dropout must be at least 0 and below 1, found \(dropout)")
    }
    var sizes = ModelCatalog.Sizes()
    for option in table where option.isGiven {
      guard let set = option.setters[model] else {
        let own = table.filter { $0.setters[model] != nil }.map(\.name)
        throw ValidationError(
          "\(option.name) is a size of \(names(option.setters.keys)), not of \(model.rawValue), which has "
            + own.joined(separator: ", "))
      }
      try set(&sizes)
    }
    return sizes
  }

  /// Every option, with what it means to which models.
  private var table: [SizeOption] {
    [
      SizeOption(
        "--size", size,
        [
          .gpt: { $0.gpt.size = try choice("--size", $1) },
          .vit: { $0.vit.size = try choice("--size", $1) },
        ]),
      SizeOption(
        "--layers", layers,
        [
          .mlp: { $0.mlp.layers = $1 }, .lstm: { $0.lstm.layers = $1 }, .gpt: { $0.gpt.layers = $1 },
          .vit: { $0.vit.layers = $1 }, .ncf: { $0.ncf.layers = $1 },
        ]),
      SizeOption("--hidden", hidden, [.mlp: { $0.mlp.hidden = $1 }, .lstm: { $0.lstm.hidden = $1 }]),
      SizeOption(
        "--width", width,
        [.resnet: { $0.resnet.width = $1 }, .gpt: { $0.gpt.width = $1 }, .vit: { $0.vit.width = $1 }]),
      SizeOption("--heads", heads, [.gpt: { $0.gpt.heads = $1 }, .vit: { $0.vit.heads = $1 }]),
      SizeOption(
        "--channels", channels,
        [.cnn: { $0.cnn.channels = try widths($1) }, .unet: { $0.unet.channels = try firstWidth($1) }]),
      SizeOption("--depth", depth, [.resnet: { $0.resnet.depth = $1 }]),
      SizeOption("--levels", levels, [.unet: { $0.unet.levels = $1 }]),
      SizeOption("--upsampling", upsampling, [.unet: { $0.unet.upsampling = try choice("--upsampling", $1) }]),
      SizeOption("--embedding", embedding, [.lstm: { $0.lstm.embedding = $1 }]),
      SizeOption("--block-size", blockSize, [.gpt: { $0.gpt.blockSize = $1 }]),
      SizeOption("--patch", patch, [.vit: { $0.vit.patch = $1 }]),
      SizeOption("--factors", factors, [.ncf: { $0.ncf.factors = $1 }]),
      SizeOption(
        "--dropout", dropout,
        [
          .mlp: { $0.mlp.dropout = $1 }, .cnn: { $0.cnn.dropout = $1 }, .lstm: { $0.lstm.dropout = $1 },
          .gpt: { $0.gpt.dropout = $1 }, .vit: { $0.vit.dropout = $1 },
        ]),
    ]
  }

  private func names(_ models: some Collection<ModelName>) -> String {
    ModelName.allCases.filter(models.contains).map(\.rawValue).joined(separator: ", ")
  }

  private func widths(_ text: String) throws -> [Int] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      guard let width = Int(part.trimmingCharacters(in: .whitespaces)) else {
        throw ValidationError("--channels takes whole numbers: 32,64,128 for cnn, 16 for unet; found \"\(text)\"")
      }
      return width
    }
  }

  private func firstWidth(_ text: String) throws -> Int {
    let widths = try widths(text)
    guard widths.count == 1 else {
      throw ValidationError("--channels of unet is one width, that of the first level, found \"\(text)\"")
    }
    return widths[0]
  }

  private func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ option: String, _ name: String
  ) throws -> Choice {
    guard let choice = Choice(rawValue: name) else {
      throw ValidationError(
        "\(option) is one of \(Choice.allCases.map(\.rawValue).joined(separator: ", ")), found \"\(name)\"")
    }
    return choice
  }
}

/// An option and what it sets, by model.
private struct SizeOption {
  let name: String
  let isGiven: Bool
  let setters: [ModelName: (inout ModelCatalog.Sizes) throws -> Void]

  init<Value>(
    _ name: String, _ value: Value?, _ setters: [ModelName: (inout ModelCatalog.Sizes, Value) throws -> Void]
  ) {
    self.name = name
    isGiven = value != nil
    self.setters = setters.mapValues { set in { sizes in if let value { try set(&sizes, value) } } }
  }
}

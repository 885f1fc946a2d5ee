/// The sizes at which a bench measures the networks, as arguments of `ampscope train`: anyone can repeat one alone.
enum ZooSizes {
  /// One network at one size.
  struct Entry {
    /// Name in tables.
    let name: String
    /// Name in `--models`.
    let model: String
    /// Arguments of `ampscope train`.
    let arguments: [String]
    /// What `--accuracy` compares.
    var measure = Measure.accuracy
    /// Attempts of `--accuracy`.
    var steps = 0

    init(_ name: String, _ arguments: String, measure: Measure = .accuracy, steps: Int = 0) {
      self.name = name
      self.arguments = arguments.split(separator: " ").map(String.init)
      model = self.arguments[1]
      self.measure = measure
      self.steps = steps
    }
  }

  /// What is compared between modes.
  enum Measure {
    case accuracy
    case loss
  }

  /// Names of the sizes.
  static let names = ["small", "full"]

  /// Attempts of `--zoo`: ten are dropped as warm-up, and sixty pairs remain.
  static let steps = 72

  /// The networks of a size.
  ///
  /// All data is generated, so that the bench is the same on every machine.
  static func entries(_ size: String) -> [Entry] { size == "full" ? full : small }

  private static let small = [
    Entry("mlp", "--model mlp --hidden 1024 --layers 3 --batch 128 --data glyphs"),
    Entry("cnn", "--model cnn --channels 32,64,128 --batch 128 --data glyphs"),
    Entry("resnet-8", "--model resnet --depth 8 --width 16 --batch 64 --data glyphs"),
    Entry("unet", "--model unet --levels 2 --channels 16 --batch 16 --data shapes"),
    Entry("lstm", "--model lstm --hidden 128 --layers 1 --batch 32 --data grammar"),
    Entry("gpt-micro", "--model gpt --size micro --batch 16 --data grammar"),
    Entry("vit", "--model vit --patch 4 --width 64 --heads 4 --layers 4 --batch 64 --data glyphs"),
    Entry("ncf", "--model ncf --batch 256 --data interactions"),
  ]

  private static let full = [
    Entry("mlp-2048", "--model mlp --hidden 2048 --layers 3 --batch 256 --data glyphs"),
    Entry("resnet-20", "--model resnet --depth 20 --width 16 --batch 128 --data glyphs"),
    Entry("resnet-18", "--model resnet --depth 18 --batch 64 --data glyphs"),
    Entry("resnet-50", "--model resnet --depth 50 --batch 32 --data glyphs"),
    Entry("unet-64", "--model unet --levels 3 --channels 64 --batch 16 --data shapes"),
    Entry("lstm-512", "--model lstm --hidden 512 --layers 2 --batch 64 --data grammar"),
    Entry("gpt-small", "--model gpt --size small --batch 8 --data grammar"),
    Entry("gpt-124m", "--model gpt --size gpt2 --batch 2 --data grammar --sequence-length 128"),
    Entry("vit-384", "--model vit --patch 4 --width 384 --heads 6 --layers 6 --batch 64 --data glyphs"),
    Entry("ncf", "--model ncf --batch 4096 --data ratings"),
  ]

  /// The networks of `--accuracy`, trained long enough to have learned their task.
  ///
  /// The rate falls to 0, so that the end of a run does not hang on its last few batches.
  static let accuracyEntries = [
    Entry("cnn", "--model cnn --batch 128 --lr-schedule cosine", measure: .accuracy, steps: 400),
    Entry(
      "resnet-8", "--model resnet --depth 8 --width 16 --batch 128 --lr-schedule cosine", measure: .accuracy, steps: 500
    ),
    Entry(
      "gpt-micro", "--model gpt --size micro --batch 16 --data grammar --lr-schedule cosine", measure: .loss, steps: 400
    ),
  ]
}

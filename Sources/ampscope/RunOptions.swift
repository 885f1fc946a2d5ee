import ArgumentParser
import TrainingEvents

/// What to train and how: the options that the dashboard, `train` and `inspect` share.
struct ModelOptions: ParsableArguments {
  @Option(help: "Network: mlp, cnn, resnet, unet, lstm, gpt, vit or ncf.")
  var model = "cnn"

  @OptionGroup(title: "Sizes of the network") var sizes: SizeOptions

  @Option(name: .customLong("batch"), help: "Samples per step (default: the network's own, 128 for cnn).")
  var batchSize: Int?

  @Option(help: "Update rule: sgd (momentum 0.9), nesterov, adam or adamw.")
  var optimizer = "adamw"

  @Option(
    name: .customLong("lr"),
    help: "Learning rate (default: 0.05 for sgd and nesterov, else the network's own, 0.001 or 0.002).")
  var learningRate: Double?

  @Option(help: "Momentum of sgd and nesterov (default: 0.9).")
  var momentum: Float?

  @Option(name: .customLong("weight-decay"), help: "Weight decay (default: 0.01 for adamw, else 0).")
  var weightDecay: Float?

  @Option(help: "What keeps adam's and adamw's division finite (default: 1e-8, which is 0 in fp16).")
  var eps: Float?

  @Option(help: "Device: cpu.")
  var device = "cpu"

  @Option(help: "Compute threads of each lane (default: all processors when alternating, else a lane's share).")
  var threads: Int?
}

/// Options of a run.
struct RunOptions: ParsableArguments {
  /// What `--lanes` is where nobody states it.
  static let defaultLanes = "fp32,amp"

  @OptionGroup var model: ModelOptions
  @OptionGroup var training: TrainingOptions
  @OptionGroup(title: "Precision") var precision: PrecisionOptions
  @OptionGroup(title: "Numerics") var numerics: NumericsOptions

  @Option(
    help: """
      Data by name (fashion-mnist, glyphs, shapes, grammar, fortunes, ratings, interactions) or by the path of your own: \
      IDX, CIFAR-10, .npz, safetensors, text (default: what suits the network).
      """)
  var data: String?

  @Option(name: .customLong("data-dir"), help: "Where Fashion-MNIST's four IDX files lie, gzipped or not.")
  var dataDirectory: String?

  @Option(name: .customLong("sequence-length"), help: "Tokens in a sample of text (default: the set's own).")
  var sequenceLength: Int?

  @Option(
    help: ArgumentHelp(
      "Precision of each lane, 1 to 4 of fp32, amp-fp16, amp-bf16, amp, o2, fp16, bf16 (and Apex's O0 to O3).",
      valueName: "mode,…"))
  var lanes = RunOptions.defaultLanes

  @Option(help: "Attempts of every lane (default: until stopped; `train` takes the network's own number).")
  var steps: Int?

  @Option(help: "Seed of weights, batches and dropout masks.")
  var seed: UInt64 = 0

  @Option(help: "How lanes share the device: alternating (the figure to quote) or concurrent (looks alive).")
  var schedule: String?

  @Option(
    help: """
      Loss scaling as another system has it: torch, apex, deepspeed, megatron, keras, with its own constants; auto \
      measures the gradients; dynamic scales in every amp mode, static keeps --init-scale, none scales nothing (default: \
      torch's in fp16 modes, with a growth interval that fits the run).
      """)
  var scaler: String?

  @Option(name: .customLong("init-scale"), help: "Loss scale before the first step (default: the policy's).")
  var initialScale: Float?

  @Option(
    name: .customLong("growth-interval"),
    help: "Committed steps before the scale grows (default: max(50, steps/20), 100 without --steps; torch has 2000).")
  var growthInterval: Int32?

  @Option(name: .customLong("init"), help: "Weights to start from, a safetensors file under PyTorch's names.")
  var initialWeights: String?

  @Option(help: "Batches to replay, a safetensors file with x [steps, batch, ...] float32 and y [steps, batch] int64.")
  var batches: String?

  @Option(name: .customLong("save"), help: "Write lane A's weights to this safetensors file at the end.")
  var saveWeights: String?

  @Option(help: "Write every event as a JSON line to this file, or to stdout with -.")
  var jsonl: String?
}

import ArgumentParser
import TrainingEvents

/// What to train and how: the options that the dashboard, `train` and `inspect` share.
struct ModelOptions: ParsableArguments {
  @Option(help: "Network: mlp or cnn.")
  var model = "cnn"

  @Option(help: "Width of the hidden layers of mlp.")
  var hidden = 1024

  @Option(help: "Hidden layers of mlp.")
  var layers = 3

  @Option(help: "Channels of cnn, three widths.")
  var channels = "32,64,128"

  @Option(help: "Share of activations dropped in training, 0 to below 1.")
  var dropout: Float = 0.1

  @Option(name: .customLong("batch"), help: "Samples per step.")
  var batchSize = 128

  @Option(help: "Update rule: sgd (momentum 0.9) or adamw.")
  var optimizer = "adamw"

  @Option(name: .customLong("lr"), help: "Learning rate (default: 0.05 for sgd, 0.001 for adamw).")
  var learningRate: Double?

  @Option(help: "Device: cpu.")
  var device = "cpu"

  @Option(help: "Compute threads of each lane (default: all processors when alternating, else a lane's share).")
  var threads: Int?
}

/// Options of a run.
struct RunOptions: ParsableArguments {
  @OptionGroup var model: ModelOptions

  @Option(help: "Data: fashion-mnist or synthetic (default: fashion-mnist where it is installed, else synthetic).")
  var data: String?

  @Option(name: .customLong("data-dir"), help: "Where Fashion-MNIST's four IDX files lie, gzipped or not.")
  var dataDirectory: String?

  @Option(help: "Precision of each lane: fp32, amp-fp16, amp-bf16, amp; 1 to 4 of them.")
  var lanes = "fp32,amp"

  @Option(help: "Attempts of every lane (default: train until stopped).")
  var steps: Int?

  @Option(help: "Seed of weights, batches and dropout masks.")
  var seed: UInt64 = 0

  @Option(help: "How lanes share the device: alternating (the figure to quote) or concurrent (looks alive).")
  var schedule: String?

  @Option(help: "Loss scaling: auto (amp-fp16 only), dynamic (every amp mode) or none.")
  var scaler = "auto"

  @Option(name: .customLong("init-scale"), help: "Loss scale before the first step.")
  var initialScale: Float = 65536

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

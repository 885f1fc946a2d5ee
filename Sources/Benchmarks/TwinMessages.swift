import BackendAPI
import GraphIR
import ModelZoo
import Training
import TrainingEvents

/// What `speed_twin.py` is asked, and what it answers: JSON objects, one a line; `do` says what is wanted.
enum TwinRequest {
  /// Settles threads and processors, and loads PyTorch.
  struct Start: Encodable {
    let `do` = "start"
    var threads: Int
    var processors: [Int]
  }

  /// Builds a twin and makes its first steps.
  struct Build: Encodable {
    let `do` = "build"
    var name: String
    var model: TwinDescription
    var mode: String
    var compiled: Bool
    /// Initial state_dict, a safetensors file.
    var weights: String
    /// Batches to take in turn, a safetensors file.
    var batches: String
    var optimizer: TwinOptimizer
    var scaler: TwinScaler?
    /// Steps whose losses are wanted.
    var steps: Int

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(`do`, forKey: .do)
      try container.encode(name, forKey: .name)
      try container.encode(model, forKey: .model)
      try container.encode(mode, forKey: .mode)
      try container.encode(compiled, forKey: .compiled)
      try container.encode(weights, forKey: .weights)
      try container.encode(batches, forKey: .batches)
      try container.encode(optimizer, forKey: .optimizer)
      // Absent is no argument in Python; null is.
      try container.encode(scaler, forKey: .scaler)
      try container.encode(steps, forKey: .steps)
    }

    private enum CodingKeys: CodingKey {
      case `do`, name, model, mode, compiled, weights, batches, optimizer, scaler, steps
    }
  }

  /// Makes the first steps again, some runs of them, each from weights one ulp away.
  struct Perturbed: Encodable {
    let `do` = "perturbed"
    var name: String
    var runs: Int
  }

  /// Makes steps and times all but the first few.
  struct Run: Encodable {
    let `do` = "run"
    var name: String
    var settling: Int
    var steps: Int
  }

  /// Makes a step under PyTorch's memory profiler.
  struct Memory: Encodable {
    let `do` = "memory"
    var name: String
  }
}

/// The answers to `TwinRequest`.
enum TwinAnswer {
  struct Start: Decodable {
    /// Version of PyTorch.
    var torch: String
    var threads: Int
  }

  struct Build: Decodable {
    var losses: [Double]
  }

  struct Perturbed: Decodable {
    /// Of every run.
    var losses: [[Double]]
  }

  struct Run: Decodable {
    var milliseconds: [Double]
  }

  struct Memory: Decodable {
    /// Bytes of parameters, buffers and optimizer state.
    var state: Int
    /// Bytes at the peak of a step, the state among them.
    var peak: Int
  }

  /// What comes instead where a request failed.
  struct Failure: Decodable {
    var error: String
    /// A Python package that is not installed.
    var missing: String?
  }
}

/// An update rule as `training.make_optimizer` takes it, once its keys are in snake case.
struct TwinOptimizer: Encodable, Hashable {
  var kind: String
  var lr: Double
  var weightDecay: Float
  var momentum: Float?
  var nesterov: Bool?
  var betas: [Double]?
  var eps: Float?

  init(_ optimizer: Optimizer) {
    (kind, lr) = (optimizer.kind.name, optimizer.learningRate)
    switch optimizer.kind {
    case .sgd(let momentum, let weightDecay, let nesterov):
      (self.momentum, self.weightDecay, self.nesterov) = (momentum, weightDecay, nesterov)
    case .adam(let beta1, let beta2, let eps, let weightDecay), .adamW(let beta1, let beta2, let eps, let weightDecay):
      (betas, self.eps, self.weightDecay) = ([beta1, beta2], eps, weightDecay)
    }
  }
}

/// The arguments of torch.amp.GradScaler, once its keys are in snake case.
struct TwinScaler: Encodable, Hashable {
  var initScale: Float
  var growthFactor: Double
  var backoffFactor: Double
  var growthInterval: Int32

  init(_ settings: GradScaler.Settings) {
    initScale = settings.initialScale
    growthFactor = settings.growthFactor
    backoffFactor = settings.backoffFactor
    growthInterval = settings.growthInterval
  }
}

public import BackendAPI
public import Datasets
public import GraphCompiler
public import GraphIR

extension Trainer {
  /// What to train and how.
  ///
  /// Equal for all lanes of a session but for the precision.
  public struct Configuration: Sendable {
    /// The network.
    public var model: Model
    /// Where batches come from; micro-batches, where gradients are accumulated.
    public var batches: any BatchSource
    /// Update rule and learning rate.
    public var optimizer: Optimizer
    /// How the learning rate moves over committed steps.
    public var schedule: LearningRateSchedule
    /// Clippings of the unscaled gradients, in this order.
    public var clipping: [GradientClipping]
    /// Micro-batches whose gradients are summed in a step; 1 for none.
    public var gradientAccumulation: Int
    /// What the backward pass computes again instead of keeping it.
    public var recompute: Recompute
    /// Loss scaling.
    public var scaler: ScalerPolicy
    /// Seed of weights and dropout masks.
    public var seed: UInt64
    /// Compute threads.
    public var threads: Int

    /// Creates a configuration.
    public init(
      model: Model, batches: any BatchSource, optimizer: Optimizer, schedule: LearningRateSchedule = .constant,
      clipping: [GradientClipping] = [], gradientAccumulation: Int = 1, recompute: Recompute = .nothing,
      scaler: ScalerPolicy = .automatic(GradScaler.Preset.torch.settings), seed: UInt64 = 0, threads: Int = 1
    ) {
      self.model = model
      self.batches = batches
      self.optimizer = optimizer
      self.schedule = schedule
      self.clipping = clipping
      self.gradientAccumulation = gradientAccumulation
      self.recompute = recompute
      self.scaler = scaler
      self.seed = seed
      self.threads = threads
    }

    /// Whether another has the same batch size and clipping: what can change during a run.
    func isSame(as other: Configuration) -> Bool {
      batches.batchSize == other.batches.batchSize && clipping == other.clipping
    }

    /// The norm that gradients are clipped to; nil where they are not.
    var clipNorm: Double? {
      clipping.lazy.compactMap { if case .norm(let norm) = $0 { Double(norm) } else { nil } }.first
    }

    /// The batches of whole steps: the micro-batches of each, one after the other.
    var stepBatches: any BatchSource {
      gradientAccumulation == 1 ? batches : AccumulatedBatches(source: batches, count: gradientAccumulation)
    }

    /// Samples of one step.
    public var samplesPerStep: Int { batches.batchSize * gradientAccumulation }

    /// Steps that the source has batches for; nil where they never end.
    public var attemptLimit: Int? { batches.attemptLimit.map { $0 / gradientAccumulation } }
  }
}

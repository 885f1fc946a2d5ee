public import TrainingEvents

/// What an fp32 run holds in its tensors: at its first batch, and after it has trained for a while.
///
/// Gradients are unscaled.
public struct Examination: Codable, Sendable, Hashable {
  /// Committed steps of the run.
  public var steps: Int
  /// Complete looks, in the order of their attempts: one or two.
  public var looks: [Look]
  /// Largest magnitude in the first batch; nil where it holds indices.
  public var largestInput: Double?

  /// Every element of every tensor of one attempt.
  public struct Look: Codable, Sendable, Hashable {
    /// The attempt.
    public var attempt: Int
    /// Mean loss of its batch.
    public var loss: Double
    /// The tensors, with histograms, in the order in which the step makes them.
    public var tensors: [TensorReport]

    /// Creates a look.
    public init(attempt: Int, loss: Double, tensors: [TensorReport]) {
      self.attempt = attempt
      self.loss = loss
      self.tensors = tensors
    }
  }

  /// Creates an examination.
  public init(steps: Int, looks: [Look], largestInput: Double? = nil) {
    self.steps = steps
    self.looks = looks
    self.largestInput = largestInput
  }
}

/// Names a tensor of a step: names are unique within their kind only.
struct TensorKey: Hashable {
  let kind: TensorReport.Kind
  let name: String
}

extension TensorReport {
  var key: TensorKey { TensorKey(kind: kind, name: name) }

  /// Whether it is a gradient, which a loss scale moves.
  var isGradient: Bool { kind == .activationGradient || kind == .weightGradient }

  /// What stands for its layer in tables: the layer, or the tensor where it stands outside layers.
  var place: String { layer.isEmpty ? name : layer }

  /// Whether it holds infinities or NaN.
  var isNonFinite: Bool { infinities > 0 || nans > 0 }
}

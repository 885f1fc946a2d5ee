public import TensorCore

/// A tensor of a training step that an executable can look at.
public struct WatchedTensor: Sendable, Hashable {
  /// The parameter's name, or layer and operation; unique within its role.
  public var name: String
  /// The layer; empty for what stands outside layers.
  public var layer: String
  /// What it is in the step.
  public var role: Role
  /// Format of its elements.
  public var dtype: DType
  /// Number of its elements.
  public var count: Int

  /// What a tensor is in a step.
  public enum Role: Sendable, Hashable {
    /// Result of a forward node.
    case activation
    /// Gradient with respect to one.
    case activationGradient
    /// A parameter as it is computed with: its 16-bit copy where there is one.
    case weight
    /// Gradient with respect to a parameter.
    case weightGradient
  }

  /// Describes a tensor.
  public init(name: String, layer: String, role: Role, dtype: DType, count: Int) {
    self.name = name
    self.layer = layer
    self.role = role
    self.dtype = dtype
    self.count = count
  }
}

/// What a look at a tensor found.
public struct TensorReading: Sendable, Hashable {
  /// Index into `Executable.watchedTensors`.
  public var tensor: Int
  /// Elements looked at.
  public var sampled: Int
  /// Largest magnitude of the finite ones, as stored.
  public var largest: Float
  /// Zeros among them.
  public var zeros: Int
  /// Infinite ones.
  public var infinities: Int
  /// NaN ones.
  public var nans: Int
  /// For each power of two from 2^-149 to 2^127 the finite elements from there to the next; nil where only counted.
  public var exponents: [Int]?
  /// Elements of a weight whose stored value the step changed; nil where nobody compared, or nothing was committed.
  public var changed: Int?

  /// Exponent of the first of `exponents`.
  public static let lowestExponent = -149

  /// Creates a reading.
  public init(
    tensor: Int, sampled: Int, largest: Float, zeros: Int, infinities: Int, nans: Int, exponents: [Int]? = nil,
    changed: Int? = nil
  ) {
    self.tensor = tensor
    self.sampled = sampled
    self.largest = largest
    self.zeros = zeros
    self.infinities = infinities
    self.nans = nans
    self.exponents = exponents
    self.changed = changed
  }
}

/// How closely a run looks at its tensors.
public enum Inspection: Sendable, Hashable {
  /// Not at all.
  case none
  /// At a few blocks of every tensor, which ones depends on `phase`; at every gradient in full, because the step reads
  /// those anyway.
  case sampled(phase: Int)
  /// At every element, with histograms, and at what the update changes.
  case complete
}

/// A value that is not finite, put into a tensor on purpose.
public struct Injection: Sendable, Hashable {
  /// The first result of this node of the graph, after it ran; nil for the input "x".
  public var node: Int?
  /// NaN or infinity.
  public var value: Float

  /// Creates an injection.
  public init(node: Int?, value: Float) {
    self.node = node
    self.value = value
  }
}

/// The first tensor of a skipped attempt that was not finite.
public struct Finding: Sendable, Hashable {
  /// Where it came from.
  public var source: Source
  /// Format of the tensor.
  public var dtype: DType
  /// Number of its elements.
  public var count: Int
  /// Its infinite elements.
  public var infinities: Int
  /// Its NaN elements.
  public var nans: Int
  /// Largest magnitude among the operands of the node; nil for what no node made.
  public var largestOperand: Float?

  /// Where a tensor comes from.
  public enum Source: Sendable, Hashable {
    /// The batch.
    case input(String)
    /// The state: a parameter or statistic.
    case state(String)
    /// A 16-bit copy of a parameter that is finite itself.
    case copy(of: String)
    /// A node of the graph.
    case node(Int)
    /// An injection after a node of the graph, or into the batch.
    case injection(node: Int?)
    /// The update of a parameter, a statistic, or an optimizer state of either.
    case update(of: String)
    /// Nothing but the reciprocal of the loss scale.
    case inverseScale
  }

  /// Creates a finding.
  public init(
    source: Source, dtype: DType, count: Int, infinities: Int, nans: Int, largestOperand: Float? = nil
  ) {
    self.source = source
    self.dtype = dtype
    self.count = count
    self.infinities = infinities
    self.nans = nans
    self.largestOperand = largestOperand
  }
}

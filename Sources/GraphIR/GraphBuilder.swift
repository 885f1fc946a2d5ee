public import TensorCore

/// Builds the forward graph of a network in fp32, layer by layer, with shapes inferred and checked at once.
///
/// Layers name themselves by scopes, so that parameters bear PyTorch's state_dict names ("features.0.weight").
public struct GraphBuilder {
  /// What has been built so far.
  public private(set) var graph = Graph()
  private var scopes: [String] = []
  private var dropoutCount: UInt32 = 0
  /// Whether layers act as in training (batch statistics, dropout) or as in inference.
  public let isTraining: Bool

  /// An empty network.
  public init(isTraining: Bool) { self.isTraining = isTraining }

  /// Name of the layer being built.
  public var layer: String { scopes.joined(separator: ".") }

  /// Builds a part of the network under a name.
  public mutating func scope<R>(
    _ name: String, _ body: (inout GraphBuilder) throws(GraphError) -> R
  ) throws(GraphError) -> R {
    scopes.append(name)
    defer { scopes.removeLast() }
    return try body(&self)
  }

  /// A tensor fed at every step.
  public mutating func input(_ name: String, _ type: TensorType) -> ValueID {
    graph.addValue(type, origin: .input(name), label: name)
  }

  /// A trainable fp32 tensor called `name` within the current layer.
  ///
  /// Throws `GraphError` where the name is taken.
  public mutating func parameter(_ name: String, _ shape: Shape, _ initializer: Initializer) throws(GraphError)
    -> ValueID
  {
    let full = try declare(name, shape, initializer, isTrainable: true)
    return graph.addValue(TensorType(.float32, shape), origin: .parameter(full), label: layer)
  }

  /// A running statistic in fp32 called `name` within the current layer.
  public mutating func statistic(_ name: String, _ shape: Shape, _ initializer: Initializer) throws(GraphError)
    -> ValueID
  {
    let full = try declare(name, shape, initializer, isTrainable: false)
    return graph.addValue(TensorType(.float32, shape), origin: .statistic(full), label: layer)
  }

  private mutating func declare(
    _ name: String, _ shape: Shape, _ initializer: Initializer, isTrainable: Bool
  ) throws(GraphError) -> String {
    let full = layer.isEmpty ? name : "\(layer).\(name)"
    guard !graph.parameters.contains(where: { $0.name == full }) else {
      throw GraphError(.name, layer: layer, "two parameters are called \"\(full)\"; give the layers different names")
    }
    graph.parameters.append(
      ParameterDescription(name: full, shape: shape, initializer: initializer, isTrainable: isTrainable))
    return full
  }

  /// The shape of a value.
  public func shape(_ value: ValueID) -> Shape { graph[value].type.shape }

  /// Applies an operation and returns its first result.
  ///
  /// `resultShape` states the shape of `reshape`, which operands do not determine. Throws `GraphError` where operands do
  /// not fit.
  public mutating func apply(
    _ operation: Operation, _ operands: ValueID..., resultShape: Shape? = nil
  ) throws(GraphError) -> ValueID {
    try apply(operation, operands, resultShape: resultShape)
  }

  /// Applies an operation to any number of operands: see `apply(_:_:resultShape:)`.
  public mutating func apply(
    _ operation: Operation, _ operands: [ValueID], resultShape: Shape? = nil
  ) throws(GraphError) -> ValueID {
    guard let result = try graph.addNode(operation, operands, layer: layer, resultShape: resultShape).first else {
      throw GraphError(.invariant, layer: layer, "\(operation.name) has no result; passes append it, not layers")
    }
    return result
  }

  /// The same elements in the same order under another shape; x itself where it has that shape.
  ///
  /// Throws `GraphError` where the counts differ or a rank is above 3.
  public mutating func reshape(_ x: ValueID, to shape: Shape) throws(GraphError) -> ValueID {
    self.shape(x) == shape ? x : try apply(.reshape, x, resultShape: shape)
  }

  /// x Wᵀ + b for x (N, in) or (N, T, in) and weight (out, in).
  ///
  /// Throws `GraphError` that names the layer and both shapes where they do not fit.
  public mutating func linear(_ x: ValueID, weight: ValueID, bias: ValueID? = nil) throws(GraphError) -> ValueID {
    let (shape, weightShape) = (shape(x), shape(weight))
    guard shape.rank == 3 else { return try apply(.linear(relu: false), [x, weight, bias].compactMap { $0 }) }
    guard shape[2] == weightShape[1] else {
      throw GraphError(
        .shape, layer: layer,
        "linear expects \(weightShape[1]) input features (weight \(weightShape)), found x \(shape)")
    }
    let rows = try reshape(x, to: [shape[0] * shape[1], shape[2]])
    let y = try linear(rows, weight: weight, bias: bias)
    return try reshape(y, to: [shape[0], shape[1], weightShape[0]])
  }

  /// Dropout with a mask of its own; nothing at all in inference or for probability 0.
  public mutating func dropout(_ x: ValueID, probability: Float) throws(GraphError) -> ValueID {
    // The stream advances even where nothing is dropped, so that masks of other layers do not depend on it.
    let stream = dropoutCount
    dropoutCount += 1
    guard probability >= 0, probability < 1 else {
      throw GraphError(
        .attribute, layer: layer, "dropout probability must be at least 0 and below 1, found \(probability)")
    }
    guard isTraining, probability > 0 else { return x }
    return try apply(.dropout(probability: probability, stream: stream), x)
  }

  /// Batch normalisation: of the batch in training, with running statistics in inference.
  public mutating func batchNorm(
    _ x: ValueID, weight: ValueID, bias: ValueID, runningMean: ValueID, runningVariance: ValueID,
    _ attributes: BatchNormAttributes
  ) throws(GraphError) -> ValueID {
    let operands = [x, weight, bias, runningMean, runningVariance]
    guard isTraining else {
      return try graph.addNode(.batchNormInference(attributes), operands, layer: layer)[0]
    }
    let shape = shape(x)
    guard shape.rank < 2 || shape.count / max(shape[1], 1) > 1 else {
      throw GraphError(
        .shape, layer: layer, "batch_norm needs more than one value per channel when training, found x \(shape)")
    }
    return try graph.addNode(.batchNorm(attributes), operands, layer: layer)[0]
  }

  /// Names a result, kept until the end of a run.
  public mutating func output(_ name: String, _ value: ValueID) { graph.setOutput(name, value) }
}

public import Datasets
public import GraphIR
import TensorCore

/// A network with what it takes and what it learns.
public struct Model: Sendable {
  /// Name, for example "cnn".
  public let name: String
  /// The network, from samples to logits or predictions.
  public let network: any Layer
  /// One sample.
  public let input: SampleType
  /// What targets mean; decides the loss.
  public let task: LearningTask

  /// Creates a model.
  public init(name: String, network: any Layer, input: SampleType, task: LearningTask) {
    self.name = name
    self.network = network
    self.input = input
    self.task = task
  }

  /// Creates a model that classifies fp32 samples of a shape: [C, H, W] or [features].
  public init(name: String, network: any Layer, sampleShape: [Int], classCount: Int) {
    self.init(
      name: name, network: network, input: SampleType(.float32, sampleShape), task: .classification(classes: classCount)
    )
  }

  /// Second names of parameters in PyTorch's state_dict: see `Layer.tiedNames`.
  public var tiedNames: [String: String] { network.tiedNames }

  /// The graph of a training step's forward pass, in fp32: inputs "x" (batch, …) and "labels" (batch, …), outputs
  /// "logits" and "loss" ().
  ///
  /// Throws `GraphError` that names the layer and both shapes where the network does not fit.
  public func trainingGraph(batchSize: Int) throws(GraphError) -> Graph {
    var (builder, logits) = try forward(batchSize: batchSize, isTraining: true)
    let target = task.target(of: input)
    let labels = builder.input("labels", TensorType(target.dtype, Shape([batchSize] + target.shape)))
    let loss = try builder.scope("loss") { (inner: inout GraphBuilder) throws(GraphError) in
      try inner.apply(task.loss, logits, labels)
    }
    builder.output("loss", loss)
    try builder.graph.verify()
    return builder.graph
  }

  /// The graph of a forward pass in inference: input "x", output "logits".
  ///
  /// Throws `GraphError`.
  public func inferenceGraph(batchSize: Int) throws(GraphError) -> Graph {
    let (builder, _) = try forward(batchSize: batchSize, isTraining: false)
    try builder.graph.verify()
    return builder.graph
  }

  private func forward(batchSize: Int, isTraining: Bool) throws(GraphError) -> (GraphBuilder, ValueID) {
    guard batchSize >= 1 else {
      throw GraphError(.attribute, layer: "", "batch size must be at least 1, found \(batchSize)")
    }
    var builder = GraphBuilder(isTraining: isTraining)
    let x = builder.input("x", TensorType(input.dtype, Shape([batchSize] + input.shape)))
    let logits = try network(x, in: &builder)
    let expected = Shape([batchSize] + task.predictionShape(of: input))
    guard builder.shape(logits) == expected else {
      throw GraphError(
        .shape, layer: name, "the network gives \(builder.shape(logits)), \(task.name) expects \(expected)")
    }
    builder.output("logits", logits)
    return (builder, logits)
  }
}

extension LearningTask {
  /// The loss that goes with the task.
  var loss: GraphIR.Operation {
    switch self {
    case .classification, .segmentation, .language: .crossEntropy
    case .interaction: .bceWithLogits
    case .rating: .meanSquaredError
    }
  }

  /// Shape of what a network predicts for one sample: classes (K), (K, H, W) or (T, V), or one number.
  public func predictionShape(of input: SampleType) -> [Int] {
    switch self {
    case .classification(let classes): [classes]
    case .segmentation(let classes): [classes] + input.shape.suffix(2)
    case .language(let vocabulary): input.shape + [vocabulary]
    case .interaction, .rating: [1]
    }
  }
}

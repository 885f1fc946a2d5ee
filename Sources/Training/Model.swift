public import GraphIR
import TensorCore

/// A network for classification with the shape of what it takes.
public struct Model: Sendable {
  /// Name, for example "cnn".
  public let name: String
  /// The network, from samples to logits.
  public let network: any Layer
  /// Shape of one sample: [C, H, W] or [features].
  public let sampleShape: [Int]
  /// Number of classes.
  public let classCount: Int

  /// Creates a model.
  public init(name: String, network: any Layer, sampleShape: [Int], classCount: Int) {
    self.name = name
    self.network = network
    self.sampleShape = sampleShape
    self.classCount = classCount
  }

  /// The graph of a training step's forward pass, in fp32: inputs "x" (batch, …) and "labels" (batch), outputs "logits"
  /// (batch, classes) and "loss" ().
  ///
  /// Throws `GraphError` that names the layer and both shapes where the network does not fit.
  public func trainingGraph(batchSize: Int) throws(GraphError) -> Graph {
    var (builder, logits) = try forward(batchSize: batchSize, isTraining: true)
    let labels = builder.input("labels", TensorType(.int64, [batchSize]))
    let loss = try builder.scope("loss") { (inner: inout GraphBuilder) throws(GraphError) in
      try inner.apply(.crossEntropy, logits, labels)
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
    let x = builder.input("x", TensorType(.float32, Shape([batchSize] + sampleShape)))
    let logits = try network(x, in: &builder)
    guard builder.shape(logits) == [batchSize, classCount] else {
      throw GraphError(
        .shape, layer: name, "the network gives \(builder.shape(logits)), expected logits (\(batchSize), \(classCount))"
      )
    }
    builder.output("logits", logits)
    return (builder, logits)
  }
}

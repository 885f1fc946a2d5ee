public import Training

/// The networks that can be asked for by name.
public enum ModelCatalog {
  /// Every name.
  public static let names = ["mlp", "cnn"]

  /// Sizes that flags can change.
  public struct Sizes: Sendable, Hashable {
    /// Width of the hidden layers of `mlp`.
    public var hidden = 1024
    /// Hidden layers of `mlp`.
    public var layers = 3
    /// Channels of `cnn`.
    public var channels = [32, 64, 128]
    /// Share of activations dropped in training.
    public var dropout: Float = 0.1

    /// The documented defaults.
    public init() {}
  }

  /// The model of a name for samples of a shape ([C, H, W] or [features]).
  ///
  /// Throws `TrainingError` for an unknown name, a size out of range, or samples that the network cannot take.
  public static func model(
    _ name: String, sampleShape: [Int], classCount: Int, sizes: Sizes = Sizes()
  ) throws -> Model {
    let network: any Layer
    switch name {
    case "mlp":
      guard sizes.hidden >= 1, sizes.layers >= 0 else {
        throw TrainingError("--hidden must be at least 1 and --layers at least 0")
      }
      network = MLP(
        inputs: sampleShape.reduce(1, *), hidden: sizes.hidden, layers: sizes.layers, classes: classCount,
        dropout: sizes.dropout)
    case "cnn":
      guard sampleShape.count == 3, sampleShape[1] >= 8, sampleShape[2] >= 8 else {
        throw TrainingError(
          "model cnn takes images (C, H, W) of at least 8 by 8, this data has samples of shape \(sampleShape)")
      }
      guard sizes.channels.count == 3, sizes.channels.allSatisfy({ $0 >= 1 }) else {
        throw TrainingError("--channels takes three widths of at least 1, for example 32,64,128")
      }
      network = CNN(
        inputs: sampleShape[0], size: Array(sampleShape[1...]), channels: sizes.channels, classes: classCount,
        dropout: sizes.dropout)
    default:
      throw TrainingError("unknown model \"\(name)\"; there are \(names.joined(separator: " and "))")
    }
    return Model(name: name, network: network, sampleShape: sampleShape, classCount: classCount)
  }
}

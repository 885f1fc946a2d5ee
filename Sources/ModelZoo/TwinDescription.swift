public import Datasets
public import Training

/// A network in the words of its PyTorch twin: what `models.build` in Tests/Reference takes.
///
/// Its JSON is one object: `kind`, the sizes of that kind, `task` and `loss`.
public struct TwinDescription: Encodable, Sendable, Hashable {
  /// A value of the object.
  public enum Value: Encodable, Sendable, Hashable {
    /// A size.
    case count(Int)
    /// A share.
    case share(Double)
    /// Several sizes.
    case counts([Int])
    /// A name.
    case name(String)

    /// The value without its kind.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .count(let value): try container.encode(value)
      case .share(let value): try container.encode(value)
      case .counts(let values): try container.encode(values)
      case .name(let value): try container.encode(value)
      }
    }
  }

  /// Values by key.
  public var fields: [String: Value]

  /// Creates a description.
  public init(fields: [String: Value]) { self.fields = fields }

  /// The object.
  public func encode(to encoder: any Encoder) throws { try fields.encode(to: encoder) }
}

extension ModelCatalog {
  /// The twin of a network; takes what `model(_:input:task:tableSizes:sizes:)` takes, which must have accepted it.
  ///
  /// Throws `TrainingError` where PyTorch's twin cannot be the same network: dropout other than 0 in lstm, gpt and vit, a
  /// vit on images that are not square.
  public static func twin(
    _ model: ModelName, input: SampleType, task: LearningTask, tableSizes: [Int]? = nil, sizes: Sizes = Sizes()
  ) throws(TrainingError) -> TwinDescription {
    var fields = try twinSizes(model, input, task, tableSizes, sizes)
    fields["kind"] = .name(model.rawValue)
    fields["task"] = .name(task.name)
    switch task {
    case .classification(let classes), .segmentation(let classes):
      fields["input_shape"] = .counts(input.shape)
      fields["classes"] = .count(classes)
      fields["loss"] = .name("cross_entropy")
    case .language(let vocabulary):
      fields["vocabulary"] = .count(vocabulary)
      fields["loss"] = .name("cross_entropy")
    case .interaction: fields["loss"] = .name("bce_with_logits")
    case .rating: fields["loss"] = .name("mse")
    }
    return TwinDescription(fields: fields)
  }

  private static func twinSizes(
    _ model: ModelName, _ input: SampleType, _ task: LearningTask, _ tableSizes: [Int]?, _ sizes: Sizes
  ) throws(TrainingError) -> [String: TwinDescription.Value] {
    switch model {
    case .mlp:
      let own = sizes.mlp
      return ["hidden": .count(own.hidden), "layers": .count(own.layers), "dropout": .share(Double(own.dropout))]
    case .cnn: return ["channels": .counts(sizes.cnn.channels), "dropout": .share(Double(sizes.cnn.dropout))]
    case .resnet: return ["depth": .count(sizes.resnet.depth), "width": .count(sizes.resnet.ownWidth)]
    case .unet:
      let own = sizes.unet
      return [
        "levels": .count(own.levels), "channels": .count(own.channels), "upsampling": .name(own.upsampling.rawValue),
      ]
    case .lstm:
      let own = sizes.lstm
      try requireNone(model, own.dropout)
      return ["embedding": .count(own.embedding), "hidden": .count(own.hidden), "layers": .count(own.layers)]
    case .gpt:
      let own = sizes.gpt
      try requireNone(model, own.dropout)
      var fields: [String: TwinDescription.Value] = [
        "context": .count(own.blockSize ?? own.size.blockSize ?? input.elementCount),
        "channels": .count(own.width ?? own.size.extents.width), "heads": .count(own.heads ?? own.size.extents.heads),
        "layers": .count(own.layers ?? own.size.extents.layers),
      ]
      if let rows = own.size.vocabulary { fields["rows"] = .count(rows) }
      return fields
    case .vit:
      let (own, extents) = (sizes.vit, sizes.vit.size.extents)
      try requireNone(model, own.dropout)
      guard input.shape.count == 3, input.shape[1] == input.shape[2] else {
        throw TrainingError("model vit: PyTorch's twin takes square images, this data has samples of \(input.shape)")
      }
      let width = own.width ?? extents.width
      return [
        "patch": .count(own.patch ?? extents.patch), "channels": .count(width),
        "heads": .count(own.heads ?? extents.heads),
        "layers": .count(own.layers ?? extents.layers), "hidden": .count(4 * width),
      ]
    case .ncf:
      guard let tableSizes, tableSizes.count == 2 else {
        throw TrainingError("model ncf needs the number of users and of items, which this data does not state")
      }
      return [
        "users": .count(tableSizes[0]), "items": .count(tableSizes[1]), "gmf": .count(sizes.ncf.factors),
        "mlp": .counts(sizes.ncf.ownWidths),
      ]
    }
  }

  private static func requireNone(_ model: ModelName, _ dropout: Float) throws(TrainingError) {
    guard dropout == 0 else {
      throw TrainingError(
        "model \(model.rawValue): PyTorch's twin has no dropout, this network \(dropout); set it to 0")
    }
  }
}

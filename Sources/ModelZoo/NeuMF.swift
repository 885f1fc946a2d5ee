public import GraphIR
import TensorCore
public import Training

/// Neural matrix factorisation, NeuMF (He, Liao, Zhang, Nie, Hu & Chua 2017, section 3.4).
///
/// Takes pairs of a user and an item (N, 2), gives one logit or rating (N, 1): a linear layer over the product of two
/// embeddings and what a perceptron makes of two others. The perceptron's layers halve in width, down to `factors`.
/// Embeddings start N(0, 0.01), as the paper's; linear layers as torch's. With 1,000 users and 1,000 items in the default
/// sizes: 82,761 parameters.
///
/// Parameters are named "user_gmf.weight", "item_gmf.weight", "user_mlp.weight", "item_mlp.weight", "mlp.0.weight",
/// "mlp.2.weight", …, "head.weight".
public struct NeuMF: Layer {
  /// Sizes of the network.
  public struct Sizes: Sendable, Hashable {
    /// Predictive factors: width of the product, and of the perceptron's last layer.
    public var factors = 8
    /// Layers of the perceptron.
    public var layers = 3
    /// Widths of the perceptron, its input first, instead of halving ones; the first is even.
    public var widths: [Int]?

    /// The documented defaults.
    public init() {}

    /// Widths of the perceptron, stated or not.
    ///
    /// Its input is two embeddings, twice its first layer: factors · 2^layers.
    var ownWidths: [Int] { widths ?? (0...layers).map { factors << (layers - $0) } }
  }

  private let factorEmbeddings: [Named]
  private let perceptronEmbeddings: [Named]
  private let perceptron: Named
  private let head: Named

  /// Creates a network for so many users and items.
  ///
  /// Throws `TrainingError` that names the size out of range.
  public init(users: Int, items: Int, sizes: Sizes = Sizes()) throws(TrainingError) {
    try requirePositive("ncf", ["--factors": sizes.factors, "--layers": sizes.layers])
    guard sizes.layers <= 16 else {
      throw TrainingError("model ncf: each of --layers doubles the embeddings; use 16 or fewer, found \(sizes.layers)")
    }
    let widths = sizes.ownWidths
    guard widths.count >= 2, widths.allSatisfy({ $0 >= 1 }), widths[0].isMultiple(of: 2) else {
      throw TrainingError(
        "model ncf: the perceptron's widths are two or more numbers above 0, the first of them even, found \(widths)")
    }
    let initializer = Initializer.normal(standardDeviation: 0.01)
    func tables(_ name: String, _ width: Int) -> [Named] {
      [
        Named("user_\(name)", Embedding(users, width, initializer: initializer)),
        Named("item_\(name)", Embedding(items, width, initializer: initializer)),
      ]
    }
    factorEmbeddings = tables("gmf", sizes.factors)
    perceptronEmbeddings = tables("mlp", widths[0] / 2)
    perceptron = Named(
      "mlp",
      Sequential(
        zip(widths, widths.dropFirst()).flatMap { [Linear($0, $1), ReLU()] as [any Layer] }))
    head = Named("head", Linear(sizes.factors + widths[widths.count - 1], 1))
  }

  /// Builds the network.
  ///
  /// Throws `GraphError` where x is not (N, 2).
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    let shape = builder.shape(x)
    guard shape.rank == 2, shape[1] == 2 else {
      throw GraphError(
        .shape, layer: builder.layer, "ncf takes pairs of a user and an item (N, 2), found x \(shape)")
    }
    var indices: [ValueID] = []
    for column in 0..<2 {
      let slice = try builder.apply(.slice(dimension: 1, start: column, count: 1), x)
      indices.append(try builder.reshape(slice, to: [shape[0]]))
    }
    let product = try builder.apply(
      .multiply, try factorEmbeddings[0](indices[0], in: &builder), try factorEmbeddings[1](indices[1], in: &builder))
    let pair = try builder.apply(
      .concat(dimension: 1), try perceptronEmbeddings[0](indices[0], in: &builder),
      try perceptronEmbeddings[1](indices[1], in: &builder))
    let features = try builder.apply(.concat(dimension: 1), product, try perceptron(pair, in: &builder))
    return try head(features, in: &builder)
  }
}

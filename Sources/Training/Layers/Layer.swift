public import GraphIR

/// A part of a network: a value that builds graph nodes and declares parameters when it is called.
///
/// Holds sizes and constants, never tensors: the same layer value describes every lane, precision and device.
public protocol Layer: Sendable {
  /// Builds the layer on `x` and returns its output. Throws `GraphError` that names the layer where shapes do not fit.
  func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID

  /// Tensors that PyTorch's state_dict holds once more under another name: that name, and the parameter's own.
  ///
  /// For example "lm_head.weight": "transformer.wte.weight". A file may have either name, or both.
  var tiedNames: [String: String] { get }
}

extension Layer {
  /// No tensor has a second name.
  public var tiedNames: [String: String] { [:] }
}

/// Layers one after another, named "0", "1", … as torch.nn.Sequential names them.
public struct Sequential: Layer {
  /// The layers, in order.
  public let layers: [any Layer]

  /// Creates a sequence.
  public init(_ layers: any Layer...) { self.layers = layers }

  /// Creates a sequence.
  public init(_ layers: [any Layer]) { self.layers = layers }

  /// Builds every layer on the output of the one before.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    var value = x
    for (index, layer) in layers.enumerated() {
      let input = value
      value = try builder.scope(String(index)) { (inner: inout GraphBuilder) throws(GraphError) in
        try layer(input, in: &inner)
      }
    }
    return value
  }
}

/// A part of a network under a name of its own, for example "features".
public struct Named: Layer {
  /// The name, part of every parameter's name below it.
  public let name: String
  /// The part.
  public let layer: any Layer

  /// Names a part.
  public init(_ name: String, _ layer: any Layer) {
    self.name = name
    self.layer = layer
  }

  /// Builds the part under its name.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try builder.scope(name) { (inner: inout GraphBuilder) throws(GraphError) in try layer(x, in: &inner) }
  }
}

/// Parts one after another without names of their own.
public struct Chain: Layer {
  /// The parts, in order.
  public let layers: [any Layer]

  /// Creates a chain.
  public init(_ layers: any Layer...) { self.layers = layers }

  /// Creates a chain.
  public init(_ layers: [any Layer]) { self.layers = layers }

  /// Builds every part on the output of the one before.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    var value = x
    for layer in layers { value = try layer(value, in: &builder) }
    return value
  }
}

/// x + body(x): x passes around a branch, or through `shortcut` (He, Zhang, Ren & Sun 2016).
public struct Residual: Layer {
  private let body: any Layer
  private let shortcut: (any Layer)?

  /// Creates the sum; `shortcut` fits x to the branch's shape where that differs.
  public init(_ body: any Layer, shortcut: (any Layer)? = nil) {
    self.body = body
    self.shortcut = shortcut
  }

  /// Builds the branch, then the shortcut.
  ///
  /// Throws `GraphError` where their shapes differ.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    let branch = try body(x, in: &builder)
    guard let shortcut else { return try builder.apply(.add, branch, x) }
    return try builder.apply(.add, branch, try shortcut(x, in: &builder))
  }
}

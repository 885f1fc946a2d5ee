public import GraphIR

/// A part of a network: a value that builds graph nodes and declares parameters when it is called.
///
/// Holds sizes and constants, never tensors: the same layer value describes every lane, precision and device.
public protocol Layer: Sendable {
  /// Builds the layer on `x` and returns its output. Throws `GraphError` that names the layer where shapes do not fit.
  func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID
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

  /// Builds every part on the output of the one before.
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    var value = x
    for layer in layers { value = try layer(value, in: &builder) }
    return value
  }
}

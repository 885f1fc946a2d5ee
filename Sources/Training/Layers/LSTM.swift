public import GraphIR
import TensorCore

/// Long short-term memory, one or more layers, batch first, from a state of zeros (torch.nn.LSTM; Hochreiter &
/// Schmidhuber 1997).
///
/// Takes x (N, T, in), gives the last layer's states (N, T, hidden).
///
/// Parameters of layer k, gates in torch's order i, f, g, o: "weight_ih_lk" (4 hidden, in of that layer), "weight_hh_lk"
/// (4 hidden, hidden), "bias_ih_lk" and "bias_hh_lk" (4 hidden).
public struct LSTM: Layer {
  /// Features in.
  public let inputs: Int
  /// Cells of a layer.
  public let hidden: Int
  /// Layers, each on the states of the one below.
  public let layers: Int
  /// Share of states dropped between layers in training.
  public let dropout: Float

  /// Creates the layers; all parameters start uniform on ±1/√hidden, as torch's.
  public init(_ inputs: Int, _ hidden: Int, layers: Int = 1, dropout: Float = 0) {
    self.inputs = inputs
    self.hidden = hidden
    self.layers = layers
    self.dropout = dropout
  }

  /// Builds the layers.
  ///
  /// Throws `GraphError` where x is not (N, T, in).
  public func callAsFunction(_ x: ValueID, in builder: inout GraphBuilder) throws(GraphError) -> ValueID {
    try positive(["inputs": inputs, "hidden": hidden, "layers": layers], "lstm", in: builder)
    let initializer = Initializer.uniform(fanIn: hidden)
    var states = x
    for number in 0..<layers {
      if number > 0 { states = try builder.dropout(states, probability: dropout) }
      let features = number == 0 ? inputs : hidden
      let inputWeight = try builder.parameter("weight_ih_l\(number)", [4 * hidden, features], initializer)
      let stateWeight = try builder.parameter("weight_hh_l\(number)", [4 * hidden, hidden], initializer)
      let inputBias = try builder.parameter("bias_ih_l\(number)", [4 * hidden], initializer)
      let stateBias = try builder.parameter("bias_hh_l\(number)", [4 * hidden], initializer)
      states = try builder.apply(.lstm, states, inputWeight, stateWeight, inputBias, stateBias)
    }
    return states
  }
}

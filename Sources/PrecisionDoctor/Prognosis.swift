public import TrainingEvents

/// What a 16-bit format would do to the tensors of an fp32 run, layer by layer.
public struct Prognosis: Codable, Sendable, Hashable {
  /// The format.
  public var format: NumericFormat
  /// The loss scale that the gradients are judged at, 2 to this power; nil where the format needs none.
  public var scaleExponent: Int?
  /// Scales that suit all gradients together; nil where the format needs none.
  public var window: ScaleWindow?
  /// The layers, the most endangered first.
  public var layers: [LayerPrognosis]

  /// Creates a prognosis.
  public init(format: NumericFormat, scaleExponent: Int?, window: ScaleWindow?, layers: [LayerPrognosis]) {
    self.format = format
    self.scaleExponent = scaleExponent
    self.window = window
    self.layers = layers
  }

  /// The worst of all layers.
  public var risk: Risk { layers.map(\.risk).max() ?? .none }

  /// The smallest headroom of activations and weights, and whose it is; nil where all are zero.
  public var smallestHeadroom: (layer: String, headroom: Double)? {
    layers.compactMap { layer in layer.headroom.map { (layer.name, $0) } }.min { $0.1 < $1.1 }
  }
}

/// What a 16-bit format would do to the tensors of a layer.
///
/// Tensors that the mode keeps in fp32, such as losses and layer norms under autocast, are not judged.
public struct LayerPrognosis: Codable, Sendable, Hashable {
  /// The layer, or the operation where it stands outside layers.
  public var name: String
  /// Results of forward operations.
  public var activations: RangePrognosis?
  /// Parameters as they are computed with.
  public var weights: RangePrognosis?
  /// Gradients with respect to activations, unscaled.
  public var activationGradients: RangePrognosis?
  /// Gradients with respect to parameters, unscaled.
  public var weightGradients: RangePrognosis?
  /// Gradients with respect to activations at the recommended loss scale; nil where the format needs none.
  public var scaledActivationGradients: RangePrognosis?
  /// Gradients with respect to parameters at the recommended loss scale; nil where the format needs none.
  public var scaledWeightGradients: RangePrognosis?
  /// Scales that suit the gradients of this layer; nil where the format needs none.
  public var window: ScaleWindow?
  /// Share of the weights that one step without fp32 masters moved, 0 to 1; nil where it was not committed.
  public var moved: Double?
  /// Share of the weights that the same step moved in fp32, 0 to 1.
  public var movedInFP32: Double?
  /// What threatens it.
  public var risk: Risk

  /// A layer of which nothing is known yet.
  public init(name: String) {
    self.name = name
    risk = .none
  }

  /// The smaller headroom of activations and weights; nil where there are none.
  public var headroom: Double? { [activations?.headroom, weights?.headroom].compactMap { $0 }.min() }

  /// Whether nothing of it is stored in 16 bits, and no weight is its own.
  public var isEmpty: Bool {
    [activations, weights, activationGradients, weightGradients].allSatisfy { $0 == nil } && moved == nil
  }
}

extension Prognosis {
  /// Judges the tensors of an examination.
  ///
  /// - Parameters:
  ///   - examination: of the fp32 run.
  ///   - format: fp16 or bf16.
  ///   - narrow: which tensors a mode stores in it.
  ///   - baseline: a step in fp32.
  ///   - pure: the same step with parameters stored in the format.
  ///
  /// O(tensors).
  init(
    of examination: Examination, in format: NumericFormat, narrow: NarrowTensors, baseline: PrecisionTrial,
    pure: PrecisionTrial
  ) {
    let groups = LayerGroup.groups(of: examination, narrow: narrow)
    var layers = groups.map { LayerPrognosis($0, in: format) }
    for (index, group) in groups.enumerated() {
      guard let layer = group.layer else { continue }
      (layers[index].moved, layers[index].movedInFP32) = (pure.moved(layer: layer), baseline.moved(layer: layer))
    }
    var (window, scale): (ScaleWindow?, Int?) = (nil, nil)
    if format == .fp16 {
      for (index, group) in groups.enumerated() { layers[index].window = ScaleWindow(looks: group.gradients) }
      let all = examination.looks.map { look in look.tensors.filter { $0.isGradient && narrow.contains($0) } }
      let whole = ScaleWindow(looks: all)
      let exponent = ScaleChoice(window: whole, layers: layers.compactMap(\.window)).exponent
      for (index, group) in groups.enumerated() { layers[index].scale(group, in: format, by: exponent) }
      (window, scale) = (whole, exponent)
    }
    for index in layers.indices { layers[index].judge(scale: scale) }
    layers = layers.enumerated().sorted { a, b in
      if a.element.risk != b.element.risk { return a.element.risk > b.element.risk }
      let (left, right) = (a.element.headroom ?? .infinity, b.element.headroom ?? .infinity)
      return left != right ? left < right : a.offset < b.offset
    }.map(\.element)
    self.init(format: format, scaleExponent: scale, window: window, layers: layers)
  }
}

/// The tensors of a row: of a layer, or one that stands outside layers.
private struct LayerGroup {
  let name: String
  /// Nil for a tensor outside layers.
  let layer: String?
  /// Tensors of each kind, look by look.
  var looks: [TensorReport.Kind: [[TensorReport]]]

  /// Gradients of both kinds, look by look.
  var gradients: [[TensorReport]] {
    zip(looks[.activationGradient] ?? [], looks[.weightGradient] ?? []).map { $0 + $1 }
  }

  /// The rows in the order of the step; tensors that are not stored in 16 bits are left out.
  static func groups(of examination: Examination, narrow: NarrowTensors) -> [LayerGroup] {
    var groups: [LayerGroup] = []
    var indexOfName: [String: Int] = [:]
    let empty = [[TensorReport]](repeating: [], count: examination.looks.count)
    for (look, tensors) in examination.looks.map(\.tensors).enumerated() {
      for tensor in tensors {
        let index = indexOfName[tensor.place] ?? groups.count
        if index == groups.count {
          indexOfName[tensor.place] = index
          let looks = Dictionary(uniqueKeysWithValues: TensorReport.Kind.allCases.map { ($0, empty) })
          groups.append(
            LayerGroup(name: tensor.place, layer: tensor.layer.isEmpty ? nil : tensor.layer, looks: looks))
        }
        if narrow.contains(tensor) { groups[index].looks[tensor.kind]?[look].append(tensor) }
      }
    }
    return groups
  }
}

extension LayerPrognosis {
  fileprivate init(_ group: LayerGroup, in format: NumericFormat) {
    self.init(name: group.name)
    func range(_ kind: TensorReport.Kind) -> RangePrognosis? { RangePrognosis(group.looks[kind] ?? [], in: format) }
    (activations, weights) = (range(.activation), range(.weight))
    (activationGradients, weightGradients) = (range(.activationGradient), range(.weightGradient))
  }

  fileprivate mutating func scale(_ group: LayerGroup, in format: NumericFormat, by exponent: Int) {
    func range(_ kind: TensorReport.Kind) -> RangePrognosis? {
      RangePrognosis(group.looks[kind] ?? [], in: format, shiftedBy: exponent)
    }
    (scaledActivationGradients, scaledWeightGradients) = (range(.activationGradient), range(.weightGradient))
  }

  /// Takes the worst of what is known, gradients at a loss scale of 2^`scale`.
  fileprivate mutating func judge(scale: Int?) {
    var risks = [activations, weights].compactMap { $0?.risk }
    if let scale, let window {
      if !window.suits(scale) { risks.append(.gradientsLost) }
    } else {
      risks += [activationGradients, weightGradients].compactMap { $0?.risk }
    }
    risk = risks.max() ?? .none
  }
}

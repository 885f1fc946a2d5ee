import GraphIR
import TensorCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Where the elements of packed queries, keys and values (N, T, 3 C) lie, and those of tensors (N, T, C): head h owns
/// columns h·d ..< (h + 1)·d of each part.
private struct HeadLayout {
  /// The three parts of the last extent.
  enum Part: Int {
    case query, key, value
  }

  let samples: Int
  let length: Int
  let channels: Int
  let heads: Int
  let isCausal: Bool
  /// d, the columns of a head.
  var width: Int { channels / heads }
  /// 1/√d.
  var scale: Double { 1 / Double(width).squareRoot() }

  init(qkv: Shape, _ attributes: AttentionAttributes) {
    (samples, length, channels) = (qkv[0], qkv[1], qkv[2] / 3)
    (heads, isCausal) = (attributes.heads, attributes.isCausal)
  }

  /// Places in qkv of one part of one position and head.
  func places(_ part: Part, _ sample: Int, _ position: Int, _ head: Int) -> Range<Int> {
    let first = ((sample * length + position) * 3 + part.rawValue) * channels + head * width
    return first..<(first + width)
  }

  /// Places in a tensor (N, T, C) of one position and head.
  func places(_ sample: Int, _ position: Int, _ head: Int) -> Range<Int> {
    let first = (sample * length + position) * channels + head * width
    return first..<(first + width)
  }

  /// Positions that a query sees.
  func keys(ofQuery position: Int) -> Range<Int> { 0..<(isCausal ? position + 1 : length) }

  /// Visits every query of every sample and head; `row` is its place in logsumexp (N, heads, T).
  func forEachQuery(_ body: (_ sample: Int, _ head: Int, _ position: Int, _ row: Int) -> Void) {
    for row in 0..<(samples * heads * length) {
      body(row / (heads * length), row / length % heads, row % length, row)
    }
  }

  /// q kᵀ / √d of one query with every key that it sees.
  func scores(_ qkv: [Double], _ sample: Int, _ head: Int, _ position: Int) -> [Double] {
    let query = qkv[places(.query, sample, position, head)]
    return keys(ofQuery: position).map { dot(query, qkv[places(.key, sample, $0, head)]) * scale }
  }
}

private func dot(_ a: ArraySlice<Double>, _ b: ArraySlice<Double>) -> Double {
  zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
}

extension ReferenceInterpreter {
  /// Scaled dot-product attention (Vaswani and others 2017; torch's scaled_dot_product_attention).
  ///
  /// qkv (N, T, 3 C) → o (N, T, C) and logsumexp of the scores (N, heads, T). Probabilities are computed from exact
  /// scores and rounded to the format `stored` of qkv before they meet the values, as fused kernels do.
  func attention(_ qkv: ReferenceTensor, _ attributes: AttentionAttributes, stored: DType) -> [ReferenceTensor] {
    let layout = HeadLayout(qkv: qkv.shape, attributes)
    let rounded = rounder(to: stored)
    var output = ReferenceTensor(zeros: [layout.samples, layout.length, layout.channels])
    var logSumExp = ReferenceTensor(zeros: [layout.samples, layout.heads, layout.length])
    layout.forEachQuery { sample, head, position, row in
      let scores = layout.scores(qkv.elements, sample, head, position)
      let largest = scores.reduce(-Double.infinity) { $1 > $0 ? $1 : $0 }
      let sum = scores.reduce(0) { $0 + exp($1 - largest) }
      logSumExp.elements[row] = largest + log(sum)
      for (key, score) in scores.enumerated() {
        let probability = rounded(exp(score - largest) / sum)
        let values = layout.places(.value, sample, key, head)
        for (place, value) in zip(layout.places(sample, position, head), values) {
          output.elements[place] += probability * qkv.elements[value]
        }
      }
    }
    return [output, logSumExp]
  }

  /// Operands: do, qkv, o, logsumexp.
  ///
  /// Result: dqkv, packed as qkv.
  ///
  /// With P = exp(S - logsumexp) and δ = Σ do · o over the columns of a head (Dao and others 2022): dv = Pᵀ do, dS =
  /// P (do vᵀ - δ)/√d, dq = dS k, dk = dSᵀ q. P is rounded to the format `stored` of qkv where it multiplies do, and so
  /// is dS; the P in dS is not.
  func attentionBackward(
    _ operands: [ReferenceTensor], _ attributes: AttentionAttributes, stored: DType
  ) -> ReferenceTensor {
    let (doutput, qkv, output) = (operands[0].elements, operands[1].elements, operands[2].elements)
    let layout = HeadLayout(qkv: operands[1].shape, attributes)
    let rounded = rounder(to: stored)
    var dqkv = ReferenceTensor(zeros: operands[1].shape)
    func add(_ factor: Double, times source: ArraySlice<Double>, to places: Range<Int>) {
      for (place, element) in zip(places, source) { dqkv.elements[place] += factor * element }
    }
    layout.forEachQuery { sample, head, position, row in
      let gradient = doutput[layout.places(sample, position, head)]
      let delta = dot(gradient, output[layout.places(sample, position, head)])
      let query = layout.places(.query, sample, position, head)
      for (position, score) in layout.scores(qkv, sample, head, position).enumerated() {
        let key = layout.places(.key, sample, position, head)
        let value = layout.places(.value, sample, position, head)
        let probability = exp(score - operands[3].elements[row])
        let dscore = rounded(probability * (dot(gradient, qkv[value]) - delta) * layout.scale)
        add(rounded(probability), times: gradient, to: value)
        add(dscore, times: qkv[key], to: query)
        add(dscore, times: qkv[query], to: key)
      }
    }
    return dqkv
  }
}

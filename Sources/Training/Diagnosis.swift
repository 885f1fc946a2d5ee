import BackendAPI
import GraphIR
import RunStatistics
import TensorCore
import TrainingEvents

/// Turns what was found in a skipped attempt into words.
struct Diagnosis {
  let finding: Finding
  let graph: Graph
  let policy: PrecisionPolicy
  let scale: Float?

  func report(lane: LaneID, attempt: Int, optimizer: OptimizerKind) -> DiagnosisReport {
    let (cause, layer, operation, phase, explanation) = verdict(optimizer)
    return DiagnosisReport(
      lane: lane, attempt: attempt, cause: cause, layer: layer, operation: operation, phase: phase, format: format,
      count: finding.count, infinities: finding.infinities, nans: finding.nans,
      largestOperand: finding.largestOperand.map(Double.init), scale: scale.map(Double.init),
      explanation: explanation)
  }

  private typealias Verdict = (
    cause: DiagnosisReport.Cause, layer: String, operation: String, phase: String, explanation: String
  )

  private var format: NumericFormat { NumericFormat(finding.dtype) ?? .fp32 }

  private func verdict(_ optimizer: OptimizerKind) -> Verdict {
    switch finding.source {
    case .input(let name):
      return (.data, "", name, "forward", "the batch holds \(amounts): clean the data, no precision helps")
    case .state(let name):
      return (
        .weights, Diagnosis.layer(of: name), name, "forward",
        "\(name) holds \(amounts) already: every step is skipped from here on; start again from good weights"
      )
    case .copy(let name):
      return (
        .weights, Diagnosis.layer(of: name), name, "forward",
        "\(name) is beyond \(format.rawValue)'s largest number, \(limit): keep the layer in fp32, or use bf16"
      )
    case .injection(let node):
      let (layer, operation, phase) = place(node)
      return (.injected, layer, operation, phase, "\(title(layer, operation)): broken on purpose")
    case .inverseScale:
      return (
        .constant, "", "unscale", "optimizer",
        "the reciprocal of the loss scale \(scale.map { "\($0)" } ?? "1") is not finite: set a larger scale"
      )
    case .update(let name): return update(of: name, optimizer)
    case .node(let number): return node(number)
    }
  }

  private func node(_ number: Int) -> Verdict {
    let (layer, operation, phase) = place(number)
    let what = "\(title(layer, operation)) (\(format.rawValue), \(phase)): \(amounts)"
    let from = finding.largestOperand.map { " from operands up to \(Diagnosis.short(Double($0)))" } ?? ""
    if phase == "forward" {
      return (
        .forwardOverflow, layer, operation, phase,
        "\(what)\(from); the loss scale has no part in it: \(remedy(layer)), or lower the learning rate"
      )
    }
    if let scale, scale > 1 {
      return (
        .backwardOverflow, layer, operation, phase,
        "\(what)\(from): a loss scale of \(Diagnosis.short(Double(scale))) is "
          + "too large here"
      )
    }
    return (
      .backwardOverflow, layer, operation, phase,
      "\(what)\(from) without loss scaling: \(remedy(layer)), or clip and lower the learning rate"
    )
  }

  private func update(of name: String, _ optimizer: OptimizerKind) -> Verdict {
    let layer = Diagnosis.layer(of: name)
    if let eps = optimizer.eps, finding.dtype.rounded(Double(eps)) == 0 {
      return (
        .constant, layer, name, "optimizer",
        "the update of \(name) divides by zero: \(optimizer.name)'s eps \(eps) is 0 in \(format.rawValue), and so are some "
          + "second moments; --eps 1e-4 exists there, or keep fp32 masters (o2)"
      )
    }
    return (
      .update, layer, name, "optimizer",
      "the update of \(name) would leave \(format.rawValue)'s range: lower the learning rate"
    )
  }

  private func remedy(_ layer: String) -> String {
    format == .fp16 ? "keep \(layer.isEmpty ? "it" : layer) in fp32, use bf16" : "look at weights and data"
  }

  /// Layer, operation and phase of a node; of the batch where it is nil.
  private func place(_ number: Int?) -> (layer: String, operation: String, phase: String) {
    guard let number, graph.nodes.indices.contains(number) else { return ("", "x", Phase.forward.rawValue) }
    let node = graph.nodes[number]
    return (node.layer, node.operation.name, node.phase.rawValue)
  }

  private func title(_ layer: String, _ operation: String) -> String {
    layer.isEmpty ? operation : "\(layer) \(operation)"
  }

  /// For example "3 inf and 1 NaN of 4096".
  private var amounts: String {
    let parts = [
      finding.infinities > 0 ? "\(finding.infinities) inf" : nil, finding.nans > 0 ? "\(finding.nans) NaN" : nil,
    ]
    return "\(parts.compactMap { $0 }.joined(separator: " and ")) of \(finding.count)"
  }

  private var limit: String { Diagnosis.short(format.largest) }

  private static func short(_ number: Double) -> String {
    let exponent = number == 0 ? 0 : number.exponent
    if number > 1, number == Double(sign: .plus, exponent: exponent, significand: 1), exponent > 16 {
      return "2^\(exponent)"
    }
    return number < 1e6 && number >= 1e-3 ? "\((number * 1000).rounded() / 1000)" : "\(Float(number))"
  }

  private static func layer(of parameter: String) -> String {
    parameter.lastIndex(of: ".").map { String(parameter[..<$0]) } ?? ""
  }
}

extension OptimizerKind {
  /// The constant that keeps a division finite; nil where there is none.
  var eps: Float? {
    switch self {
    case .sgd: nil
    case .adam(_, _, let eps, _), .adamW(_, _, let eps, _): eps
    }
  }
}

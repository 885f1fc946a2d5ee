import ArgumentParser
import BackendAPI
import DashboardCore
import Foundation
import Training
import TrainingEvents

/// What is changed of the precision modes of the lanes: Apex's properties, and layers kept in fp32.
struct PrecisionOptions: ParsableArguments {
  @Option(
    name: .customLong("keep-fp32"),
    help: ArgumentHelp(
      """
      Layers and operations that compute in fp32, by name, separated by commas; * and ? allowed: 'layers.3.*,softmax'. In \
      every lane that is not fp32.
      """,
      valueName: "name,…"))
  var keepFP32: String?

  @Option(
    name: .customLong("keep-batchnorm-fp32"),
    help: "Whether batch norms stay in fp32, true or false (Apex; default: true in o2, false in fp16 and bf16).")
  var keepBatchNormFP32: Bool?

  @Option(
    name: .customLong("master-weights"),
    help: "Whether fp32 masters are kept, true or false (Apex; default: true in o2, false in fp16 and bf16).")
  var masterWeights: Bool?

  @Flag(
    name: .customLong("stochastic-rounding"),
    help: "Round weights stored in bf16 up or down at random, with the odds of the distances.")
  var stochasticRounding = false

  /// The overrides, whatever they mean to a mode.
  var overrides: PrecisionOverrides {
    PrecisionOverrides(
      keepFP32: (keepFP32 ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { !$0.isEmpty },
      keepBatchNormFP32: keepBatchNormFP32, masterWeights: masterWeights, stochasticRounding: stochasticRounding)
  }

  /// The policy of each lane: overrides go to the lanes whose mode has a use for them.
  ///
  /// Throws `ValidationError` where no lane has one.
  func policies(for modes: [Precision]) throws -> [PrecisionPolicy] {
    let policies = modes.map { PrecisionPolicy($0, overrides: overrides) }
    func check(_ option: String, isStated: Bool, _ isUsed: (PrecisionOverrides) -> Bool) throws {
      guard isStated, !policies.contains(where: { isUsed($0.applicable.overrides) }) else { return }
      let reason = policies.compactMap(\.contradiction).first ?? "no lane has a use for it"
      throw ValidationError("\(option): \(reason)")
    }
    try check("--keep-fp32", isStated: !overrides.keepFP32.isEmpty) { !$0.keepFP32.isEmpty }
    try check("--keep-batchnorm-fp32", isStated: keepBatchNormFP32 != nil) { $0.keepBatchNormFP32 != nil }
    try check("--master-weights", isStated: masterWeights != nil) { $0.masterWeights != nil }
    try check("--stochastic-rounding", isStated: stochasticRounding) { $0.stochasticRounding }
    return policies.map(\.applicable)
  }
}

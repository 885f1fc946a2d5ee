import Testing
import TrainingEvents

@Suite("Precision policies")
struct PrecisionPolicyTests {
  @Test("Modes keep what the table of modes says")
  func modes() {
    func facts(_ mode: Precision) -> [String] {
      let policy = PrecisionPolicy(mode)
      return [
        mode.computeFormat?.rawValue ?? "fp32", policy.storageFormat.rawValue,
        policy.keepsBatchNormFP32 ? "norms fp32" : "norms too", mode.isLossless ? "lossless" : "lossy",
      ]
    }
    #expect(facts(.fp32) == ["fp32", "fp32", "norms fp32", "lossless"])
    #expect(facts(.tf32) == ["fp32", "fp32", "norms fp32", "lossless"])
    #expect(facts(.ampFP16) == ["fp16", "fp32", "norms fp32", "lossless"])
    #expect(facts(.ampBF16) == ["bf16", "fp32", "norms fp32", "lossless"])
    #expect(facts(.o2) == ["fp16", "fp32", "norms fp32", "lossless"])
    #expect(facts(.fp16) == ["fp16", "fp16", "norms too", "lossy"])
    #expect(facts(.bf16) == ["bf16", "bf16", "norms too", "lossy"])
  }

  @Test("Every spelling of Apex and Lightning names its mode")
  func spellings() {
    for (name, mode) in [
      ("O0", Precision.fp32), ("o1", .ampFP16), ("O2", .o2), ("O3", .fp16), ("16-mixed", .ampFP16),
      ("BF16-mixed", .ampBF16), ("16-true", .fp16), ("bf16-true", .bf16), ("32-true", .fp32), ("tf32", .tf32),
    ] { #expect(Precision(spelling: name) == mode, "\(name)") }
    #expect(Precision(spelling: "amp") == nil && Precision(spelling: "O4") == nil)
  }

  @Test("Overrides change the property they name")
  func overrides() {
    let masters = PrecisionPolicy(.fp16, overrides: PrecisionOverrides(masterWeights: true))
    #expect(masters.storageFormat == .fp32 && masters.isLossless && !masters.keepsBatchNormFP32)
    let pure = PrecisionPolicy(.o2, overrides: PrecisionOverrides(masterWeights: false))
    #expect(pure.storageFormat == .fp16 && !pure.isLossless && pure.keepsBatchNormFP32)
    let norms = PrecisionPolicy(.fp16, overrides: PrecisionOverrides(keepBatchNormFP32: true))
    #expect(norms.storageFormat == .fp16 && norms.keepsBatchNormFP32)
    #expect([masters, pure, norms].allSatisfy { $0.contradiction == nil && $0.applicable == $0 })
  }

  @Test("Overrides that mean nothing to a mode are refused, and left out where they come for all lanes")
  func contradictions() {
    func refusal(_ mode: Precision, _ overrides: PrecisionOverrides) -> String? {
      let policy = PrecisionPolicy(mode, overrides: overrides)
      #expect(policy.applicable.contradiction == nil)
      return policy.contradiction
    }
    #expect(refusal(.ampFP16, PrecisionOverrides(masterWeights: true))?.contains("master_weights") == true)
    #expect(refusal(.ampBF16, PrecisionOverrides(keepBatchNormFP32: true))?.contains("keep_batchnorm_fp32") == true)
    #expect(refusal(.fp32, PrecisionOverrides(keepFP32: ["*"]))?.contains("fp32 already") == true)
    #expect(refusal(.fp32, PrecisionOverrides(masterWeights: true))?.contains("fp32 already") == true)
    #expect(refusal(.fp16, PrecisionOverrides(stochasticRounding: true))?.contains("use bf16") == true)
    #expect(refusal(.ampBF16, PrecisionOverrides(stochasticRounding: true))?.contains("use bf16") == true)
    #expect(refusal(.bf16, PrecisionOverrides(stochasticRounding: true)) == nil)
    #expect(refusal(.ampFP16, PrecisionOverrides(keepFP32: ["1.*"])) == nil)
  }

  @Test("A policy says what it is")
  func description() {
    let overrides = PrecisionOverrides(keepFP32: ["a", "b.*"], keepBatchNormFP32: true, masterWeights: false)
    #expect(
      PrecisionPolicy(.o2, overrides: overrides).description
        == "o2, fp32: a b.*, keep_batchnorm_fp32 true, master_weights false")
    #expect(PrecisionPolicy(.fp32).description == "fp32")
    #expect(PrecisionOverrides().isEmpty && !overrides.isEmpty)
  }
}

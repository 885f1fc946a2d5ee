import Foundation
import GraphIR
import RunStatistics
import TensorCore
import Training
import TrainingEvents

/// Turns prognoses into modes to run, and tries each for one step.
struct Prescriber {
  let examiner: Examiner
  let examination: Examination
  let prognoses: [Prognosis]
  let narrow: [NumericFormat: NarrowTensors]
  let baseline: PrecisionTrial
  let pure: [PrecisionTrial]

  /// Steps that are tried of a mode until one is finite.
  static let trials = 8

  func recommendation() throws -> Recommendation {
    var prescriptions: [Prescription] = []
    for prognosis in prognoses { prescriptions.append(try prescription(for: prognosis)) }
    let (first, reason) = choice(prescriptions)
    prescriptions.sort { ($0.policy.mode == first ? 0 : 1) < ($1.policy.mode == first ? 0 : 1) }
    return Recommendation(prescriptions: prescriptions, reason: reason, notes: notes())
  }

  // MARK: One mode

  /// The mode with what the prognosis asks for; what a step then finds to be not finite is put right too.
  ///
  /// Scores inside an attention and gates inside an LSTM are no tensors of their own: only a step shows them.
  private func prescription(for prognosis: Prognosis) throws -> Prescription {
    let mode: Precision = prognosis.format == .fp16 ? .ampFP16 : .ampBF16
    var kept = kept(by: prognosis)
    var exponent = prognosis.scaleExponent
    var trial: PrecisionTrial
    var tries = 0
    repeat {
      let policy = PrecisionPolicy(mode, overrides: PrecisionOverrides(keepFP32: kept))
      trial = try examiner.attempt(policy, scale: exponent.map { scalbn(1, $0) })
      tries += 1
      guard !trial.isCommitted, tries < Prescriber.trials, let place = trial.place else { break }
      if place.isForward, !kept.contains(place.name) {
        kept = StepTopology.withoutInner(kept + [place.name])
      } else if let scale = exponent, scale > ScaleWindow.exponents.lowerBound {
        exponent = scale - 1
      } else {
        break
      }
    } while true
    return Prescription(
      policy: trial.policy, initialScale: trial.scale,
      isNative: examiner.trainer.backend.support(for: mode).isNative, trial: trial, referenceLoss: baseline.loss)
  }

  /// Layers whose tensors do not fit: activations and weights that overflow or nearly do, gradients that the one scale
  /// does not suit.
  private func kept(by prognosis: Prognosis) -> [String] {
    guard let narrow = narrow[prognosis.format] else { return [] }
    let lost = Set(prognosis.layers.filter { $0.risk == .gradientsLost }.map(\.name))
    var keys = Set<TensorKey>()
    for tensor in examination.looks.flatMap(\.tensors) where narrow.contains(tensor) {
      if tensor.isGradient {
        if lost.contains(tensor.place) { keys.insert(tensor.key) }
      } else if RangePrognosis([[tensor]], in: prognosis.format)?.risk ?? .none > .none {
        keys.insert(tensor.key)
      }
    }
    let isInputTooLarge = narrow.isInputNarrow && isBeyond(examination.largestInput, prognosis.format)
    return StepTopology(examiner.trainer.graph).names(keeping: keys, isKeepingInput: isInputTooLarge)
  }

  private func isBeyond(_ magnitude: Double?, _ format: NumericFormat) -> Bool {
    magnitude.map { log2(format.largest) - log2($0) < RangePrognosis.margin } ?? false
  }

  // MARK: Which one

  private func choice(_ prescriptions: [Prescription]) -> (mode: Precision, reason: String) {
    func find(_ mode: Precision) -> Prescription? { prescriptions.first { $0.policy.mode == mode } }
    guard let half = find(.ampFP16), let brain = find(.ampBF16) else {
      return (prescriptions.first?.policy.mode ?? .fp32, "the device runs no other 16-bit mode")
    }
    if brain.isNative, !half.isNative {
      return (
        .ampBF16,
        "the device computes bf16 natively and only stores fp16; bf16 has the range of fp32 and needs no loss "
          + "scale"
      )
    }
    let natively = half.isNative && brain.isNative ? "" : "the device computes neither natively; "
    if half.policy.overrides.isEmpty, half.trial.isCommitted {
      return (.ampFP16, natively + "everything fits fp16, which keeps three bits more than bf16")
    }
    return (.ampBF16, natively + "fp16 does not suffice for this network as it is; bf16 has the range of fp32")
  }

  // MARK: What else

  private func notes() -> [String] {
    var notes: [String] = []
    for prognosis in prognoses {
      if let input = examination.largestInput, isBeyond(input, prognosis.format) {
        notes.append(
          "the batch holds numbers up to \(shortNumber(input)), too large for \(prognosis.format.rawValue): normalise the "
            + "data")
      }
      notes += scaleNotes(prognosis)
    }
    let optimizer = examiner.trainer.configuration.optimizer.kind
    if let eps = optimizer.eps, DType.float16.rounded(Double(eps)) == 0 {
      notes.append(
        "\(optimizer.name)'s eps \(eps) does not exist in fp16: an optimizer that computes in fp16 divides by 0. "
          + "Autocast modes and o2 keep the optimizer in fp32; for mode fp16 state --eps 1e-4")
    }
    for trial in pure {
      let mode = trial.policy.mode.rawValue
      if let failure = trial.failure {
        notes.append("mode \(mode), without fp32 masters: the step was skipped, because \(failure)")
      } else if let moved = trial.moved(), let usual = baseline.moved(), moved < usual / 2 {
        let rounding = trial.policy.mode == .bf16 ? ", or round with --stochastic-rounding" : ""
        notes.append("mode \(mode) loses most updates: keep fp32 masters\(rounding)")
      }
    }
    return notes
  }

  /// What is to be said where no scale keeps 99 % of the gradients, or no scale suits every layer.
  private func scaleNotes(_ prognosis: Prognosis) -> [String] {
    guard let window = prognosis.window, let lowest = window.lowest, let highest = window.highest, !window.isOpen else {
      return []
    }
    let outside = prognosis.layers.filter { $0.risk == .gradientsLost }.map(\.name)
    let losing = prognosis.layers.filter { ($0.window?.lowest ?? .min) > highest }.map(\.name)
    let start =
      "no loss scale keeps 99 % of the gradients, zeros not counted: the largest bears 2^\(highest), the small ones "
      + "need 2^\(lowest)"
    guard outside.isEmpty else {
      return ["\(start); layers that no one scale suits: \(outside.joined(separator: ", "))"]
    }
    let place = losing.isEmpty ? "" : ", in \(losing.joined(separator: ", "))"
    return ["\(start)\(place); what is lost holds less than 1 % of any layer's magnitude"]
  }
}

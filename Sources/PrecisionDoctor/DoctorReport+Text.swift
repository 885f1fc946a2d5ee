import TrainingEvents

extension DoctorReport {
  /// Columns that the text takes at most.
  public static let textWidth = 100
  /// Rows of the table of layers; more only where more layers are in danger.
  public static let textRows = 24

  /// The report for people, lines of at most `textWidth` columns but for commands.
  ///
  /// `command` is what trains the same network, for example "ampscope train --model gpt": options are appended to it.
  public func text(command: String) -> String {
    var lines = heading
    for prognosis in prognoses { lines += [""] + prognosis.lines(withoutMasters: withoutMasters) }
    lines += survival
    for (index, prescription) in recommendation.prescriptions.enumerated() {
      lines.append("")
      lines += text(of: prescription, isFirst: index == 0, command: command)
    }
    if !recommendation.notes.isEmpty {
      lines += ["", "Notes"] + recommendation.notes.flatMap { wrapped("- \($0)", indent: 2, hanging: 4) }
    }
    if let bisection { lines += [""] + bisection.lines(command: command) }
    return lines.joined(separator: "\n") + "\n"
  }

  private var heading: [String] {
    let looks = examination.looks
    let attempts = looks.map { "\($0.attempt) (loss \(shortNumber($0.loss)))" }.joined(separator: " and ")
    let steps = examination.steps == 1 ? "1 step" : "\(examination.steps) steps"
    return wrapped(
      "\(model), \(samplesPerStep) samples a step, trained in fp32 for \(steps); every tensor of "
        + "attempt\(looks.count == 1 ? "" : "s") \(attempts) was read")
  }

  /// What happens to updates without fp32 masters.
  private var survival: [String] {
    guard let usual = baseline.moved() else { return [] }
    let modes = withoutMasters.map { trial in
      "\(trial.moved().map(percent) ?? "none (skipped)") in mode \(trial.policy.mode.rawValue)"
    }
    guard !modes.isEmpty else { return [] }
    return [""]
      + wrapped(
        "A step moves \(percent(usual)) of the weights in fp32; without fp32 masters \(modes.joined(separator: ", "))")
  }

  private func text(of prescription: Prescription, isFirst: Bool, command: String) -> [String] {
    let mode = prescription.policy.mode.rawValue
    let computed = prescription.isNative ? "native here" : "storage-only here"
    var lines = [isFirst ? "Recommended: \(mode) (\(computed))" : "Or: \(mode) (\(computed))"]
    if isFirst { lines += wrapped(recommendation.reason, indent: 2) }
    if prescription.initialScale != nil, let prognosis = prognoses.first(where: { $0.format == .fp16 }) {
      lines += wrapped(prognosis.scaleText(prescription.initialScale), indent: 2)
    }
    let kept = prescription.policy.overrides.keepFP32
    if !kept.isEmpty { lines += wrapped("kept in fp32: \(kept.joined(separator: ", "))", indent: 2) }
    let trial = prescription.trial
    if let failure = trial.failure {
      lines += wrapped("tried for one step: skipped, \(failure)", indent: 2)
    } else {
      lines += wrapped(
        "tried for one step: committed, loss \(fourDigits(trial.loss)), fp32 \(fourDigits(prescription.referenceLoss))",
        indent: 2)
    }
    return lines + ["    \(command) \(prescription.options.joined(separator: " "))"]
  }
}

extension Prognosis {
  /// What a format would do, for people.
  fileprivate func lines(withoutMasters: [PrecisionTrial]) -> [String] {
    let mode = format == .fp16 ? "amp-fp16" : "amp-bf16"
    let endangered = layers.count { $0.risk > .none }
    let title = "\(format.rawValue), as \(mode) stores it: "
    guard format == .fp16 || endangered > 0 else {
      let least = smallestHeadroom.map { ": \(oneDigit($0.headroom)) powers of two of room at least, at \($0.layer)" }
      return wrapped(title + "everything fits\(least ?? "")")
    }
    let rows = layers.filter { !$0.isEmpty }
    let shown = rows.prefix(max(DoctorReport.textRows, endangered))
    var lines = [title + (endangered == 0 ? "everything fits" : "\(endangered) of \(rows.count) layers in danger")]
    lines += table(Array(shown), withoutMasters)
    if shown.count < rows.count {
      lines.append("… and \(rows.count - shown.count) more without danger: --json has all")
    }
    return lines
      + wrapped(
        "room: powers of two to \(format.rawValue)'s largest number; lost: share of the elements, not zero, that become "
          + "0; moved: share of the weights that a step changes where they are stored in the format")
  }

  private func table(_ rows: [LayerPrognosis], _ withoutMasters: [PrecisionTrial]) -> [String] {
    let scale = scaleExponent.map { "at 2^\($0)" } ?? ""
    let modes = withoutMasters.map(\.policy.mode.rawValue)
    var cells = [
      ["", "result", "", "result", "gradient", "lost", scale.isEmpty ? "" : "lost"] + modes.map { _ in "moved" } + [""],
      ["layer", "largest", "room", "lost", "largest", "at 1", scale] + modes + ["risk"],
    ]
    for row in rows {
      let gradients = [row.activationGradients, row.weightGradients].compactMap { $0 }
      let scaled = [row.scaledActivationGradients, row.scaledWeightGradients].compactMap { $0 }
      cells.append(
        [
          row.name, row.activations.map { shortNumber($0.largest) } ?? "", row.headroom.map(oneDigit) ?? "",
          row.activations.map { percent($0.flushed) } ?? "", gradients.map(\.largest).max().map(shortNumber) ?? "",
          gradients.map(\.flushed).max().map(percent) ?? "", scaled.map(\.flushed).max().map(percent) ?? "",
        ] + withoutMasters.map { $0.moved(layer: row.name).map(percent) ?? "" } + [row.risk.text])
    }
    return aligned(cells)
  }

  /// Why the loss scale is what it is.
  fileprivate func scaleText(_ scale: Double?) -> String {
    guard let scale else { return "" }
    let name = "loss scale \(scale == scale.rounded() && scale < 1e15 ? String(Int(scale)) : shortNumber(scale))"
    let start = scale.exponent == 0 ? name : "\(name) = 2^\(scale.exponent)"
    guard let highest = window?.highest else { return "\(start): all gradients are zero, so that is torch's default" }
    guard layers.allSatisfy({ $0.risk != .gradientsLost }) else { return "\(start): suits most layers, see the notes" }
    // A window that is closed is in the notes.
    let least = window?.lowest.flatMap { lowest -> String? in
      guard lowest <= Int(scale.exponent) else { return nil }
      let start = lowest > 0 ? "from 2^\(lowest) on" : "even unscaled"
      return "less than 1 % of the gradients, zeros not counted, is lost \(start)"
    }
    let rule =
      Int(scale.exponent) == highest
      ? "the largest power of two that keeps every gradient below half of 65504" : "lowered until a step was finite"
    return "\(start): \(rule)\(least.map { "; " + $0 } ?? "")"
  }
}

extension Risk {
  fileprivate var text: String {
    switch self {
    case .none: ""
    case .gradientsLost: "scale"
    case .atRisk: "at risk"
    case .overflows: "overflow"
    }
  }
}

extension LayerBisection {
  /// The search, for people.
  fileprivate func lines(command: String) -> [String] {
    var lines = wrapped(
      "Bisection of \(mode.rawValue): runs of \(steps) attempts, mean loss of the last quarter, fp32 "
        + "\(fourDigits(referenceLoss)); a gap of at most \(shortNumber(tolerance)) is none")
    lines.append("  gap with nothing kept in fp32: \(gap(gapBefore))")
    switch verdict {
    case .nothingToClose: lines.append("  nothing to close")
    case .notLayers:
      lines.append("  gap with every layer kept in fp32: \(gap(gapAfter))")
      lines += wrapped(
        "layers are not the cause: look at the learning rate, the data, the loss scale, or an optimizer without fp32 "
          + "masters", indent: 2)
    case .layers:
      lines += wrapped("gap with \(layers.joined(separator: ", ")) kept in fp32: \(gap(gapAfter))", indent: 2)
      if layers.count > 1 {
        lines += layers.flatMap {
          wrapped("without \($0): \(gapsWithout[$0].map(gap) ?? "not measured")", indent: 4)
        }
      }
      lines += wrapped(
        "\(runs.count) runs; no smaller part of this set that was tried closes it, and none of it can be left out",
        indent: 2)
      lines.append("    \(command) --lanes fp32,\(mode.rawValue) --keep-fp32 '\(layers.joined(separator: ","))'")
    }
    return lines
  }

  private func gap(_ gap: Double) -> String { gap.isFinite ? fourDigits(gap) : "infinite (it does not train)" }
}

import Foundation
import RunStatistics
import TrainingEvents

/// A run as plain lines: one every so many steps with all lanes, one for everything rare, a table at the end.
///
/// Results go to standard output; a progress line goes to standard error where that is a terminal.
struct LineReport {
  private let session: SessionDescription
  private let isSilent: Bool
  private let showsProgress: Bool
  private let interval: Int
  private var latest: [LaneID: StepReport] = [:]
  private var precision: [LaneID: Precision]
  private var nextLine: Int
  private var output = ""

  init(session: SessionDescription, isSilent: Bool) {
    self.session = session
    self.isSilent = isSilent
    showsProgress = isatty(STDERR_FILENO) == 1
    interval = max(1, (session.steps ?? 1000) / 20)
    nextLine = interval
    precision = Dictionary(uniqueKeysWithValues: session.lanes.map { ($0.lane, $0.precision) })
  }

  mutating func add(_ event: TrainingEvent) {
    switch event.body {
    case .session(let session): for line in Self.heading(session) { print(line: line) }
    case .step(let step): add(step)
    case .scale(let change):
      print(
        line: "lane \(change.lane) attempt \(change.attempt): loss scale \(number(change.from)) -> "
          + "\(number(change.to)) (\(change.cause.rawValue))")
    case .precision(let change):
      precision[change.lane] = change.to
      let policy = PrecisionPolicy(change.to, overrides: change.overrides ?? PrecisionOverrides())
      let loss = change.lossy ? " (lossy: parameters rounded once)" : ""
      print(line: "lane \(change.lane) attempt \(change.attempt): \(change.from.rawValue) -> \(policy)\(loss)")
    case .diagnosis(let found):
      print(line: "lane \(found.lane) attempt \(found.attempt): skipped, \(found.explanation)")
    case .fault(let report): print(line: "lane \(report.lane) attempt \(report.attempt): fault \(report.fault)")
    case .schedule(let change):
      print(line: "schedule \(change.schedule.rawValue)" + (change.reason.map { " (\($0))" } ?? ""))
    case .evaluation(let result):
      let measures = (result.measures ?? [:]).sorted { $0.key < $1.key }
        .map { ", \($0.key) \(fixed($0.value, 4))" }.joined()
      print(
        line: "lane \(result.lane): validation loss \(fixed(result.loss, 4)), \(result.scoreName ?? "accuracy") "
          + "\(fixed(result.accuracy * 100, 2)) % of \(result.count)\(measures)\(goalText(result))")
    case .agreement(let result): print(line: Self.line(result))
    case .command(let report):
      print(line: report.command.description + (report.refusal.map { ": refused, \($0)" } ?? ""))
    case .note(let message): print(line: Self.line(message))
    case .error(let message):
      StandardStream.complain("ampscope: " + Self.line(message) + "\n")
    case .summary(let summary): for line in summaryLines(summary) { print(line: line) }
    case .numerics(let report): if report.isDetailed { for line in Self.lines(report) { print(line: line) } }
    case .added(let report):
      let policy = PrecisionPolicy(
        report.description.precision, overrides: report.description.overrides ?? PrecisionOverrides())
      precision[report.description.lane] = report.description.precision
      print(line: "lane \(report.description.lane) joins at attempt \(report.attempt): \(policy)")
    case .settings(let change): print(line: "lane \(change.lane) attempt \(change.attempt): batch \(change.batchSize)")
    case .lane, .memory, .peaks: break
    }
  }

  /// Writes what has gathered.
  ///
  /// Throws where standard output cannot be written.
  mutating func flush() throws {
    guard !output.isEmpty else { return }
    defer { output = "" }
    if !isSilent { try StandardStream.print(output) }
  }

  private mutating func add(_ step: StepReport) {
    latest[step.lane] = step
    if showsProgress, step.attempt.isMultiple(of: 10) {
      let total = session.steps.map { "/\($0)" } ?? ""
      StandardStream.complain("\rattempt \(step.attempt + 1)\(total) ")
    }
    // A line when the last lane has reached the next mark.
    guard latest.count == session.lanes.count, latest.values.allSatisfy({ $0.attempt + 1 >= nextLine }) else { return }
    let lanes = session.lanes.compactMap { latest[$0.lane] }
    let parts = lanes.map { step in
      let scale = step.scale.map { " scale \(number($0))" } ?? ""
      let name = precision[step.lane]?.rawValue ?? ""
      return "\(step.lane) \(name) loss \(fixed(step.loss, 4)) \(fixed(step.stepMilliseconds, 2)) ms\(scale)"
    }
    if showsProgress { StandardStream.complain("\r\u{1B}[K") }
    print(line: "attempt \(nextLine): " + parts.joined(separator: " | "))
    nextLine += interval
  }

  private mutating func print(line: String) { output += line + "\n" }

  // MARK: Lines

  private static func heading(_ session: SessionDescription) -> [String] {
    let data = session.data
    var lines = [
      "model \(session.model), \(session.parameterCount) parameters, "
        + "\(fixed(session.forwardFLOPsPerSample * 1e-6, 1)) MFLOP forward a sample",
      "data \(data.name)\(data.isSynthetic ? " (synthetic)" : ""), \(data.trainCount) training and "
        + "\(data.validationCount) validation samples; \(data.note)",
    ]
    if let goal = data.goal { lines.append("known score: \(goal.explanation)") }
    lines += [
      "\(session.machine.processor), \(session.machine.allowedProcessors) processors, "
        + "\(session.threadsPerLane) threads a lane, schedule \(session.schedule.rawValue)"
    ]
    for lane in session.lanes {
      let support = session.precisions.first { $0.precision == lane.precision }
      let scaler = lane.scaler.map { scaler in
        scaler.growthInterval == 0
          ? "; loss scale \(number(scaler.initialScale)), static"
          : "; loss scale \(number(scaler.initialScale)), grows every \(scaler.growthInterval) committed steps (torch: 2000)"
      }
      let policy = PrecisionPolicy(lane.precision, overrides: lane.overrides ?? PrecisionOverrides())
      lines.append("lane \(lane.lane) \(policy): \(support?.explanation ?? "")\(scaler ?? "")")
    }
    return lines
  }

  private static func line(_ result: AgreementReport) -> String {
    let points =
      "\(fixed(result.difference * 100, 2)) points [\(fixed(result.low * 100, 2)), "
      + "\(fixed(result.high * 100, 2))]"
    let verdict = result.void.map { "; void: \($0)" } ?? ""
    return "lane \(result.lane) against \(result.baseline): accuracy difference \(points) on \(result.count) samples, "
      + pText(result) + verdict
  }

  private func goalText(_ result: EvaluationReport) -> String {
    guard let goal = session.data.goal else { return "" }
    let bound = "\(goal.metric.rawValue) at \(goal.isAtLeast ? "least" : "most") \(fixed(goal.value, 4))"
    return "; \(goal.isReached(by: result) ? "reaches" : "does not reach") the known score (\(bound))"
  }

  private static func pText(_ result: AgreementReport) -> String {
    if let p = result.mcNemarP { return "McNemar p \(fixed(p, 3))" }
    return result.pValue.map { "paired t-test p \(fixed($0, 3))" } ?? "no test"
  }

  /// The tensors of each kind that lose most to their format.
  private static func lines(_ report: NumericsReport) -> [String] {
    TensorReport.Kind.allCases.compactMap { kind in
      let fits = report.tensors.filter { $0.kind == kind }.compactMap { tensor in
        tensor.fit(in: tensor.format).map { (tensor: tensor, fit: $0) }
      }
      let worst = fits.max { $0.fit.zero + $0.fit.subnormal < $1.fit.zero + $1.fit.subnormal }
      guard let worst else { return nil }
      let survival = worst.tensor.updateSurvival.map { ", \(fixed($0 * 100, 1)) % changed by the update" } ?? ""
      return "lane \(report.lane) attempt \(report.attempt) \(kind.rawValue): \(fits.count) tensors, worst "
        + "\(worst.tensor.name) \(worst.tensor.format.rawValue): largest \(number(worst.tensor.largest)), zero "
        + "\(fixed(worst.fit.zero * 100, 1)) %, subnormal \(fixed(worst.fit.subnormal * 100, 1)) %\(survival)"
    }
  }

  private static func line(_ message: Message) -> String {
    (message.lane.map { "lane \($0): " } ?? "") + message.text
  }

  private func summaryLines(_ summary: RunSummary) -> [String] {
    var lines = ["summary after \(fixed(summary.seconds, 1)) s"]
    for lane in summary.lanes {
      let times = lane.medianStepMilliseconds.map { "median \(fixed($0, 2)) ms" } ?? "too few steps to time"
      let tail = lane.p95StepMilliseconds.map { ", p95 \(fixed($0, 2)) ms" } ?? ""
      let rate = lane.samplesPerSecond.map { ", \(fixed($0, 0)) samples/s" } ?? ""
      let memory = lane.memory.map { ", planned \(fixed(Double($0.peak) / 1_048_576, 1)) MiB" } ?? ""
      lines.append(
        "lane \(lane.lane) \(lane.precision.rawValue) \(lane.state.rawValue): \(lane.committed) committed, "
          + "\(lane.skipped) skipped, \(times)\(tail)\(rate)\(memory)\(shares(lane))")
    }
    for estimate in summary.speedup {
      let interval =
        if let low = estimate.low, let high = estimate.high { " [\(fixed(low, 3)), \(fixed(high, 3))]" } else {
          estimate.schedule == .alternating ? " (no interval below 30 pairs)" : " (indicative)"
        }
      let effective = estimate.effective.map { ", effective \(fixed($0, 3))x" } ?? ""
      lines.append(
        "speedup of \(estimate.lane) over \(estimate.baseline), \(estimate.schedule.rawValue): "
          + "\(fixed(estimate.ratio, 3))x\(interval), n = \(estimate.count)\(effective)")
    }
    return lines
  }

  /// The cast tax, and what looking at tensors took: shares of the step time.
  private func shares(_ lane: LaneSummary) -> String {
    let casts = lane.castShare.map { ", casts \(fixed($0 * 100, 1)) %" } ?? ""
    return casts + (lane.numericsShare.map { ", looking at tensors \(fixed($0 * 100, 2)) % of step time" } ?? "")
  }
}

private func fixed(_ value: Double, _ digits: Int) -> String {
  value.isFinite ? String(format: "%.\(digits)f", value) : "\(value)"
}

private func number(_ value: Double) -> String { String(format: "%g", value) }

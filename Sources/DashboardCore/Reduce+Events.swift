import RunStatistics
import TrainingEvents

extension DashboardState {
  /// Takes in an event.
  ///
  /// Events about lanes that the session did not name are ignored.
  mutating func apply(_ event: TrainingEvent) {
    let time = event.time
    // Lanes report through rings of their own: times may step back a little from one event to the next.
    if time.isFinite, eventTime.map({ $0 < time }) ?? true { (eventTime, tickOfEvent) = (time, now) }
    switch event.body {
    case .session(let session): start(session, time: time)
    case .step(let report): add(report, time: time)
    case .scale(let report): add(report, time: time)
    case .precision(let report): add(report, time: time)
    case .numerics(let report): update(report.lane) { $0.numerics.append(report) }
    case .diagnosis(let report): add(report, time: time)
    case .fault(let report):
      update(report.lane) { $0.history.append(report) }
      note("fault \(report.fault)", lane: report.lane, .warning, time: time)
    case .added(let report): add(report, time: time)
    case .settings(let report): add(report, time: time)
    case .lane(let report) where report.state == .dropped: remove(report.lane, time: time)
    case .lane(let report): add(report, time: time)
    case .schedule(let report): add(report, time: time)
    case .peaks(let report): peaks = report
    case .memory(let report): update(report.lane) { $0.memory = report }
    case .evaluation(let report):
      update(report.lane) { $0.evaluation = report }
      note(EvaluationText.line(report, goal: session?.data.goal), lane: report.lane, .good, time: time)
    case .agreement(let report):
      update(report.lane) { $0.agreement = report }
      note(AgreementText.line(report), lane: report.lane, .normal, time: time)
    case .command(let report): add(report, time: time)
    case .note(let message): note(message.text, lane: message.lane, .normal, time: time)
    case .error(let message): note(message.text, lane: message.lane, .bad, time: time)
    case .summary(let report): finish(report, time: time)
    }
  }

  /// A session event begins a new run: what belonged to an older one goes, how the user looks at it stays.
  private mutating func start(_ description: SessionDescription, time: Double) {
    session = description
    loading = nil
    lanes = description.lanes.map {
      LaneTrack($0, baseline: description.baseline, smoothing: smoothing.weight)
    }
    schedule = description.schedule
    schedules = [(Int.min, description.schedule)]
    pendingSchedule = nil
    isPausePending = false
    numericsRequest = nil
    peaks = nil
    summary = nil
    isEnded = false
    startTime = time.isFinite ? time : eventTime
    (eventTime, tickOfEvent) = (startTime, now)
    endTime = nil
    focusedLane = lanes.first { $0.lane != description.baseline }?.lane ?? description.baseline
    note(
      "session: \(description.model), \(description.data.name), seed \(description.seed)", .quiet, time: time)
    if !description.data.note.isEmpty {
      note(description.data.note, description.data.isSynthetic ? .warning : .quiet, time: time)
    }
  }

  private mutating func add(_ report: StepReport, time: Double) {
    guard let index = lanes.firstIndex(where: { $0.lane == report.lane }),
      lanes[index].history.append(report, seconds: time - (startTime ?? time))
    else { return }
    advanceDifferences()
    let hadSkipped = lanes[index].skipped
    lanes[index].lastStep = report
    lanes[index].committed = report.committedStep
    if !report.committed { lanes[index].skipped += 1 }
    if let countdown = report.stepsToGrowth {
      lanes[index].growthInterval = max(lanes[index].growthInterval ?? 0, countdown)
    }
    lanes[index].stepTimes.add(report)
    lanes[index].phases.add(report)
    let measured = schedule(of: report.segment)
    for other in lanes.indices where lanes[other].speedup != nil {
      lanes[other].speedup?.add(time: time, report, schedule: measured)
    }
    // A diverged lane skips every attempt: a line for each would push everything else out of the log.
    if !report.committed, hadSkipped < 20 || (hadSkipped + 1).isMultiple(of: 100) {
      let times = hadSkipped < 20 ? "" : " (\(Format.grouped(hadSkipped + 1)) so far)"
      note(
        "attempt \(Format.grouped(report.attempt)) skipped: \(reason(of: report))\(times)", lane: report.lane, .warning,
        time: time)
    }
  }

  /// Takes new steps into the differences to the baseline.
  mutating func advanceDifferences() {
    guard let baseline = baseline?.$history else { return }
    for index in lanes.indices where lanes[index].difference != nil {
      let own = lanes[index].$history
      lanes[index].difference?.advance(own: own.wrappedValue, baseline: baseline.wrappedValue)
    }
  }

  private func reason(of report: StepReport) -> String {
    switch report.skipReason {
    case .nonFiniteLoss: "the loss was not finite"
    case .nonFiniteGradient:
      report.scale.map { "a gradient overflowed at scale \(Format.scale($0))" } ?? "a gradient was not finite"
    case .nonFiniteUpdate: "a weight would have become non-finite"
    case nil: "no reason given"
    }
  }

  private mutating func add(_ report: DiagnosisReport, time: Double) {
    var count = 0
    update(report.lane) { track in
      track.diagnoses.append(report)
      count = track.skipped
    }
    // As for skipped attempts: a line for each would push everything else out of the log.
    guard count <= 20 || count.isMultiple(of: 100) else { return }
    note("first bad: \(report.explanation)", lane: report.lane, .bad, time: time)
  }

  private mutating func add(_ report: ScaleReport, time: Double) {
    update(report.lane) { $0.history.append(report) }
    let change = "\(Format.scale(report.from)) → \(Format.scale(report.to))"
    switch report.cause {
    case .growth: note("▲ loss scale \(change): grew", lane: report.lane, .quiet, time: time)
    case .backoff: note("▼ loss scale \(change): backed off", lane: report.lane, .warning, time: time)
    case .measured:
      let arrow = report.to > report.from ? "▲" : "▼"
      note("\(arrow) loss scale \(change): measured", lane: report.lane, .quiet, time: time)
    case .forced: note("loss scale \(change): set by hand", lane: report.lane, .warning, time: time)
    case .reset: note("loss scale set to \(Format.scale(report.to))", lane: report.lane, .quiet, time: time)
    }
  }

  private mutating func add(_ report: PrecisionReport, time: Double) {
    update(report.lane) { track in
      track.precision = report.to
      if track.pendingPrecision == report.to { track.pendingPrecision = nil }
      track.overrides = report.overrides ?? PrecisionOverrides()
      // The engine may leave out what means nothing to the mode: a change of overrides alone confirms them too.
      if track.pendingOverrides == track.overrides || report.from == report.to { track.pendingOverrides = nil }
      track.history.append(report)
    }
    for index in lanes.indices where report.lane == session?.baseline || lanes[index].lane == report.lane {
      lanes[index].speedup?.reset()
      lanes[index].agreement = nil
    }
    let policy = PrecisionPolicy(report.to, overrides: report.overrides ?? PrecisionOverrides())
    let change = report.from == report.to ? "\(policy)" : "\(report.from.rawValue) → \(policy)"
    var text = "precision \(change) from attempt \(Format.grouped(report.attempt))"
    if report.compileMilliseconds > 0 {
      text += ", compiled in \(Format.milliseconds(report.compileMilliseconds)) ms"
    }
    if report.lossy { text += ", lossy: parameters were rounded once" }
    switch report.scaler {
    case .kept: text += ", scaler kept"
    case .reset: text += ", scaler reset"
    case .off: text += ", no scaler"
    }
    note(text, lane: report.lane, .good, time: time)
  }

  private mutating func add(_ report: LaneStateReport, time: Double) {
    let wasPaused = isPaused
    update(report.lane) { $0.state = report.state }
    if isPaused { isPausePending = false }
    switch report.state {
    case .diverged:
      let newest = lanes.first { $0.lane == report.lane }?.diagnoses.reports.last
      note(
        "diverged: non-finite weights or loss, 100 attempts without a commit, or a loss scaler that gave up"
          + (newest.map { "; last: \($0.summary)" } ?? ""),
        lane: report.lane, .bad, time: time)
    case .failed: note("failed", lane: report.lane, .bad, time: time)
    case .finished:
      note("finished after \(Format.grouped(report.attempt)) attempts", lane: report.lane, .good, time: time)
    case .paused: if !wasPaused, isPaused { note("paused", .quiet, time: time) }
    case .evaluating: note("evaluating", lane: report.lane, .quiet, time: time)
    case .compiling: note("compiling", lane: report.lane, .quiet, time: time)
    case .running, .dropped: break
    }
  }

  private mutating func add(_ report: ScheduleReport, time: Double) {
    schedule = report.schedule
    pendingSchedule = nil
    schedules.removeAll { $0.segment >= report.segment }
    schedules.append((report.segment, report.schedule))
    let reason = report.reason.map { ": \($0)" } ?? ""
    note("schedule \(report.schedule.rawValue)\(reason)", report.reason == nil ? .normal : .warning, time: time)
  }

  private mutating func add(_ report: CommandReport, time: Double) {
    if report.refusal == nil, case .setNumerics(let interval) = report.command {
      numericsRequest = interval.map { .every($0) } ?? .off
    }
    guard let refusal = report.refusal else { return }
    switch report.command {
    case .setPrecision(let lane, let precision):
      update(lane) { if $0.pendingPrecision == precision { $0.pendingPrecision = nil } }
    case .setSchedule: pendingSchedule = nil
    case .pause, .resume: isPausePending = false
    case .setOverrides(let lane, let overrides):
      update(lane) { if $0.pendingOverrides == overrides { $0.pendingOverrides = nil } }
    case .setNumerics: numericsRequest = nil
    case .step, .stop, .abandon, .setLearningRate, .setScaler, .setScale, .inject, .addLane, .dropLane, .setBatch,
      .setClipping:
      break
    }
    note("\(report.command.description) refused: \(refusal)", .bad, time: time)
    show(hint: refusal)
  }

  private mutating func finish(_ report: RunSummary, time: Double) {
    summary = report
    endTime = time.isFinite ? time : eventTime
    for lane in report.lanes { update(lane.lane) { $0.state = lane.state } }
    end()
    note("the run is over; q leaves, S shows the summary", .good, time: time)
  }
}

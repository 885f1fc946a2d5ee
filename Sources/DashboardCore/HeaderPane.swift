import RunStatistics
import TrainingEvents

/// What runs where, and a line for each lane.
enum HeaderPane {
  static func draw(_ state: DashboardState, layout: Layout, with painter: inout Painter) {
    let rect = layout.header
    if layout.headerHasBorder {
      let remark = clock(state, painter)
      let remarkWidth = remark.reduce(6) { $0 + $1.0.columns }
      var title = self.title(state, painter, isLong: layout.sessionLines == 0)
      func columns() -> Int { title.joined().reduce(4) { $0 + $1.0.columns } }
      while title.count > 1, columns() + remarkWidth > rect.width { title.removeLast() }
      painter.box(rect, title: Array(title.joined()), remark: remark, border: painter.theme.divider)
    }
    let room = (layout.headerHasBorder ? rect.inner : rect).insetting(left: layout.headerHasBorder ? 1 : 0, right: 1)
    if layout.sessionLines == 2, let session = state.session {
      FieldRow.draw(about(session, painter), x: room.x, y: room.y, gap: 0, in: room, with: &painter)
      FieldRow.draw(device(session, painter), x: room.x, y: room.y + 1, gap: 0, in: room, with: &painter)
    }
    if state.lanes.isEmpty, let row = layout.laneRows.first {
      Waiting.draw(state, in: Rect(x: room.x, y: row, width: room.width, height: 1), with: &painter)
    }
    for (row, track) in zip(layout.laneRows, state.lanes.dropFirst(layout.firstLane)) {
      drawLane(track, state, in: Rect(x: room.x, y: row, width: room.width, height: 1), with: &painter)
    }
  }

  // MARK: - Border

  /// What is running, in groups of which the last are left out first.
  private static func title(_ state: DashboardState, _ painter: Painter, isLong: Bool) -> [[(String, Style)]] {
    let name = [("ampscope", painter.strong)]
    guard isLong, let session = state.session else { return [name] }
    let data = session.data.isSynthetic ? synthetic(painter, session.data.name) : (session.data.name, painter.text)
    return [
      name, [(" · \(session.model)", painter.text)], [(" · ", painter.text), data],
      [(" · \(session.machine.device)", painter.secondary)],
    ]
  }

  /// Generated data, with the name of the set where that says more.
  private static func synthetic(_ painter: Painter, _ name: String) -> (String, Style) {
    (name == "synthetic" ? "SYNTHETIC data" : "SYNTHETIC \(name)", painter.style(painter.theme.warning, .bold))
  }

  private static func clock(_ state: DashboardState, _ painter: Painter) -> [(String, Style)] {
    var pieces: [(String, Style)] = []
    if let replay = state.replay {
      let speed = replay.speed.isFinite ? " ×\(Format.compact(replay.speed))" : ""
      return [
        (replay.isPaused ? "HELD " : "replay ", painter.style(painter.theme.warning, .bold)),
        (Format.duration(replay.position), painter.strong), ("/\(Format.duration(replay.duration))", painter.text),
        (speed, painter.secondary),
      ]
    }
    if state.isEnded {
      pieces += [("ended", painter.style(painter.theme.good, .bold)), (" · ", painter.inactive)]
    } else if state.isPaused {
      pieces += [("PAUSED", painter.style(painter.theme.warning, [.bold, .reverse])), (" · ", painter.inactive)]
    } else if state.isPausePending {
      pieces += [("pausing", painter.style(painter.theme.warning)), (" · ", painter.inactive)]
    }
    if state.session != nil, state.lanes.count > 1 {
      pieces.append((state.schedule.rawValue, painter.text))
      if let pending = state.pendingSchedule {
        pieces.append((" → \(pending.rawValue)", painter.style(painter.theme.highlight)))
      }
      pieces.append((" · ", painter.inactive))
    }
    pieces.append((Format.duration(state.elapsed), painter.strong))
    return pieces
  }

  // MARK: - Session

  /// The network, its data and how it trains; sizes are left out before names.
  private static func about(_ session: SessionDescription, _ painter: Painter) -> [FieldRow.Field] {
    let separator = (" · ", painter.inactive)
    let data = session.data.isSynthetic ? synthetic(painter, session.data.name) : (session.data.name, painter.strong)
    let sizes =
      " \(Format.short(Double(session.parameterCount))) params, "
      + "\(Format.short(session.forwardFLOPsPerSample))FLOP/sample"
    let counts =
      " \(Format.short(Double(session.data.trainCount))) train, \(Format.short(Double(session.data.validationCount))) val"
    let optimizer = "\(session.optimizer) lr \(Format.compact(session.learningRate))"
    return [
      FieldRow.Field(pieces: [(session.model, painter.strong)], priority: 0),
      FieldRow.Field(pieces: [(sizes, painter.secondary)], priority: 5),
      FieldRow.Field(pieces: [separator, data], priority: 1),
      FieldRow.Field(pieces: [(counts, painter.secondary)], priority: 6),
      FieldRow.Field(pieces: [separator, ("batch \(session.batchSize)", painter.text)], priority: 2),
      FieldRow.Field(pieces: [separator, (optimizer, painter.text)], priority: 3),
      FieldRow.Field(pieces: [separator, ("seed \(session.seed)", painter.text)], priority: 4),
    ]
  }

  /// The device, and what it computes in which format; the name of the processor is left out first.
  private static func device(_ session: SessionDescription, _ painter: Painter) -> [FieldRow.Field] {
    let separator = (" · ", painter.inactive)
    let machine = session.machine
    var fields = [
      FieldRow.Field(pieces: [(machine.device, painter.strong)], priority: 0),
      FieldRow.Field(pieces: [(" \(machine.processor)", painter.secondary)], priority: 3),
      FieldRow.Field(
        pieces: [separator, ("\(session.lanes.count) × \(session.threadsPerLane) threads", painter.text)], priority: 2),
    ]
    var seen: Set<String> = []
    for support in session.precisions where support.refusal == nil {
      let format =
        support.precision.computeFormat?.rawValue ?? (support.precision == .tf32 ? support.precision.rawValue : "fp32")
      // Several modes compute in one format.
      guard seen.insert(format).inserted else { continue }
      let kind =
        support.isNative
        ? (" native", painter.style(painter.theme.good)) : (" storage-only", painter.style(painter.theme.warning))
      fields.append(FieldRow.Field(pieces: [separator, (format, painter.text), kind], priority: 1))
    }
    return fields
  }

  // MARK: - Lanes

  private static func drawLane(_ track: LaneTrack, _ state: DashboardState, in rect: Rect, with painter: inout Painter)
  {
    let isFocused = track.lane == state.focusedLane
    if isFocused, state.focus == .lane {
      painter.grid.fill(
        x: rect.x, y: rect.y, width: rect.width, height: 1,
        with: Cell(style: Style(foreground: painter.theme.foreground, background: painter.theme.background)))
    }
    FieldRow.draw(
      fields(of: track, state, isFocused: isFocused, painter), x: rect.x, y: rect.y, in: rect, with: &painter)
  }

  private static func fields(
    of track: LaneTrack, _ state: DashboardState, isFocused: Bool, _ painter: Painter
  ) -> [FieldRow.Field] {
    typealias Field = FieldRow.Field
    let secondary = painter.secondary
    // What a lane does is left out first where all just run, and last where one does not.
    let isCalm = state.lanes.allSatisfy {
      $0.state == .running && $0.pendingPrecision == nil && $0.pendingOverrides == nil
    }
    let arrow = isFocused ? (state.focus == .lane ? "▶ " : "▷ ") : "  "
    // Eight columns hold every mode; with what is changed of it, all lanes give the longest as many.
    let policyWidth = state.lanes.map(\.policyText.columns).max() ?? 0
    let policy = track.policyText.rightPadded(max(8, policyWidth))
    var fields = [
      Field(pieces: [(arrow, painter.key), ("\(track.lane) \(policy)", painter.lane(track.lane))], priority: 0),
      Field(pieces: [condition(of: track, painter)], priority: isCalm ? 4 : 1),
    ]
    let attempt = track.lastStep.map { Format.grouped($0.attempt + 1) } ?? "0"
    let total = state.session?.steps.map { "/\(Format.grouped($0))" } ?? ""
    fields.append(
      Field(
        pieces: [("step ", secondary), (attempt.leftPadded(7), painter.text), (total, secondary)], priority: 2))
    let loss = track.history.smoothedLoss.last.map { Format.significant(Double($0)) } ?? "–"
    fields.append(Field(pieces: [("avg loss ", secondary), (loss.leftPadded(7), painter.strong)], priority: 1))
    let rate = track.stepTimes.samplesPerSecond.map { Format.grouped(Int(min($0, 1e12).rounded())) } ?? "–"
    fields.append(Field(pieces: [(rate.leftPadded(7), painter.text), (" samples/s", secondary)], priority: 5))
    fields.append(
      Field(
        pieces: [
          ("skipped ", secondary),
          (
            String(track.skipped).leftPadded(3),
            track.skipped > 0 ? painter.style(painter.theme.bad, .bold) : painter.text
          ),
        ], priority: 6))
    if state.lanes.contains(where: { $0.evaluation != nil }) {
      let accuracy = track.evaluation.map { Format.percent($0.accuracy, decimals: 2) } ?? "–"
      fields.append(Field(pieces: [("acc ", secondary), (accuracy.leftPadded(8), painter.strong)], priority: 3))
    }
    let norm = track.lastStep.map { Format.significant($0.gradNorm) } ?? "–"
    fields.append(Field(pieces: [("|grad| ", secondary), (norm.leftPadded(7), painter.text)], priority: 7))
    let rateNow = track.lastStep?.learningRate ?? state.session?.learningRate ?? 0
    fields.append(
      Field(pieces: [("lr ", secondary), (Format.compact(rateNow).leftPadded(7), painter.text)], priority: 8))
    if state.lanes.contains(where: { $0.ringFullCount > 0 }) {
      let text = track.ringFullCount > 0 ? "ring full \(track.ringFullCount)" : ""
      fields.append(Field(pieces: [(text, painter.style(painter.theme.warning))], priority: 9))
    }
    return fields
  }

  /// What the lane does, or the precision it was asked to take, in ten columns.
  private static func condition(of track: LaneTrack, _ painter: Painter) -> (String, Style) {
    if let pending = track.pendingPrecision {
      return ("→\(pending.rawValue)".rightPadded(10), painter.style(painter.theme.highlight, .bold))
    }
    if let pending = track.pendingOverrides {
      let count = pending.keepFP32.count
      return ("→\(count) fp32".rightPadded(10), painter.style(painter.theme.highlight, .bold))
    }
    if track.state == .running, track.warmUpAttempts < MeasurementRules.warmUpSteps {
      let text = "warm \(track.warmUpAttempts)/\(MeasurementRules.warmUpSteps)"
      return (text.rightPadded(10), painter.style(painter.theme.highlight))
    }
    let text = track.state.rawValue.rightPadded(10)
    switch track.state {
    case .running: return (text, painter.style(painter.theme.good))
    case .compiling, .evaluating: return (text, painter.style(painter.theme.highlight))
    case .paused: return (text, painter.style(painter.theme.warning))
    case .finished, .dropped: return (text, painter.secondary)
    case .diverged, .failed: return (text, painter.style(painter.theme.bad, .bold))
    }
  }
}

import TrainingEvents

/// The speedup of the compared lane in large digits, and everything that must be said beside it.
enum SpeedupPane {
  static func draw(_ state: DashboardState, in rect: Rect, with painter: inout Painter) {
    let room = painter.box(.speedup, rect, state: state, remark: remark(state, isNarrow: rect.width < 44, painter))
      .insetting(left: 1, right: 1)
    guard let track = state.comparedTrack, let speedup = track.speedup else {
      let text = state.session == nil ? "waiting for the session" : "one lane: --lanes fp32,amp compares two"
      painter.grid.write(
        text, x: room.x + max(0, (room.width - text.columns) / 2), y: room.y + room.height / 2,
        style: painter.secondary, limit: room.width)
      return
    }
    let figure = speedup.figure(under: state.schedule)
    let digits = SpeedupText.digits(figure)
    let color = SpeedupText.color(figure, painter.theme)
    let isTall = room.height >= 8 && room.width >= BlockDigits.width(of: digits, .large) + 2
    let size: BlockDigits.Size = isTall ? .large : .small
    let (width, height) = (BlockDigits.width(of: digits, size), BlockDigits.height(size, glyphs: painter.glyphs))
    let title = painter.theme.title
    let shade: (Double) -> Color = { color.mixed(with: title, at: 0.45 * (1 - $0)) }
    let isBeside = !isTall && room.height >= height && room.width >= width + 22
    let textWidth = isBeside ? room.width - width - 4 : room.width
    let lines = notes(state, track, figure).map {
      text(of: $0, state, figure, isNarrow: textWidth < 41, painter)
    }
    if isBeside {
      BlockDigits.draw(
        digits, size, x: room.x + 1, y: room.y + (room.height - height) / 2, with: &painter, color: shade)
      let first = room.y + max(0, (room.height - lines.count) / 2)
      for (row, line) in lines.enumerated() {
        painter.write(line, x: room.x + width + 4, y: first + row, in: room)
      }
    } else if room.height >= height + 2, room.width >= width {
      let spare = max(0, room.height - height - lines.count)
      // In the middle, with a row between digits and lines where there is one.
      let top = room.y + max(min(1, spare), (spare - 1) / 2)
      BlockDigits.draw(digits, size, x: room.x + (room.width - width) / 2, y: top, with: &painter, color: shade)
      let first = top + height + (spare > 1 ? 1 : 0)
      for (row, line) in lines.enumerated() {
        painter.write(line, x: room.x + max(0, (room.width - columns(line)) / 2), y: first + row, in: room)
      }
    } else {
      painter.grid.write(digits, x: room.x, y: room.y, style: painter.style(color, .bold), limit: room.width)
      for (row, line) in lines.enumerated() { painter.write(line, x: room.x, y: room.y + 1 + row, in: room) }
    }
  }

  private static func remark(
    _ state: DashboardState, isNarrow: Bool, _ painter: Painter
  ) -> [(String, Style)] {
    guard let baseline = state.baseline, let track = state.comparedTrack else { return [] }
    return [
      ("\(track.lane)", painter.lane(track.lane)), (isNarrow ? " over " : " over baseline ", painter.secondary),
      ("\(baseline.lane)", painter.lane(baseline.lane)), (" \(baseline.precision.rawValue)", painter.secondary),
    ]
  }

  private static func columns(_ line: [(String, Style)]) -> Int { line.reduce(0) { $0 + $1.0.columns } }

  /// Lines that the notes take at present.
  static func noteCount(_ state: DashboardState) -> Int {
    guard let track = state.comparedTrack, let speedup = track.speedup else { return 0 }
    return notes(state, track, speedup.figure(under: state.schedule)).count
  }

  /// A line below the digits.
  private enum Note {
    /// How many of the steps needed were counted.
    case collecting(Int, of: Int)
    /// The interval.
    case interval(SpeedupEstimate)
    /// What the figure is worth.
    case label
    /// The ratio of committed samples.
    case effective(Double)
    /// The figure under the other schedule, measured earlier.
    case alternating(SpeedupEstimate)
    /// The figure of another lane.
    case other(LaneID, SpeedupEstimate)
    /// The difference in accuracy, and what it means.
    case accuracy(AgreementReport)
    case verdict(AgreementReport)
  }

  /// What stands below the digits, the most important first.
  private static func notes(_ state: DashboardState, _ track: LaneTrack, _ figure: LaneSpeedup.Figure) -> [Note] {
    var notes: [Note] = []
    switch figure {
    case .collecting(let count, let needed): notes.append(.collecting(count, of: needed))
    case .measured(let estimate, _): notes.append(.interval(estimate))
    }
    notes.append(.label)
    if case .measured(let estimate, _) = figure, let effective = estimate.effective {
      notes.append(.effective(effective))
    }
    if state.schedule == .concurrent, case .measured(let estimate, _)? = track.speedup?.figure(under: .alternating) {
      notes.append(.alternating(estimate))
    }
    for other in state.lanes where other.lane != track.lane {
      guard case .measured(let estimate, _)? = other.speedup?.figure(under: state.schedule) else { continue }
      notes.append(.other(other.lane, estimate))
    }
    if let agreement = track.agreement {
      notes.append(.accuracy(agreement))
      if agreement.void == nil { notes.append(.verdict(agreement)) }
    }
    return notes
  }

  private static func text(
    of note: Note, _ state: DashboardState, _ figure: LaneSpeedup.Figure, isNarrow: Bool, _ painter: Painter
  ) -> [(String, Style)] {
    switch note {
    case .collecting(let count, let needed):
      let unit = state.schedule == .alternating ? "pairs" : "steps"
      return [
        ("\(String(count).leftPadded(2)) of \(needed) \(unit)", painter.strong),
        (" " + bar(count, of: needed), painter.style(painter.theme.highlight)),
      ]
    case .interval(let estimate): return interval(estimate, isNarrow: isNarrow, painter)
    case .label: return label(state.schedule, figure, isNarrow: isNarrow, painter)
    case .effective(let ratio):
      return [
        ("effective ", painter.secondary), ("\(Format.fixed(ratio, decimals: 2))×", painter.text),
        (isNarrow ? " samples/s" : " in committed samples/s", painter.secondary),
      ]
    case .alternating(let estimate):
      return [("alternating, earlier: ", painter.secondary), (SpeedupText.short(estimate), painter.text)]
    case .other(let lane, let estimate):
      return [("\(lane) ", painter.lane(lane)), (SpeedupText.short(estimate), painter.text)]
    case .accuracy(let agreement):
      let text = agreement.void == nil ? AgreementText.figures(agreement) : AgreementText.verdict(agreement)
      return [("accuracy ", painter.secondary), (text, painter.text)]
    case .verdict(let agreement): return [(AgreementText.verdict(agreement), painter.secondary)]
    }
  }

  private static func interval(
    _ estimate: SpeedupEstimate, isNarrow: Bool, _ painter: Painter
  ) -> [(String, Style)] {
    let count = ("n \(Format.grouped(estimate.count))", painter.secondary)
    guard let low = estimate.low, let high = estimate.high else {
      let reason = estimate.schedule == .concurrent ? "CPU sets not exchanged" : "below 30 pairs"
      return [(isNarrow ? "no interval  " : "no interval: \(reason)  ", painter.secondary), count]
    }
    return [
      ("95 % ", painter.secondary),
      ("\(Format.fixed(low, decimals: 3)) – \(Format.fixed(high, decimals: 3))", painter.strong), ("  ", painter.text),
      count,
    ]
  }

  private static func label(
    _ schedule: Schedule, _ figure: LaneSpeedup.Figure, isNarrow: Bool, _ painter: Painter
  ) -> [(String, Style)] {
    if case .measured(_, isEarlier: true) = figure {
      return [
        (
          isNarrow ? "\(schedule.rawValue), segment before" : "\(schedule.rawValue): from the segment before",
          painter.secondary
        )
      ]
    }
    switch schedule {
    case .alternating:
      return [
        (
          isNarrow ? "alternating: figure to quote" : "alternating: the figure to quote",
          painter.style(painter.theme.good)
        )
      ]
    case .concurrent:
      if isNarrow { return [("concurrent: indicative", painter.style(painter.theme.warning))] }
      return [
        ("concurrent: indicative, ", painter.style(painter.theme.warning)), ("a", painter.key),
        (" for alternating", painter.style(painter.theme.warning)),
      ]
    }
  }

  private static func bar(_ count: Int, of needed: Int) -> String {
    let filled = needed > 0 ? min(10, count * 10 / needed) : 0
    return String(repeating: "━", count: filled) + String(repeating: "╌", count: 10 - filled)
  }
}

/// A speedup as text and colour.
enum SpeedupText {
  /// Four characters and ×: "1.52×"; dashes before there is a figure.
  static func digits(_ figure: LaneSpeedup.Figure) -> String {
    guard case .measured(let estimate, _) = figure, estimate.ratio.isFinite else { return "-.--×" }
    let ratio = estimate.ratio
    return (ratio < 9.995 ? Format.fixed(ratio, decimals: 2) : Format.fixed(ratio, decimals: ratio < 99.95 ? 1 : 0))
      + "×"
  }

  /// "1.52× [1.498, 1.541] n 412".
  static func short(_ estimate: SpeedupEstimate) -> String {
    var text = "\(Format.fixed(estimate.ratio, decimals: 2))×"
    if let low = estimate.low, let high = estimate.high {
      text += " [\(Format.fixed(low, decimals: 3)), \(Format.fixed(high, decimals: 3))]"
    }
    return text + " n \(Format.grouped(estimate.count))"
  }

  /// Good only where the lane is faster beyond doubt, bad only where it is slower beyond doubt.
  ///
  /// A figure without an interval is never beyond doubt within 2 %.
  static func color(_ figure: LaneSpeedup.Figure, _ theme: Theme) -> Color {
    guard case .measured(let estimate, _) = figure else { return theme.inactive }
    if estimate.low ?? (estimate.ratio / Verdict.threshold) > 1 { return theme.good }
    if estimate.high ?? (estimate.ratio * Verdict.threshold) < 1 { return theme.bad }
    return theme.foreground
  }
}

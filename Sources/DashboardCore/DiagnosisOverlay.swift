import RunStatistics
import TrainingEvents

/// Why a lane skipped an attempt: what failed first, with which numbers, and how the other lanes fared.
enum DiagnosisOverlay {
  /// Columns of the names at the left.
  private static let nameWidth = 9

  static func draw(
    _ state: DashboardState, _ lane: LaneID, attempt: Int, in screen: Rect, with painter: inout Painter
  ) {
    guard let track = state.lanes.first(where: { $0.lane == lane }) else { return }
    let width = max(20, min(72, screen.width - 4))
    var lines: [[(String, Style)]] = []
    if let report = track.diagnoses[attempt: attempt] {
      lines = facts(report, painter)
      lines += [[]] + wrapped(report.explanation, width: width).map { [($0, painter.text)] }
    } else {
      lines = undiagnosed(track, attempt, painter)
    }
    let others = state.lanes.filter { $0.lane != lane }.compactMap { line(of: $0, at: attempt, painter) }
    if !others.isEmpty { lines += [[], [("the same attempt elsewhere", painter.secondary)]] + others }
    lines += [
      [],
      [
        ("n", painter.key), (" next  ", painter.secondary), ("N", painter.key),
        (" previous diagnosed skip  ", painter.secondary), ("Esc", painter.key), (" closes", painter.secondary),
      ],
    ]
    // On a low screen empty lines go first.
    if lines.count + 2 > screen.height { lines.removeAll(where: \.isEmpty) }
    Overlays.popup(
      title: "why lane \(lane) skipped attempt \(Format.grouped(attempt))", lines: lines, width: width, in: screen,
      with: &painter)
  }

  private static func named(_ name: String, _ pieces: [(String, Style)], _ painter: Painter) -> [(String, Style)] {
    [(name.rightPadded(nameWidth), painter.secondary)] + pieces
  }

  private static func facts(_ report: DiagnosisReport, _ painter: Painter) -> [[(String, Style)]] {
    let bad = painter.style(painter.theme.overflow, .bold)
    var lines = [
      named("cause", [(report.cause.label, bad)], painter),
      named(
        "where",
        [
          (report.place, painter.strong), (", \(report.phase), in \(report.format.rawValue)", painter.text),
        ], painter),
      named(
        "values",
        [
          ("\(Format.grouped(report.infinities)) inf, \(Format.grouped(report.nans)) NaN", bad),
          (" of \(Format.grouped(report.count)) elements", painter.text),
        ], painter),
    ]
    if let largest = report.largestOperand {
      let share = Format.percent(largest / report.format.largest)
      lines.append(
        named(
          "operands",
          [
            ("all finite, largest ", painter.text), (Format.significant(largest), painter.strong),
            (", \(share) of \(report.format.rawValue)'s largest", painter.secondary),
          ], painter))
    }
    if let scale = report.scale {
      lines.append(named("scale", [(Format.scale(scale), painter.strong)], painter))
    }
    return lines
  }

  /// What is known without a diagnosis.
  private static func undiagnosed(_ track: LaneTrack, _ attempt: Int, _ painter: Painter) -> [[(String, Style)]] {
    let isLoss = track.history.nonFiniteLoss.has(attempt)
    var lines = [
      [("No diagnosis came for this attempt.", painter.text)],
      named(
        "known", [(isLoss ? "the loss was not finite" : "a gradient or an update was not finite", painter.strong)],
        painter),
    ]
    if let index = track.history.index(atOrBefore: attempt), track.history.attempts[index] == attempt {
      let scale = track.history.scale.samples[index]
      if !scale.isNaN {
        lines.append(named("scale", [(Format.scale(Double(scale)), painter.strong)], painter))
      }
    }
    return lines
  }

  /// Loss and norm of the gradients of another lane at the attempt; nil where it did not make it.
  private static func line(of track: LaneTrack, at attempt: Int, _ painter: Painter) -> [(String, Style)]? {
    let history = track.history
    guard let index = history.index(atOrBefore: attempt), history.attempts[index] == attempt else { return nil }
    let isSkipped = history.skipped.has(attempt)
    return [
      ("\(track.lane) \(track.precision.rawValue)".rightPadded(12), painter.lane(track.lane)),
      ("loss ", painter.secondary), (Format.significant(Double(history.loss.samples[index])), painter.strong),
      ("  |grad| ", painter.secondary), (Format.significant(Double(history.gradNorm[index])), painter.text),
      (isSkipped ? "  skipped too" : "  committed", isSkipped ? painter.style(painter.theme.bad) : painter.secondary),
    ]
  }

  /// A text in lines of at most a width, broken at blanks where there are any.
  static func wrapped(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.columns + 1 + String(word).columns > width {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    return line.isEmpty ? lines : lines + [line]
  }
}

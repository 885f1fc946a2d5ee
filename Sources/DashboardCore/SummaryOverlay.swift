import TrainingEvents

/// The end of a run: what each lane did, how much faster it was, and whether it is as accurate.
enum SummaryOverlay {
  static func draw(_ state: DashboardState, in screen: Rect, with painter: inout Painter) {
    guard let summary = state.summary else { return }
    let room = max(10, screen.width - 4)
    var lines: [[(String, Style)]] = [
      [
        ("Run over after ", painter.secondary), (Format.duration(summary.seconds), painter.strong),
        (state.session.map { " · \($0.model) on \($0.data.name)" } ?? "", painter.secondary),
      ], [],
    ]
    let heading = ["median ms", "p95 ms", "samples/s", "committed", "skipped", "memory", "accuracy", "final loss"]
    lines.append(row(heading.map { ($0, painter.secondary) }, name: ("", painter.text), width: room))
    for lane in summary.lanes {
      let cells: [(String, Style)] = [
        (lane.medianStepMilliseconds.map { Format.milliseconds($0) } ?? "–", painter.strong),
        (lane.p95StepMilliseconds.map { Format.milliseconds($0) } ?? "–", painter.text),
        (lane.samplesPerSecond.map { Format.grouped(Int(min($0, 1e12).rounded())) } ?? "–", painter.text),
        (Format.grouped(lane.committed), painter.text),
        (String(lane.skipped), lane.skipped > 0 ? painter.style(painter.theme.bad, .bold) : painter.text),
        (lane.memory.map { Format.bytes(MemoryCategory.total(of: $0.bytes)) } ?? "–", painter.text),
        (lane.evaluation.map { Format.percent($0.accuracy, decimals: 2) } ?? "–", painter.strong),
        (lane.evaluation.map { Format.significant($0.loss) } ?? "–", painter.text),
      ]
      let name = "\(lane.lane) \(lane.precision.rawValue)" + (lane.state == .finished ? "" : " \(lane.state.rawValue)")
      lines.append(row(cells, name: (name, painter.lane(lane.lane)), width: room))
    }
    lines.append([])
    if summary.speedup.isEmpty {
      lines.append([("no speedup: too few steps were paired", painter.secondary)])
    }
    for estimate in summary.speedup { lines.append(speedup(estimate, painter)) }
    for agreement in state.lanes.compactMap(\.agreement) {
      lines.append([
        ("\(agreement.lane)", painter.lane(agreement.lane)), (" \(AgreementText.comparison(agreement))", painter.text),
      ])
      lines.append([("  \(AgreementText.verdict(agreement))", painter.secondary)])
    }
    lines.append([])
    lines.append([
      ("Enter", painter.key), (" shows the charts, ", painter.secondary), ("S", painter.key),
      (" this again, ", painter.secondary), ("q", painter.key), (" leaves", painter.secondary),
    ])
    Overlays.popup(title: "summary", lines: lines, in: screen, with: &painter)
  }

  /// A row of the table; columns that do not fit are left out from the right, but accuracy stays longer than most.
  private static func row(_ cells: [(String, Style)], name: (String, Style), width: Int) -> [(String, Style)] {
    let importance = [0, 5, 3, 6, 2, 4, 1, 7]
    let (nameWidth, cellWidth) = (20, 11)
    let fitting = max(0, (width - nameWidth) / cellWidth)
    var pieces = [(name.0.rightPadded(nameWidth), name.1)]
    for (index, cell) in cells.enumerated() where importance[index] < fitting {
      pieces.append((cell.0.leftPadded(cellWidth), cell.1))
    }
    return pieces
  }

  private static func speedup(_ estimate: SpeedupEstimate, _ painter: Painter) -> [(String, Style)] {
    let figure = LaneSpeedup.Figure.measured(estimate, isEarlier: false)
    let label = estimate.schedule == .alternating ? "alternating, the figure to quote" : "concurrent, indicative"
    var pieces = [
      ("\(estimate.lane)", painter.lane(estimate.lane)), (" over ", painter.secondary),
      ("\(estimate.baseline)", painter.lane(estimate.baseline)), ("  ", painter.text),
      (SpeedupText.short(estimate), painter.style(SpeedupText.color(figure, painter.theme), .bold)),
      ("  \(label)", painter.secondary),
    ]
    if let effective = estimate.effective {
      pieces.append((", effective \(Format.fixed(effective, decimals: 2))×", painter.secondary))
    }
    return pieces
  }
}

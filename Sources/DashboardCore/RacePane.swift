import TrainingEvents

/// The lanes as runners: how far each came in the same time of its own, when each reached a loss, and whether they answer
/// alike.
///
/// A lane's own time is the sum of its step times: waiting for its turn under `alternating` does not count.
enum RacePane {
  static func draw(_ state: DashboardState, in rect: Rect, with painter: inout Painter) {
    let runners = state.lanes.filter { !$0.history.attempts.isEmpty }
    let finish = runners.compactMap { $0.history.ownSeconds.last }.min() ?? 0
    let remark = finish > 0 ? [("after \(Format.duration(Double(finish))) of own time", painter.secondary)] : []
    let room = painter.box(.race, rect, state: state, remark: remark).insetting(left: 1, right: 1)
    guard !runners.isEmpty else { return Waiting.draw(state, in: room, with: &painter) }
    var y = room.y
    let distances = runners.map { $0.history.samples(within: finish) }
    let farthest = max(distances.max() ?? 0, 1)
    for (track, distance) in zip(runners, distances) where y < room.bottom {
      drawRunner(track, distance, of: farthest, in: Rect(x: room.x, y: y, width: room.width, height: 1), with: &painter)
      y += 1
    }
    if y < room.bottom { y = drawTarget(state, runners, in: room, y: y, with: &painter) }
    for track in state.lanes where y < room.bottom {
      guard let agreement = track.agreement else { continue }
      drawAgreement(agreement, in: Rect(x: room.x, y: y, width: room.width, height: 1), with: &painter)
      y += 1
    }
  }

  private static func drawRunner(
    _ track: LaneTrack, _ distance: Double, of farthest: Double, in rect: Rect, with painter: inout Painter
  ) {
    let label = "\(Format.short(distance)) samples"
    let start = painter.write([("\(track.lane) ", painter.lane(track.lane))], x: rect.x, y: rect.y, in: rect)
    let course = Rect(x: start, y: rect.y, width: max(0, rect.right - start - label.columns - 1), height: 1)
    let cells = Int((distance / farthest * Double(max(0, course.width - 1))).rounded())
    for x in course.x..<course.right {
      let offset = x - course.x
      painter.grid[x, rect.y] =
        offset < cells
        ? Cell(character: "━", style: painter.style(painter.theme.color(of: track.lane)))
        : Cell(
          character: offset == cells ? "▶" : "┈", style: offset == cells ? painter.lane(track.lane) : painter.inactive)
    }
    painter.write(label, endingAt: rect.right, y: rect.y, style: painter.text, in: rect)
  }

  /// The time that each lane took to a loss: the one asked for, else the lowest that all have reached, rounded up.
  private static func drawTarget(
    _ state: DashboardState, _ runners: [LaneTrack], in room: Rect, y: Int, with painter: inout Painter
  ) -> Int {
    guard let target = state.lossTarget ?? commonLoss(runners) else { return y }
    let (title, goal) = ("to average loss ", Format.compact(target))
    let note = ", which all reached"
    let fits = title.columns + goal.columns + note.columns <= room.width
    painter.write(
      [
        (title, painter.secondary), (goal, painter.strong),
        (state.lossTarget == nil && fits ? note : "", painter.secondary),
      ], x: room.x, y: y, in: room)
    let base = runners.first { $0.lane == state.session?.baseline }?.history.ownSeconds(toLoss: Float(target))
    var row = y + 1
    for track in runners where row < room.bottom {
      var pieces = [("\(track.lane) ", painter.lane(track.lane))]
      if let seconds = track.history.ownSeconds(toLoss: Float(target)) {
        pieces.append(("\(Format.fixed(Double(seconds), decimals: 1)) s", painter.strong))
        if let base, seconds > 0, track.lane != state.session?.baseline {
          let ratio = Double(base / seconds)
          let color = ratio >= 1 ? painter.theme.good : painter.theme.warning
          pieces.append(("  ×\(Format.fixed(ratio, decimals: 2))", painter.style(color, .bold)))
        }
      } else {
        pieces.append(("not reached", painter.secondary))
      }
      painter.write(pieces, x: room.x, y: row, in: room)
      row += 1
    }
    return row
  }

  /// The lowest average that all lanes have reached, rounded up to two digits so that it stands still for a while.
  private static func commonLoss(_ runners: [LaneTrack]) -> Double? {
    let best = runners.compactMap { $0.history.bestAverage.last }.max() ?? .infinity
    guard best.isFinite, best > 0 else { return nil }
    let step = ValueAxis.roundStep(Double(best) / 99)
    return (Double(best) / step).rounded(.up) * step
  }

  /// The difference of accuracies with its 95 % interval, on a line from -2 to +2 points; why there is none where it is
  /// void.
  private static func drawAgreement(_ agreement: AgreementReport, in rect: Rect, with painter: inout Painter) {
    if let reason = agreement.void {
      painter.write(
        [
          ("\(agreement.lane) ", painter.lane(agreement.lane)), ("accuracy void: \(reason)", painter.secondary),
        ], x: rect.x, y: rect.y, in: rect)
      return
    }
    func points(_ share: Double) -> String {
      (share < 0 ? "−" : "+") + Format.fixed(abs(share) * 100, decimals: 2)
    }
    let text = "\(points(agreement.difference)) [\(points(agreement.low)), \(points(agreement.high))] points"
    let start = painter.write(
      [("\(agreement.lane) ", painter.lane(agreement.lane)), (text + " ", painter.text)], x: rect.x, y: rect.y, in: rect
    )
    let width = rect.right - start
    guard width >= 9 else { return }
    func column(_ share: Double) -> Int {
      start + Int(((min(max(share * 100, -2), 2) + 2) / 4 * Double(width - 1)).rounded())
    }
    for x in start..<rect.right { painter.grid[x, rect.y] = Cell(character: "┈", style: painter.inactive) }
    painter.grid[column(0), rect.y] = Cell(character: "│", style: painter.secondary)
    guard agreement.low.isFinite, agreement.high.isFinite, agreement.difference.isFinite else { return }
    let style = painter.lane(agreement.lane)
    for x in column(agreement.low)...max(column(agreement.low), column(agreement.high)) {
      painter.grid[x, rect.y] = Cell(character: "━", style: style)
    }
    painter.grid[column(agreement.difference), rect.y] = Cell(character: "●", style: style)
  }
}

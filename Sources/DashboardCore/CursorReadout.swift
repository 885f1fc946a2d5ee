import TrainingEvents

/// What the cursor reads in a pane, written into the pane's lower border: values of all lanes at one attempt, and how the
/// other lanes stand to the baseline.
enum CursorReadout {
  static func draw(_ pane: Pane, _ state: DashboardState, in rect: Rect, with painter: inout Painter) {
    guard let attempt = state.cursor, rect.height >= 3, rect.width >= 16 else { return }
    let groups: [[(String, Style)]]
    switch pane {
    case .loss: groups = loss(state, attempt, painter)
    case .lossScale: groups = scale(state, attempt, painter)
    case .stepTime: groups = stepTime(state, attempt, painter)
    case .memory, .speedup, .race, .log, .numerics: return
    }
    // Whole groups only: half a number is worse than none.
    let room = Rect(x: rect.x + 2, y: rect.bottom - 1, width: rect.width - 4, height: 1)
    var x = room.x
    for group in groups {
      let width = group.reduce(2) { $0 + $1.0.columns }
      guard x + width <= room.right else { continue }
      x = painter.write([(" ", painter.text)] + group + [(" ", painter.text)], x: x, y: room.y, in: room) - 1
    }
  }

  private static func values(
    _ state: DashboardState, _ attempt: Int, _ value: (LaneHistory, Int) -> Float
  ) -> [(track: LaneTrack, value: Double)] {
    state.lanes.compactMap { track in
      guard let index = track.history.index(atOrBefore: attempt), track.history.attempts[index] == attempt else {
        return nil
      }
      return (track, Double(value(track.history, index)))
    }
  }

  private static func loss(_ state: DashboardState, _ attempt: Int, _ painter: Painter) -> [[(String, Style)]] {
    let place = ("\(Format.grouped(attempt))", painter.style(painter.theme.cursor, .bold))
    let averages = values(state, attempt) { $0.smoothedLoss[$1] }
    let raw = values(state, attempt) { $0.loss.samples[$1] }
    var groups = [[place]]
    groups += averages.map { [("\($0.track.lane) ", painter.lane($0.track.lane)), number($0.value, painter)] }
    groups += comparisons(state, averages, painter)
    groups += state.eventTexts(at: attempt).map { event in
      let color = event.isBad ? painter.theme.overflow : painter.theme.foreground
      return [("\(event.lane)", painter.lane(event.lane)), (event.text, painter.style(color))]
    }
    groups += raw.map { entry in
      [
        ("raw ", painter.secondary), ("\(entry.track.lane) ", painter.lane(entry.track.lane)),
        number(entry.value, painter),
      ]
    }
    return groups
  }

  private static func scale(_ state: DashboardState, _ attempt: Int, _ painter: Painter) -> [[(String, Style)]] {
    let scales = values(state, attempt) { $0.scale.samples[$1] }.filter { !$0.value.isNaN }
    return scales.map { entry in
      [("\(entry.track.lane) ", painter.lane(entry.track.lane)), (Format.scale(entry.value), painter.strong)]
    }
  }

  private static func stepTime(_ state: DashboardState, _ attempt: Int, _ painter: Painter) -> [[(String, Style)]] {
    let times = values(state, attempt) { $0.stepTime.samples[$1] }
    return times.map { entry in
      [
        ("\(entry.track.lane) ", painter.lane(entry.track.lane)),
        (Format.milliseconds(entry.value), painter.strong), (" ms", painter.secondary),
      ]
    } + comparisons(state, times, painter, isSpeed: true)
  }

  /// Δ and ratio of each other lane to the baseline; of times, the ratio is the speedup.
  private static func comparisons(
    _ state: DashboardState, _ values: [(track: LaneTrack, value: Double)], _ painter: Painter, isSpeed: Bool = false
  ) -> [[(String, Style)]] {
    guard let base = values.first(where: { $0.track.lane == state.session?.baseline }) else { return [] }
    let others = values.filter { $0.track.lane != base.track.lane }
    return others.map { entry in
      let difference = entry.value - base.value
      let sign = difference < 0 ? "−" : "+"
      let size = isSpeed ? Format.milliseconds(abs(difference)) : Format.significant(abs(difference))
      let ratio = isSpeed ? base.value / entry.value : entry.value / base.value
      let name = others.count > 1 ? "\(entry.track.lane) " : ""
      return [
        ("\(name)Δ", painter.secondary), (sign + size, painter.text),
        (" ×\(Format.fixed(ratio, decimals: 3))", painter.text),
      ]
    }
  }

  private static func number(_ value: Double, _ painter: Painter) -> (String, Style) {
    let style = value.isFinite ? painter.strong : painter.style(painter.theme.overflow, .bold)
    return (Format.significant(value), style)
  }
}

import TrainingEvents

/// The cursor on the charts: one attempt, read in every chart.
extension DashboardState {
  /// The lane by whose clock the cursor is placed: the focused one if it made the attempt, else the first that did.
  var cursorTrack: LaneTrack? {
    guard let cursor else { return nil }
    func made(_ track: LaneTrack) -> Bool { track.history.attempts.last.map { $0 >= cursor } ?? false }
    if let focused = focusedTrack, made(focused) { return focused }
    return lanes.first(where: made)
  }

  /// Switches the cursor on at the newest attempt in view, or off.
  mutating func toggleCursor() {
    guard cursor == nil else { return cursor = nil }
    guard let last = lastAttempt else { return show(hint: "no step yet to read") }
    let stretch = window.stretch(total: progress(in: progressUnit))
    cursor = attempt(at: stretch.first + stretch.length) ?? last
  }

  /// Moves the cursor by dot columns of the widest chart, at least one attempt each, and keeps it in view.
  mutating func moveCursor(by columns: Int) {
    guard let cursor, let last = lastAttempt else { return }
    let stretch = window.stretch(total: progress(in: progressUnit))
    guard progressScale.isLogarithmic, let here = cursorPlace else {
      let perColumn = max(1, attemptsShown(in: stretch) / max(1, chartColumns))
      return placeCursor(min(max(0, cursor + columns * perColumn), last))
    }
    let width = progressScale.position(of: stretch.first + stretch.length) - progressScale.position(of: stretch.first)
    let perColumn = width / Double(chartColumns)
    let there = progressScale.place(at: progressScale.position(of: here) + Double(columns) * perColumn)
    let target = attempt(at: max(0, there)) ?? cursor
    // Where attempts lie several columns apart, a column is less than one of them.
    placeCursor(min(max(0, columns < 0 ? min(target, cursor + columns.signum()) : max(target, cursor + 1)), last))
  }

  /// Where the cursor stands on the axis.
  var cursorPlace: Double? {
    guard let cursor, let track = cursorTrack, let index = track.history.index(atOrBefore: cursor) else { return nil }
    return track.history.place(of: index, unit: progressUnit, trainCount: trainCount)
  }

  /// Puts the cursor on an attempt and moves the window there if it lies outside.
  mutating func placeCursor(_ attempt: Int) {
    // Reports in a damaged file may name any attempt.
    cursor = min(max(0, attempt), LaneHistory.largestAttempt)
    guard let track = cursorTrack, let index = track.history.index(atOrBefore: attempt) else { return }
    let place = track.history.place(of: index, unit: progressUnit, trainCount: trainCount)
    window = window.showing(place, total: progress(in: progressUnit), scale: progressScale)
  }

  /// The attempt nearest to a place on the horizontal axis, by the clock of the focused lane; nil before the first.
  func attempt(at place: Double) -> Int? {
    guard let track = focusedTrack?.history.attempts.isEmpty == false ? focusedTrack : lanes.first else { return nil }
    let history = track.history
    guard !history.attempts.isEmpty else { return nil }
    let after = history.samples(in: -1..<max(place, 0), unit: progressUnit, trainCount: trainCount).upperBound
    return history.attempts[min(after, history.attempts.count - 1)]
  }

  private func attemptsShown(in stretch: (first: Double, length: Double)) -> Int {
    let first = attempt(at: stretch.first) ?? 0
    return (attempt(at: stretch.first + stretch.length) ?? 0) - first
  }

  /// Dot columns of the loss chart on the screen as it is.
  private var chartColumns: Int {
    let layout = Layout(state: self, width: width, height: height)
    let widest = [Pane.loss, .lossScale, .stepTime].compactMap { layout.panes[$0]?.width }.max() ?? width
    return max(1, (widest - ValueAxis.labelWidth - 3) * 2)
  }

  // MARK: - Places under the pointer

  /// The place on the horizontal axis under a column of the screen, and what that axis shows; nil outside the panes that
  /// have one.
  func placeUnderPointer(
    x: Int, in pane: Pane, _ rect: Rect
  ) -> (place: Double, axis: (first: Double, length: Double))? {
    let room = rect.inner
    let frame: ChartFrame
    // The glyph set changes dot columns, not the place of the plot.
    switch pane {
    case .loss: frame = LossPane.frame(self, in: room, glyphs: .unicode)
    case .lossScale: frame = LossScalePane.frame(self, in: room, glyphs: .unicode)
    case .stepTime: frame = StepTimePane.frame(self, in: room, glyphs: .unicode)
    case .memory, .speedup, .race, .log, .numerics: return nil
    }
    guard frame.plot.width > 0 else { return nil }
    let fraction = min(max((Double(x - frame.plot.x) + 0.5) / Double(frame.plot.width), 0), 1)
    let axis = (first: frame.progress.first, length: frame.progress.end - frame.progress.first)
    return (frame.progress.place(atFraction: fraction), axis)
  }
}

import TrainingEvents

/// Keys and mouse input that change how things are shown, never the training.
extension DashboardState {
  mutating func adjustCharts(_ command: KeyCommand) {
    switch command {
    case .smoothLess: setSmoothing(smoothing.moved(by: -1))
    case .smoothMore: setSmoothing(smoothing.moved(by: 1))
    case .toggleLogAxis: hasLogAxis.toggle()
    case .toggleLogProgress: hasLogProgress.toggle()
    case .nextUnit: setUnit(progressUnit.next)
    case .nextLossView: lossView = lossView.next
    case .zoomIn: zoom(by: 0.5, about: cursorPlace)
    case .zoomOut: zoom(by: 2, about: cursorPlace)
    case .showAll: window = .all
    case .panLeft: window = window.moved(by: -0.25, total: progress(in: progressUnit), scale: progressScale)
    case .panRight: window = window.moved(by: 0.25, total: progress(in: progressUnit), scale: progressScale)
    case .cursor: toggleCursor()
    case .cursorLeft: if cursor == nil { toggleCursor() } else { moveCursor(by: -10) }
    case .cursorRight: if cursor == nil { toggleCursor() } else { moveCursor(by: 10) }
    case .nextEvent: jump(forward: true)
    case .previousEvent: jump(forward: false)
    default: break
    }
  }

  /// Zooms about a place on the axis, nil being its newest end; at least five steps stay in view.
  ///
  /// `axis` is what the axis under the pointer shows; without one it is what there is.
  mutating func zoom(by factor: Double, about place: Double?, axis: (first: Double, length: Double)? = nil) {
    let total = progress(in: progressUnit)
    guard let last = lastAttempt, total > 0 else { return }
    let axis = axis ?? window.stretch(total: total)
    window = window.zoomed(
      by: factor, about: place ?? axis.first + axis.length, axis: axis, total: total,
      least: total * min(1, 5 / Double(last + 1)), scale: progressScale)
  }

  /// Counts in another unit; the window shows the same attempts as before.
  mutating func setUnit(_ unit: ProgressUnit) {
    guard unit != progressUnit else { return }
    let shown = window.stretch(total: progress(in: progressUnit))
    let track = lanes.max { $0.history.attempts.count < $1.history.attempts.count }
    let indices = track?.history.samples(
      in: shown.first..<max(shown.first, shown.first + shown.length), unit: progressUnit, trainCount: trainCount)
    progressUnit = unit
    guard window != .all, let track, let first = indices?.first, let last = indices?.last else { return window = .all }
    let start = track.history.place(of: first, unit: unit, trainCount: trainCount)
    let length = track.history.place(of: last, unit: unit, trainCount: trainCount) - start
    guard length > 0 else { return window = .all }
    window = window.isAtNewest ? .newest(length) : .span(first: start, length: length)
  }

  mutating func setSmoothing(_ wanted: Smoothing) {
    guard wanted != smoothing else { return }
    smoothing = wanted
    for index in lanes.indices {
      lanes[index].history.smooth(weight: wanted.weight)
      if lanes[index].difference != nil { lanes[index].difference = LossDifference() }
    }
    advanceDifferences()
  }

  mutating func move(_ command: KeyCommand) {
    let isInLog = focus == .pane(.log)
    if hasNumericsFocus, let step = NumericsPane.rows(of: command) { return selectTensor(by: step) }
    switch command {
    case .focusNext: moveFocus(by: 1)
    case .focusPrevious: moveFocus(by: -1)
    case .laneUp: if isInLog { scrollLog(by: 1) } else { moveLane(by: -1) }
    case .laneDown: if isInLog { scrollLog(by: -1) } else { moveLane(by: 1) }
    case .paneLeft: if cursor != nil { moveCursor(by: -1) } else { movePane(by: -1) }
    case .paneRight: if cursor != nil { moveCursor(by: 1) } else { movePane(by: 1) }
    case .pageUp: scrollLog(by: 10)
    case .pageDown: scrollLog(by: -10)
    case .toStart: if cursor != nil { placeCursor(0) } else { scrollLog(by: EventLog.capacity) }
    case .toEnd: if cursor != nil, let last = lastAttempt { placeCursor(last) } else { logScroll = 0 }
    case .zoomPane:
      if zoomedPane != nil {
        zoomedPane = nil
      } else if case .pane(let pane) = focus {
        zoomedPane = pane
      } else {
        zoomedPane = .loss
      }
    case .togglePane(let pane): toggle(pane)
    case .nextPreset: step(.panes, by: 1)
    case .widenLeft: widenLeft(by: 3)
    case .narrowLeft: widenLeft(by: -3)
    case .grow: grow(by: 1)
    case .shrink: grow(by: -1)
    default: break
    }
  }

  private var visiblePanes: [Pane] { Pane.allCases.filter { !hiddenPanes.contains($0) } }

  /// Moves through the lanes first, then the panes.
  private mutating func moveFocus(by step: Int) {
    let panes = visiblePanes
    let count = lanes.count + panes.count
    guard count > 0 else { return }
    let current: Int
    switch focus {
    case .lane: current = lanes.firstIndex { $0.lane == focusedLane } ?? 0
    case .pane(let pane): current = lanes.count + (panes.firstIndex(of: pane) ?? 0)
    }
    let next = (current + step + count) % count
    if next < lanes.count {
      focus = .lane
      focusedLane = lanes[next].lane
    } else {
      setFocus(panes[next - lanes.count])
    }
  }

  private mutating func moveLane(by step: Int) {
    guard let index = lanes.firstIndex(where: { $0.lane == focusedLane }) else { return }
    focus = .lane
    focusedLane = lanes[(index + step + lanes.count) % lanes.count].lane
  }

  private mutating func movePane(by step: Int) {
    let panes = visiblePanes
    guard !panes.isEmpty else { return }
    guard case .pane(let pane) = focus, let index = panes.firstIndex(of: pane) else {
      setFocus(step > 0 ? panes[0] : panes[panes.count - 1])
      return
    }
    setFocus(panes[(index + step + panes.count) % panes.count])
  }

  private mutating func setFocus(_ pane: Pane) {
    focus = .pane(pane)
    if zoomedPane != nil { zoomedPane = pane }
  }

  private mutating func scrollLog(by lines: Int) {
    logScroll = min(max(0, logScroll + lines), max(0, shownLog.count - 1))
  }

  private mutating func toggle(_ pane: Pane) {
    if hiddenPanes.remove(pane) == nil {
      // The last pane stays: an empty screen helps nobody.
      guard visiblePanes.count > 1 else { return }
      hiddenPanes.insert(pane)
      if focus == .pane(pane) { focus = .lane }
      if zoomedPane == pane { zoomedPane = nil }
    } else if pane == .numerics {
      // It takes keys of its own.
      setFocus(pane)
    }
  }

  // MARK: - Mouse

  mutating func use(_ mouse: DashboardMouse) {
    if overlay != nil {
      if case .press = mouse.kind {
        if case .help = overlay { overlay = nil }
        if overlay == .summary { overlay = nil }
        if case .diagnosis = overlay { overlay = nil }
      }
      if case .themes = overlay, !themes.isEmpty {
        if mouse.kind == .wheelUp { themeIndex = max(0, themeIndex - 1) }
        if mouse.kind == .wheelDown { themeIndex = min(themes.count - 1, themeIndex + 1) }
      }
      return
    }
    let layout = Layout(state: self, width: width, height: height)
    let pane = layout.panes.first { $0.value.contains(mouse.x, mouse.y) }?.key
    switch mouse.kind {
    case .press(let button):
      if let row = layout.laneRows.firstIndex(of: mouse.y), lanes.indices.contains(layout.firstLane + row) {
        focus = .lane
        focusedLane = lanes[layout.firstLane + row].lane
      } else if button == 1, let target = dragTarget(x: mouse.x, y: mouse.y, in: layout) {
        dragged = target
        if let pane { setFocus(pane) }
      } else if let pane {
        setFocus(pane)
        if pane == .numerics, let rect = layout.panes[pane] { selectTensor(x: mouse.x, y: mouse.y, in: rect) }
        if button == 3 || cursor != nil { readPointer(mouse.x, pane, layout) }
      }
    case .drag:
      if let dragged {
        drag(dragged, toX: mouse.x, y: mouse.y, in: layout)
      } else if let pane {
        readPointer(mouse.x, pane, layout)
      }
    case .wheelUp, .wheelDown:
      let isUp = mouse.kind == .wheelUp
      if pane == .log { return scrollLog(by: isUp ? 3 : -3) }
      if pane == .numerics { return selectTensor(by: isUp ? -3 : 3) }
      let under = pane.flatMap { pane in
        layout.panes[pane].flatMap { placeUnderPointer(x: mouse.x, in: pane, $0) }
      }
      zoom(by: isUp ? 0.8 : 1.25, about: under?.place, axis: under?.axis)
    case .release: dragged = nil
    }
  }

  /// Puts the cursor under the pointer.
  private mutating func readPointer(_ x: Int, _ pane: Pane, _ layout: Layout) {
    guard lastAttempt != nil, let rect = layout.panes[pane],
      let under = placeUnderPointer(x: x, in: pane, rect), let attempt = attempt(at: under.place)
    else { return }
    cursor = attempt
  }
}

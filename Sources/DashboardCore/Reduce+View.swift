import TrainingEvents

/// Keys and mouse input that change how things are shown, never the training.
extension DashboardState {
  mutating func adjustCharts(_ command: KeyCommand) {
    let total = (lastAttempt ?? 0) + 1
    switch command {
    case .smoothLess: setSmoothing(smoothing.moved(by: -1))
    case .smoothMore: setSmoothing(smoothing.moved(by: 1))
    case .toggleLogAxis: hasLogAxis.toggle()
    case .zoomIn: window = window.closer(total: total)
    case .zoomOut: window = window.farther(total: total)
    case .showAll: window = .all
    default: break
    }
  }

  private mutating func setSmoothing(_ wanted: Smoothing) {
    guard wanted != smoothing else { return }
    smoothing = wanted
    for index in lanes.indices { lanes[index].history.smooth(weight: wanted.weight) }
  }

  mutating func move(_ command: KeyCommand) {
    let isInLog = focus == .pane(.log)
    switch command {
    case .focusNext: moveFocus(by: 1)
    case .focusPrevious: moveFocus(by: -1)
    case .laneUp: if isInLog { scrollLog(by: 1) } else { moveLane(by: -1) }
    case .laneDown: if isInLog { scrollLog(by: -1) } else { moveLane(by: 1) }
    case .paneLeft: movePane(by: -1)
    case .paneRight: movePane(by: 1)
    case .pageUp: scrollLog(by: 10)
    case .pageDown: scrollLog(by: -10)
    case .toStart: scrollLog(by: EventLog.capacity)
    case .toEnd: logScroll = 0
    case .zoomPane:
      if zoomedPane != nil {
        zoomedPane = nil
      } else if case .pane(let pane) = focus {
        zoomedPane = pane
      } else {
        zoomedPane = .loss
      }
    case .togglePane(let pane): toggle(pane)
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
    logScroll = min(max(0, logScroll + lines), max(0, log.lines.count - 1))
  }

  private mutating func toggle(_ pane: Pane) {
    if hiddenPanes.remove(pane) == nil {
      // The last pane stays: an empty screen helps nobody.
      guard visiblePanes.count > 1 else { return }
      hiddenPanes.insert(pane)
      if focus == .pane(pane) { focus = .lane }
      if zoomedPane == pane { zoomedPane = nil }
    }
  }

  // MARK: - Mouse

  mutating func use(_ mouse: DashboardMouse) {
    if overlay != nil {
      if case .press = mouse.kind, overlay == .help || overlay == .summary { overlay = nil }
      if case .themes = overlay, !themes.isEmpty {
        if mouse.kind == .wheelUp { themeIndex = max(0, themeIndex - 1) }
        if mouse.kind == .wheelDown { themeIndex = min(themes.count - 1, themeIndex + 1) }
      }
      return
    }
    let layout = Layout(state: self, width: width, height: height)
    let pane = layout.panes.first { $0.value.contains(mouse.x, mouse.y) }?.key
    switch mouse.kind {
    case .press:
      if let row = layout.laneRows.firstIndex(of: mouse.y), lanes.indices.contains(layout.firstLane + row) {
        focus = .lane
        focusedLane = lanes[layout.firstLane + row].lane
      } else if let pane {
        setFocus(pane)
      }
    case .wheelUp: if pane == .log { scrollLog(by: 3) } else { adjustCharts(.zoomIn) }
    case .wheelDown: if pane == .log { scrollLog(by: -3) } else { adjustCharts(.zoomOut) }
    case .release, .drag: break
    }
  }
}

import TrainingEvents

/// Takes in one action: changes the state and returns what the world should do.
///
/// Pure: no clock, no input, no output.
///
/// Complexity: O(1) amortised for events; O(attempts) for a key that smooths the loss anew.
public func reduce(into state: inout DashboardState, action: DashboardAction) -> [DashboardEffect] {
  switch action {
  case .event(let event):
    state.apply(event)
    return []
  case .loading(let stage):
    if state.session == nil { state.loading = stage }
    return []
  case .key(let key): return state.press(key)
  case .mouse(let mouse):
    state.use(mouse)
    return []
  case .resize(let width, let height):
    state.width = max(0, width)
    state.height = max(0, height)
    return []
  case .tick(let time, let cost):
    state.tick(time: time, cost: cost)
    return []
  case .ringFull(let lane, let count):
    guard count > 0, let index = state.lanes.firstIndex(where: { $0.lane == lane }) else { return [] }
    let isFirst = state.lanes[index].ringFullCount == 0
    let (sum, overflows) = state.lanes[index].ringFullCount.addingReportingOverflow(count)
    state.lanes[index].ringFullCount = overflows ? Int.max : sum
    if isFirst {
      state.note("the screen fell behind: events found the ring full and are missing here", lane: lane, .warning)
    }
    return []
  case .sessionEnded:
    if !state.isEnded { state.end() }
    return []
  case .replay(let status):
    state.replay = status
    return []
  case .rewind:
    (state.log, state.logScroll) = (EventLog(), 0)
    return []
  case .themeChanged(let index, let theme):
    if state.themes.indices.contains(index) { state.themes[index].theme = theme }
    return []
  case .activity(let text):
    state.activity = text
    return []
  case .notice(let text):
    state.note(text, .quiet)
    state.show(hint: text)
    return []
  }
}

extension DashboardState {
  /// Marks the run as over; what was asked for and not confirmed never will be.
  mutating func end() {
    isEnded = true
    loading = nil
    endTime = endTime ?? startTime.map { $0 + elapsed }
    isPausePending = false
    pendingSchedule = nil
    for index in lanes.indices { (lanes[index].pendingPrecision, lanes[index].pendingOverrides) = (nil, nil) }
    if overlay == .quit { overlay = nil }
    if case .precision = overlay { overlay = nil }
    if case .lossyPrecision = overlay { overlay = nil }
    if summary != nil { overlay = .summary }
  }

  mutating func tick(time: Double, cost: FrameCost) {
    self.cost = cost
    guard time.isFinite else { return }
    now = time
    if tickOfEvent == nil, eventTime != nil { tickOfEvent = time }
    guard let current = hint else { return }
    if let until = current.until {
      if time >= until { hint = nil }
    } else {
      hint?.until = time + 4
    }
  }

  /// Appends a line to the log.
  mutating func note(_ text: String, lane: LaneID? = nil, _ severity: EventLog.Severity = .normal, time: Double? = nil)
  {
    log.append(EventLog.Line(time: time ?? eventTime ?? startTime ?? 0, lane: lane, text: text, severity: severity))
    // A user who scrolled back keeps looking at the same lines.
    if logScroll > 0 { logScroll = min(logScroll + 1, EventLog.capacity) }
  }

  /// Shows a line in the footer for a few seconds.
  mutating func show(hint text: String) { hint = Hint(text: text, until: now.map { $0 + 4 }) }

  mutating func update(_ lane: LaneID, _ change: (inout LaneTrack) -> Void) {
    guard let index = lanes.firstIndex(where: { $0.lane == lane }) else { return }
    change(&lanes[index])
  }
}

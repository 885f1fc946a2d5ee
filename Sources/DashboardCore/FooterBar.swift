/// The main keys, and what the user interface costs.
enum FooterBar {
  static func draw(_ state: DashboardState, in rect: Rect, with painter: inout Painter) {
    guard !rect.isEmpty else { return }
    let cost = self.cost(state.cost, isShort: rect.width < 100)
    var room = rect.insetting(left: 1, right: 1)
    // What was just said goes before the cost: half a sentence may say the opposite.
    let text = state.hint?.text ?? state.activity
    if room.width >= cost.columns + max(24, (text?.columns ?? 0) + 2) {
      painter.write(cost, endingAt: room.right, y: rect.y, style: painter.secondary, in: room)
      room = room.insetting(right: cost.columns + 2)
    }
    if let text {
      painter.write(text, x: room.x, y: rect.y, style: painter.style(painter.theme.warning), cutAt: room.right)
      return
    }
    if state.isFirstRun {
      var x = painter.write(
        [("new here? ", painter.style(painter.theme.good, .bold))], x: room.x, y: rect.y, in: room)
      let keys = [
        ("?", "all keys"), ("p", "precision"), ("x", "reads values"), (":", "commands"), ("T", "themes"),
        ("O", "options"),
      ]
      for (key, text) in keys where x + key.columns + 1 + text.columns <= room.right {
        x = painter.write([(key, painter.key), (" \(text)", painter.secondary)], x: x, y: rect.y, in: room) + 2
      }
      return
    }
    var x = room.x
    for binding in bindings(state) {
      guard let word = binding.footer, x + binding.label.columns + 1 + word.columns <= room.right else { break }
      x = painter.write([(binding.label, painter.key), (" \(word)", painter.secondary)], x: x, y: rect.y, in: room) + 2
    }
  }

  private static let named = KeyTable.bindings.filter { $0.footer != nil }
  private static let ofNumerics = named.filter { KeyTable.numerics.contains($0.command) }
  private static let ofAll = named.filter { !KeyTable.numerics.contains($0.command) }

  /// Quit and help first, for they are what someone lost looks for; then what the focused pane takes, then what makes sense
  /// now.
  private static func bindings(_ state: DashboardState) -> [KeyBinding] {
    let isAtSkip = state.cursor.map { cursor in state.lanes.contains { $0.history.skipped.has(cursor) } } ?? false
    let first: [KeyCommand] = [.quit, .help] + (isAtSkip ? [.drillDown] : [])
    let training: [KeyCommand] = [.nextPrecision, .pause, .toggleSchedule]
    var hidden = state.summary == nil ? [KeyCommand.summary] : training
    // A recorded run cannot be changed, only moved through.
    if !isAtSkip { hidden.append(.drillDown) }
    hidden += state.replay == nil ? [.replayBack, .replayForward] : [.nextPrecision, .toggleSchedule]
    return first.compactMap { command in named.first { $0.command == command } }
      + (state.hasNumericsFocus ? ofNumerics : [])
      + ofAll.filter { !first.contains($0.command) && !hidden.contains($0.command) }
  }

  /// Fixed width, so that the keys beside it stand still.
  private static func cost(_ cost: FrameCost, isShort: Bool) -> String {
    let share = Format.fixed(min(cost.processorShare, 9.99) * 100, decimals: 1).leftPadded(4)
    let time = Format.fixed(min(cost.millisecondsPerFrame, 999), decimals: 1).leftPadded(4)
    let kilobytes = Format.fixed(min(Double(cost.bytesPerFrame) / 1000, 999), decimals: 1).leftPadded(4)
    if isShort { return "UI \(share) %  \(time) ms  \(kilobytes) kB" }
    return "UI \(share) % of a core  \(time) ms  \(kilobytes) kB/frame"
  }
}

import CNcurses
import DashboardCore
import Glibc

extension TerminalScreen {
  /// Waits for input, a wake or a signal for at most so many milliseconds (nil: for ever) and returns what came, in order;
  /// empty when the time was up.
  ///
  /// A storm of resizes arrives as its last size, a run of drags as its last place. SIGTSTP, SIGCONT and coming back to
  /// the front are answered here, see `TerminalInput.resumed`.
  public func wait(milliseconds: Int?) -> [TerminalInput] {
    guard isOpen else { return [] }
    var inputs: [TerminalInput] = []
    if resume() { inputs.append(.resumed) }
    let limit = inputs.isEmpty ? milliseconds.map { Int32(clamping: max(0, $0)) } ?? -1 : 0
    let events = terminal_wait(limit)

    if events.input { readInput(into: &inputs) } else { giveUpOnOldInput(into: &inputs) }
    answer(Signals(bits: events.signals), into: &inputs)
    if events.hangup { inputs.append(.hangup) }
    if events.woken { inputs.append(.wake) }
    return inputs
  }

  private struct Signals {
    var bits: UInt64
    func contains(_ signal: Int32) -> Bool { bits >> UInt64(signal) & 1 == 1 }
  }

  private func answer(_ signals: Signals, into inputs: inout [TerminalInput]) {
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] where signals.contains(signal) { inputs.append(.signal(signal)) }
    if signals.contains(SIGTSTP) {
      suspend()
      if !terminal_is_suspended() { inputs.append(.resumed) }
    } else if signals.contains(SIGCONT) {
      // Stopped by SIGSTOP, with the screen still up: the shell has written over it and changed modes.
      terminal_suspend()
      if resume() { inputs.append(.resumed) }
    }
    if signals.contains(SIGWINCH), !terminal_is_suspended() { takeNewSize() }
    reportSize(into: &inputs)
  }

  private func takeNewSize() {
    terminal_resize()
    shown = nil
    size = Self.currentSize()
  }

  /// Reports a size that nobody was told yet, however it came about.
  private func reportSize(into inputs: inout [TerminalInput]) {
    guard size != reportedSize else { return }
    reportedSize = size
    inputs.append(.resize(width: size.width, height: size.height))
  }

  private func readInput(into inputs: inout [TerminalInput]) {
    lastInput = .now
    while true {
      let code = terminal_read()
      if code < 0 { break }
      let count = inputs.count
      decoder.feed(Self.unit(code), into: &inputs)
      if count > 0, inputs.count > count { Self.mergeDrags(&inputs, at: count) }
    }
    decoder.finishBatch(into: &inputs)
  }

  private static func mergeDrags(_ inputs: inout [TerminalInput], at index: Int) {
    if case .mouse(let new) = inputs[index], case .mouse(let old) = inputs[index - 1], new.kind == .drag,
      old.kind == .drag
    {
      inputs.remove(at: index - 1)
    }
  }

  /// Without this, a paste whose end got lost would swallow every key from then on, and ESC [ the next one.
  private func giveUpOnOldInput(into inputs: inout [TerminalInput]) {
    guard decoder.isInTheMiddle else { return }
    let patience: Duration = decoder.state == .paste ? .seconds(2) : .milliseconds(500)
    if .now - lastInput > patience { decoder.giveUp(into: &inputs) }
  }

  private static func unit(_ code: Int32) -> KeyDecoder.Unit {
    if code < 256 { return .byte(UInt8(truncatingIfNeeded: code)) }
    let number = Int(code)
    if number > TERMINAL_KEY_FUNCTION_0 { return .key(.function(number - TERMINAL_KEY_FUNCTION_0)) }
    return namedKeys[number].map { .key($0) } ?? .unknownKey
  }

  private static let namedKeys: [Int: DashboardKey] = [
    TERMINAL_KEY_UP: .up, TERMINAL_KEY_DOWN: .down, TERMINAL_KEY_LEFT: .left,
    TERMINAL_KEY_RIGHT: .right, TERMINAL_KEY_PAGE_UP: .pageUp,
    TERMINAL_KEY_PAGE_DOWN: .pageDown, TERMINAL_KEY_HOME: .home, TERMINAL_KEY_END: .end,
    TERMINAL_KEY_BACKSPACE: .backspace, TERMINAL_KEY_DELETE: .delete,
    TERMINAL_KEY_ENTER: .enter, TERMINAL_KEY_BACK_TAB: .backTab,
    TERMINAL_KEY_SHIFT_LEFT: .shiftLeft, TERMINAL_KEY_SHIFT_RIGHT: .shiftRight,
  ]
}

import TrainingEvents

/// A line being typed: a command after `:`, or a filter after `/`.
struct TypedLine: Sendable, Hashable {
  enum Kind: Sendable { case command, filter }

  /// Longest line that is kept.
  static let limit = 200

  var kind: Kind
  var text = ""
  /// Place in the list of completions that Tab has come to; nil before it was pressed.
  var completion: Int?
  /// The text that Tab completes.
  var completed = ""
  /// Place in the history, from the newest; nil for the line being typed.
  var recalled: Int?

  mutating func type(_ added: String) {
    text = String((text + added.filter { !$0.isNewline }).prefix(TypedLine.limit))
    (completion, recalled) = (nil, nil)
  }

  mutating func erase() {
    text = String(text.dropLast())
    (completion, recalled) = (nil, nil)
  }

  /// Removes the last word and the blanks after it.
  mutating func eraseWord() {
    while text.last == " " { text.removeLast() }
    while let last = text.last, last != " " { text.removeLast() }
    (completion, recalled) = (nil, nil)
  }
}

extension DashboardState {
  /// Takes in a key while a line is being typed.
  mutating func press(_ key: DashboardKey, in line: TypedLine) -> [DashboardEffect] {
    var line = line
    switch key {
    case .character(let scalar): line.type(String(scalar))
    case .paste(let text): line.type(text)
    case .backspace, .delete:
      // Nothing left to erase: the user wants out.
      if line.text.isEmpty { return leave(line) }
      line.erase()
    case .control("w"): line.eraseWord()
    case .control("u"): line.text = ""
    case .tab: complete(&line, by: 1)
    case .backTab: complete(&line, by: -1)
    case .up: recall(&line, by: 1)
    case .down: recall(&line, by: -1)
    case .escape: return leave(line)
    case .enter: return finish(line)
    case .control("c"):
      overlay = .quit
      return []
    case .control("l"): return [.redraw]
    case .control("z"): return [.suspend]
    default: return []
    }
    if line.kind == .filter { logFilter = line.text }
    overlay = .line(line)
    return []
  }

  private mutating func leave(_ line: TypedLine) -> [DashboardEffect] {
    if line.kind == .filter { logFilter = "" }
    overlay = nil
    return []
  }

  private mutating func finish(_ line: TypedLine) -> [DashboardEffect] {
    overlay = nil
    guard line.kind == .command else {
      logScroll = 0
      return []
    }
    let words = line.text.split(separator: " ").map { String($0) }
    guard !words.isEmpty else { return [] }
    commandHistory.removeAll { $0 == line.text }
    commandHistory = [line.text] + commandHistory.prefix(99)
    return run(words)
  }

  private func complete(_ line: inout TypedLine, by step: Int) {
    guard line.kind == .command else { return }
    if line.completion == nil { line.completed = line.text }
    let choices = completions(of: line.completed)
    guard !choices.isEmpty else { return }
    let next = line.completion.map { ($0 + step + choices.count) % choices.count } ?? (step > 0 ? 0 : choices.count - 1)
    line.completion = next
    let kept = line.completed.lastIndex(of: " ").map { line.completed[...$0] } ?? ""
    line.text = kept + choices[next]
    // The only one there is: on to the next word.
    if choices.count == 1 {
      line.text += " "
      line.completion = nil
    }
  }

  private func recall(_ line: inout TypedLine, by step: Int) {
    guard line.kind == .command, !commandHistory.isEmpty else { return }
    let next = (line.recalled ?? -1) + step
    guard next >= 0 else {
      line = TypedLine(kind: .command)
      return
    }
    line.recalled = min(next, commandHistory.count - 1)
    line.text = commandHistory[line.recalled ?? 0]
    line.completion = nil
  }
}

import CNcurses
public import DashboardCore

extension TerminalScreen {
  /// Shows a grid.
  ///
  /// Only what differs from the last one is sent, in one write; parts outside the terminal are dropped. Blocks while the
  /// terminal takes nothing. O(cells).
  public func apply(_ grid: CellGrid) {
    guard !terminal_is_suspended() else {
      shown = grid
      return
    }
    let start = terminal_thread_cpu_time()
    if pairsRanOut {
      pairs.removeAll()
      pairsRanOut = false
      shown = nil
    }
    if shown?.width != grid.width || shown?.height != grid.height { terminal_erase() }
    for span in CellGridDiff(from: shown, to: grid).spans { put(span, of: grid) }
    shown = grid
    let bytes = terminal_present()
    meter.add(bytes: max(0, Int(bytes)), processorNanoseconds: terminal_thread_cpu_time() - start)
  }

  /// Draws the last grid again in full: something else wrote to the terminal.
  public func redraw() {
    terminal_repaint()
    terminal_present()
  }

  /// What drawing has cost since the last call: averages over the frames, and the share of one core that the calling
  /// thread used for everything.
  public func takeCost() -> FrameCost { meter.take(threadNanoseconds: terminal_thread_cpu_time(), now: .now) }

  private func put(_ span: CellGridDiff.Span, of grid: CellGrid) {
    // Out of the object while it is filled: each access to a property of an object is checked for exclusivity.
    var row: [terminal_cell] = []
    swap(&row, &self.row)
    defer { swap(&row, &self.row) }
    row.removeAll(keepingCapacity: true)
    var style = Style.plain
    var pair: Int32 = 0
    var attributes: UInt32 = 0
    let start = span.row * grid.width
    for cell in grid.cells[start + span.columns.lowerBound..<start + span.columns.upperBound] {
      if cell.style != style, !Self.looksTheSame(cell, in: style) {
        style = cell.style
        pair = self.pair(of: style)
        attributes = Self.bits(of: style.attributes)
      }
      row.append(terminal_cell(character: cell.character.value, attributes: attributes, pair: pair))
    }
    terminal_put_cells(Int32(span.row), Int32(span.columns.lowerBound), row, Int32(row.count))
  }

  /// Whether a blank needs no change of style: of a space only the background is seen.
  ///
  /// Saves the escapes between words.
  private static func looksTheSame(_ cell: Cell, in style: Style) -> Bool {
    cell.character == " " && cell.style.background == style.background
      && cell.style.attributes.union(style.attributes).isDisjoint(with: [.underline, .reverse])
  }

  private static let attributeBits: [(TextAttributes, Int)] = [
    (.bold, TERMINAL_BOLD), (.dim, TERMINAL_DIM), (.underline, TERMINAL_UNDERLINE), (.reverse, TERMINAL_REVERSE),
  ]

  private static func bits(of attributes: TextAttributes) -> UInt32 {
    attributeBits.reduce(0) { attributes.contains($1.0) ? $0 | UInt32($1.1) : $0 }
  }

  private func pair(of style: Style) -> Int32 {
    switch pairs.lookUp(foreground: style.foreground, background: style.background) {
    case .known(let pair): return pair
    case .new(let pair, let foreground, let background):
      if terminal_define_pair(pair, foreground, background) { return pair }
      pairs.giveUp(foreground: style.foreground, background: style.background)
      return 0
    case .full:
      // This frame shows the cell in the terminal's own colours; the next starts with an empty table.
      pairsRanOut = true
      return 0
    }
  }
}

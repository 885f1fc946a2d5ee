import TrainingEvents

/// What views draw with: a grid, and the theme's roles as styles.
struct Painter {
  var grid: CellGrid
  let theme: Theme
  let glyphs: GlyphSet
  /// What charts keep for the next frame; nil where there is none.
  let memory: ChartMemory?

  init(width: Int, height: Int, theme: Theme, glyphs: GlyphSet, memory: ChartMemory? = nil) {
    self.memory = memory
    self.theme = theme
    self.glyphs = glyphs
    let style = Style(foreground: theme.foreground, background: theme.background)
    grid = CellGrid(width: width, height: height, fill: Cell(style: style))
  }

  /// A style on the theme's background.
  func style(_ color: Color, _ attributes: TextAttributes = []) -> Style {
    Style(foreground: color, background: theme.background, attributes: attributes)
  }

  var text: Style { style(theme.foreground) }
  var strong: Style { style(theme.title, .bold) }
  /// Text of second rank; dim where there is no colour to say so.
  var secondary: Style { style(theme.secondary, theme.isMonochrome ? .dim : []) }
  var inactive: Style { style(theme.inactive, theme.isMonochrome ? .dim : []) }
  /// The marked line of a list.
  var selected: Style {
    Style(
      foreground: theme.selectedForeground, background: theme.selectedBackground,
      attributes: theme.isMonochrome ? [.bold, .reverse] : .bold)
  }
  var key: Style { style(theme.highlight, .bold) }
  func lane(_ lane: LaneID) -> Style { style(theme.color(of: lane), .bold) }

  /// Writes pieces of text one behind the other inside a rectangle's row; returns the column after the last.
  @discardableResult
  mutating func write(_ pieces: [(String, Style)], x: Int, y: Int, in rect: Rect) -> Int {
    guard y >= rect.y, y < rect.bottom else { return x }
    var column = x
    for (text, style) in pieces {
      column = grid.write(text, x: column, y: y, style: style, limit: rect.right - column)
    }
    return column
  }

  /// Writes text that ends in "…" where it is cut: of a number that is cut, the rest is another number.
  mutating func write(_ text: String, x: Int, y: Int, style: Style, cutAt right: Int) {
    let room = max(0, right - x)
    let end = grid.write(text, x: x, y: y, style: style, limit: room)
    if room > 0, end >= right, text.columns > room {
      grid[right - 1, y] = Cell(character: "…", style: style)
    }
  }

  /// Writes text so that it ends before a column.
  mutating func write(_ text: String, endingAt right: Int, y: Int, style: Style, in rect: Rect) {
    let start = max(rect.x, right - text.columns)
    guard y >= rect.y, y < rect.bottom else { return }
    grid.write(text, x: start, y: y, style: style, limit: right - start)
  }

  /// Draws a rounded border with a title at its left and a remark at its right; returns the room inside.
  @discardableResult
  mutating func box(
    _ rect: Rect, title: [(String, Style)], remark: [(String, Style)] = [], border: Color, isFocused: Bool = false
  ) -> Rect {
    guard rect.width >= 2, rect.height >= 2 else { return rect }
    let line = isFocused ? style(theme.title, .bold) : style(border, theme.isMonochrome ? .dim : [])
    let (left, right, top, bottom) = (rect.x, rect.right - 1, rect.y, rect.bottom - 1)
    for x in left...right {
      grid[x, top] = Cell(character: "─", style: line)
      grid[x, bottom] = Cell(character: "─", style: line)
    }
    for y in top...bottom {
      grid[left, y] = Cell(character: "│", style: line)
      grid[right, y] = Cell(character: "│", style: line)
    }
    grid[left, top] = Cell(character: "╭", style: line)
    grid[right, top] = Cell(character: "╮", style: line)
    grid[left, bottom] = Cell(character: "╰", style: line)
    grid[right, bottom] = Cell(character: "╯", style: line)

    let room = Rect(x: left + 2, y: top, width: rect.width - 4, height: 1)
    var column = room.x
    if !title.isEmpty, room.width > 2 {
      column = write([(" ", line)] + title + [(" ", line)], x: room.x, y: top, in: room)
    }
    let remarkWidth = remark.reduce(2) { $0 + $1.0.columns }
    if !remark.isEmpty, column + 1 + remarkWidth <= room.right {
      write([(" ", line)] + remark + [(" ", line)], x: room.right - remarkWidth, y: top, in: room)
    }
    return rect.inner
  }

  /// Draws the border of a pane: its digit and name, and a remark.
  ///
  /// What the pane draws from here on stays inside the border, until the limit is lifted.
  mutating func box(_ pane: Pane, _ rect: Rect, state: DashboardState, remark: [(String, Style)] = []) -> Rect {
    let room = box(
      rect, title: [(pane.digit, key), (pane.title, strong)], remark: remark, border: theme.border(of: pane),
      isFocused: state.focus == .pane(pane))
    grid.confine(to: room)
    return room
  }

  /// Replaces what ASCII cannot show, where that was asked for.
  mutating func finish() {
    guard glyphs == .ascii else { return }
    grid.transform { $0.character = ASCIIFallback.character(for: $0.character) }
  }
}

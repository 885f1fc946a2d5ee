/// The list of themes: moving through it shows each at once, on the whole screen and as a line.
enum ThemesOverlay {
  static func draw(_ state: DashboardState, in screen: Rect, with painter: inout Painter) {
    let names = state.themes.map(\.theme.name.columns).max() ?? 0
    // At most half of the screen: the rest shows the theme at work.
    let rows = max(1, min(state.themes.count, max(5, screen.height / 2 - 4), screen.height - 5))
    // The marked line stays in view, with the list moving only when it must.
    let first = max(0, min(state.themeIndex - rows / 2, state.themes.count - rows))
    let shown = state.themes.indices[first..<min(state.themes.count, first + rows)]
    let previewWidth = screen.width >= names + ThemePreview.width + 8 ? ThemePreview.width + 1 : 0
    let width = max(min(44, screen.width - 4), names + 3 + previewWidth)
    let help: [(String, Style)] = [
      ("Up", painter.key), ("/", painter.secondary), ("Down", painter.key), (" show  ", painter.secondary),
      ("Enter", painter.key), (" keep  ", painter.secondary), ("Esc", painter.key), (" back", painter.secondary),
    ]
    Overlays.popup(
      title: "themes \(state.themeIndex + 1)/\(state.themes.count)",
      lines: Array(repeating: [], count: shown.count) + [about(state, painter), help], width: width, in: screen,
      with: &painter)
    let rect = screen.centered(width: width + 4, height: shown.count + 4)
    guard rect.height >= 3, rect.width >= 8 else { return }
    let room = rect.inner.insetting(left: 1, right: 1)
    for (row, index) in shown.enumerated() where row < room.height {
      let choice = state.themes[index]
      let isMarked = index == state.themeIndex
      let style = isMarked ? painter.selected : painter.text
      let x = painter.write(
        [((isMarked ? "▶ " : "  ") + choice.theme.name.rightPadded(names) + " ", style)], x: room.x, y: room.y + row,
        in: room)
      if previewWidth > 0, !painter.theme.isMonochrome {
        ThemePreview.draw(choice.theme, x: x, y: room.y + row, in: room, with: &painter)
      }
    }
  }

  private static func about(_ state: DashboardState, _ painter: Painter) -> [(String, Style)] {
    let choice = state.themes[state.themeIndex]
    let difference = Format.fixed(choice.theme.laneDifference, decimals: 0)
    let ground = choice.theme.isLight ? "light" : "dark"
    let origin = choice.origin.isEmpty ? "" : " · \(choice.origin)"
    return [("\(ground) · lanes differ by ΔE \(difference)\(origin)", painter.secondary)]
  }
}

/// Draws the dashboard on a screen of any size, 0×0 included.
///
/// Pure: the same state, theme and size give the same cells.
///
/// Complexity: O(cells · log attempts); the length of the run hardly matters.
public func render(_ state: DashboardState, theme: Theme, width: Int, height: Int, glyphs: GlyphSet) -> CellGrid {
  var painter = Painter(width: width, height: height, theme: theme, glyphs: glyphs)
  let layout = Layout(state: state, width: width, height: height)
  switch layout.kind {
  case .lines: LaneLines.draw(state, width: width, height: height, with: &painter)
  case .columns, .stack:
    HeaderPane.draw(state, layout: layout, with: &painter)
    for (pane, rect) in layout.panes { painter.draw(pane, state, in: rect) }
    FooterBar.draw(state, in: layout.footer, with: &painter)
  }
  Overlays.draw(state, width: width, height: height, with: &painter)
  painter.finish()
  return painter.grid
}

extension Painter {
  /// Draws a pane with its border; nothing outside the rectangle is touched.
  mutating func draw(_ pane: Pane, _ state: DashboardState, in rect: Rect) {
    grid.confine(to: rect)
    switch pane {
    case .loss: LossPane.draw(state, in: rect, with: &self)
    case .lossScale: LossScalePane.draw(state, in: rect, with: &self)
    case .stepTime: StepTimePane.draw(state, in: rect, with: &self)
    case .memory: MemoryPane.draw(state, in: rect, with: &self)
    case .speedup: SpeedupPane.draw(state, in: rect, with: &self)
    case .race: RacePane.draw(state, in: rect, with: &self)
    case .numerics: NumericsPane.draw(state, in: rect, with: &self)
    case .log: EventLogPane.draw(state, in: rect, with: &self)
    }
    grid.confine(to: rect)
    CursorReadout.draw(pane, state, in: rect, with: &self)
    grid.confine(to: nil)
  }
}

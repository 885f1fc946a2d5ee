/// Draws the dashboard on a screen of any size, 0×0 included.
///
/// Pure: the same state, theme and size give the same cells.
///
/// Complexity: O(cells · log attempts); the length of the run hardly matters.
public func render(_ state: DashboardState, theme: Theme, width: Int, height: Int, glyphs: GlyphSet) -> CellGrid {
  var painter = Painter(width: width, height: height, theme: theme, glyphs: glyphs)
  draw(state, with: &painter)
  return painter.grid
}

/// Draws the frames of a dashboard that goes on, each the same as `render` would make it.
///
/// Keeps what the columns of the charts hold, which attempts that follow do not change.
public final class Renderer {
  private let memory = ChartMemory()

  /// Creates a renderer that has drawn nothing yet.
  public init() {}

  /// The cells that `render` gives for the same arguments.
  ///
  /// Complexity: O(cells) for a state that goes on from the one drawn last, else as `render`.
  public func draw(_ state: DashboardState, theme: Theme, width: Int, height: Int, glyphs: GlyphSet) -> CellGrid {
    memory.beginFrame()
    var painter = Painter(width: width, height: height, theme: theme, glyphs: glyphs, memory: memory)
    DashboardCore.draw(state, with: &painter)
    return painter.grid
  }
}

private func draw(_ state: DashboardState, with painter: inout Painter) {
  let (width, height) = (painter.grid.width, painter.grid.height)
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
}

extension Painter {
  /// Draws a pane with its border; nothing outside the rectangle is touched.
  mutating func draw(_ pane: Pane, _ state: DashboardState, in rect: Rect) {
    grid.confine(to: rect)
    switch pane {
    case .loss: LossPane.draw(state, in: rect, with: &self)
    case .lossScale: LossScalePane.draw(state, in: rect, with: &self)
    case .stepTime: StepTimePane.draw(state, in: rect, with: &self)
    case .memory:
      // Memory changes when a lane is compiled anew: as a rule the pane is as it was.
      let inputs = MemoryPane.Inputs(state, in: rect, with: self)
      if let kept = memory?.memoryPane, kept.inputs == inputs {
        grid.put(kept.cells, in: rect)
      } else {
        MemoryPane.draw(state, in: rect, with: &self)
        memory?.memoryPane = (inputs, grid.cells(in: rect))
      }
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

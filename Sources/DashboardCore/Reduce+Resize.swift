/// What a drag with the mouse moves.
enum DragTarget: Sendable, Hashable {
  /// The border between the two columns.
  case columns
  /// The border between a pane and the one below it.
  case rows(above: Pane, below: Pane)
}

/// Panes are resized by keys and by dragging their borders.
extension DashboardState {
  /// Makes the left column wider or narrower, in percent of the screen.
  mutating func widenLeft(by percent: Int) {
    leftShare = min(max(leftShare + percent, Layout.shares.lowerBound), Layout.shares.upperBound)
  }

  /// Gives the focused pane rows of its neighbour, the one below or else above.
  mutating func grow(by rows: Int) {
    let layout = Layout(state: self, width: width, height: height)
    guard case .pane(let pane) = focus, let rect = layout.panes[pane] else {
      return show(hint: "focus a pane first: Left, Right or a click")
    }
    let below = layout.panes.first { $0.value.x == rect.x && $0.value.y == rect.bottom }?.key
    let above = layout.panes.first { $0.value.x == rect.x && $0.value.bottom == rect.y }?.key
    guard let neighbour = below ?? above else { return show(hint: "it has its column to itself") }
    let before = rect.height
    moveRows(rows, from: neighbour, to: pane)
    // A neighbour at its least height gives nothing; what could not be given is not remembered.
    if Layout(state: self, width: width, height: height).panes[pane]?.height == before {
      moveRows(-rows, from: neighbour, to: pane)
    }
  }

  private mutating func moveRows(_ rows: Int, from: Pane, to: Pane) {
    extraRows[to, default: 0] += rows
    extraRows[from, default: 0] -= rows
  }

  /// The border under the pointer; nil where there is none that can be moved.
  func dragTarget(x: Int, y: Int, in layout: Layout) -> DragTarget? {
    guard zoomedPane == nil else { return nil }
    for (pane, rect) in layout.panes where rect.contains(x, y) {
      let right = layout.panes.values.contains { $0.x == rect.right && $0.y < rect.bottom && $0.bottom > rect.y }
      let left = layout.panes.values.contains { $0.right == rect.x && $0.y < rect.bottom && $0.bottom > rect.y }
      if right && x == rect.right - 1 || left && x == rect.x { return .columns }
      if y == rect.bottom - 1, let below = layout.panes.first(where: { $0.value.x == rect.x && $0.value.y == y + 1 }) {
        return .rows(above: pane, below: below.key)
      }
      if y == rect.y, let above = layout.panes.first(where: { $0.value.x == rect.x && $0.value.bottom == y }) {
        return .rows(above: above.key, below: pane)
      }
    }
    return nil
  }

  /// Moves what is dragged to the pointer.
  mutating func drag(_ target: DragTarget, toX x: Int, y: Int, in layout: Layout) {
    switch target {
    case .columns:
      guard width > 0 else { return }
      leftShare = min(max((x + 1) * 100 / width, Layout.shares.lowerBound), Layout.shares.upperBound)
    case .rows(let above, let below):
      guard let rect = layout.panes[above], let other = layout.panes[below] else { return }
      let rows = min(max(y + 1, rect.y + 3), other.bottom - 3) - rect.bottom
      if rows != 0 { moveRows(rows, from: below, to: above) }
    }
  }
}

import Testing
import TrainingEvents

@testable import DashboardCore

@Suite("Any size")
struct SizeTests {
  @Test("Every screen from 1×1 to 60×30, and some large ones, is drawn and filled")
  func allSizes() {
    let state = Fixture.running
    for height in 1...30 {
      for width in 1...60 {
        let grid = render(state, theme: .standard, width: width, height: height, glyphs: .unicode)
        #expect(grid.width == width && grid.height == height)
      }
    }
    for (width, height) in [(0, 0), (0, 10), (10, 0), (-1, -1), (400, 12), (42, 200), (500, 120)] {
      let grid = render(state, theme: .standard, width: width, height: height, glyphs: .ascii)
      #expect(grid.cells.count == max(0, width) * max(0, height))
    }
  }

  @Test("Every state and overlay is drawn at odd sizes")
  func overlaysAtOddSizes() {
    var states = [DashboardState(), Fixture.starting, Fixture.concurrent, Fixture.complete]
    for key in ["?", "P", "q", "z", "T", "x", "N"] {
      let state = Driver(Fixture.paying)
      state.press(.character(Unicode.Scalar(key) ?? " "))
      states.append(state.state)
    }
    let lab = Driver(Fixture.lab)
    lab.press(.enter)
    states.append(lab.state)
    lab.state.overlay = .lossyPrecision(LaneID(1), .fp16)
    states.append(lab.state)
    for state in states {
      for (width, height) in [
        (1, 1), (2, 1), (1, 2), (3, 3), (7, 4), (13, 2), (39, 9), (40, 10), (41, 13), (71, 19), (72, 20), (100, 30),
      ] {
        let grid = render(state, theme: .monochrome, width: width, height: height, glyphs: .ascii)
        #expect(grid.cells.allSatisfy { $0.character.value >= 0x20 && $0.character.value < 0x7F })
      }
    }
  }

  @Test("Many lanes are drawn at every size, and the focused one is always in the header")
  func manyLanes() {
    var session = ScriptedRun.session(schedule: .alternating, isSynthetic: false, steps: nil)
    session.lanes = (0..<9).map { LaneDescription(lane: LaneID($0), precision: .ampBF16, scaler: nil) }
    let dashboard = Driver(DashboardState())
    dashboard.receive(.session(session))
    for lane in 0..<9 {
      dashboard.receive(
        .memory(
          MemoryReport(
            lane: LaneID(lane), attempt: 0, precision: .ampBF16, bytes: MemoryBreakdown(parameters: 1000 * lane),
            peak: 0, unshared: 0, rss: 1)))
    }
    dashboard.state.focusedLane = LaneID(8)
    for height in stride(from: 1, through: 60, by: 3) {
      for width in stride(from: 1, through: 200, by: 11) {
        let grid = render(dashboard.state, theme: .standard, width: width, height: height, glyphs: .unicode)
        if width >= 40, height >= 10 { #expect(grid.text.contains("▶ I")) }
      }
    }
  }

  @Test("A pane writes inside its rectangle and nowhere else", arguments: Pane.allCases)
  func panesStayInside(pane: Pane) {
    for state in [Fixture.running, Fixture.lab, Fixture.concurrent, Fixture.complete, Fixture.starting] {
      for height in [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 13, 18, 24] {
        for width in [0, 1, 2, 3, 5, 8, 13, 20, 29, 34, 47, 60, 75] {
          let rect = Rect(x: 3, y: 2, width: width, height: height)
          let untouched = Cell(character: "x")
          var painter = Painter(width: width + 6, height: height + 4, theme: .standard, glyphs: .unicode)
          painter.grid = CellGrid(width: width + 6, height: height + 4, fill: untouched)
          painter.draw(pane, state, in: rect)
          var outside = 0
          for y in 0..<painter.grid.height {
            for x in 0..<painter.grid.width where !rect.contains(x, y) && painter.grid[x, y] != untouched {
              outside += 1
            }
          }
          #expect(outside == 0, "\(pane) at \(width)×\(height) wrote \(outside) cells outside")
          guard width >= 2, height >= 2 else { continue }
          let corners = [
            (rect.x, rect.y), (rect.right - 1, rect.y), (rect.x, rect.bottom - 1), (rect.right - 1, rect.bottom - 1),
          ]
          #expect(corners.map { painter.grid[$0.0, $0.1].character } == ["╭", "╮", "╰", "╯"])
          #expect(
            (rect.y + 1..<max(rect.y + 1, rect.bottom - 1)).allSatisfy {
              painter.grid[rect.right - 1, $0].character == "│"
            })
        }
      }
    }
  }

  @Test("The panes of a layout lie on the screen and do not overlap")
  func layoutsDoNotOverlap() {
    for height in 1...70 {
      for width in stride(from: 1, through: 210, by: 7) {
        let layout = Layout(state: Fixture.running, width: width, height: height)
        let rects = Array(layout.panes.values) + [layout.header, layout.footer].filter { !$0.isEmpty }
        for (index, rect) in rects.enumerated() {
          #expect(rect.x >= 0 && rect.y >= 0 && rect.right <= width && rect.bottom <= height)
          for other in rects[(index + 1)...] {
            let isApart =
              rect.right <= other.x || other.right <= rect.x || rect.bottom <= other.y || other.bottom <= rect.y
            #expect(isApart, "\(rect) and \(other) overlap at \(width)×\(height)")
          }
        }
      }
    }
  }
}

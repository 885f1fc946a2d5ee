import Testing

@testable import DashboardCore

@Suite("Cells")
struct CellGridTests {
  @Test("Text is clipped at every edge and leaves the rest alone")
  func clipping() {
    var grid = CellGrid(width: 5, height: 2, fill: Cell(character: "x"))
    #expect(grid.write("abc", x: -1, y: 0, style: .plain) == 2)
    grid.write("hello", x: 3, y: 1, style: .plain)
    grid.write("no", x: 0, y: 2, style: .plain)
    grid.write("long", x: 2, y: 0, style: .plain, limit: 2)
    #expect(grid.text == "bclox\nxxxhe\n")
  }

  @Test("Controls, wide and combining characters never reach a cell")
  func foreignText() {
    var grid = CellGrid(width: 12, height: 1)
    grid.write("a\u{1B}[2J\u{301}é世🙂\u{200D}b", x: 0, y: 0, style: .plain)
    #expect(grid.text == "a?[2Jé??b   \n")
  }

  @Test("A diff names the changed span of each changed row only")
  func diff() {
    let old = CellGrid(width: 6, height: 3, fill: Cell(character: "x"))
    var new = old
    new[1, 0] = Cell(character: "a")
    new[4, 0] = Cell(character: "b")
    new[5, 2] = Cell(character: "x", style: Style(attributes: .bold))
    #expect(
      CellGridDiff(from: old, to: new).spans == [
        CellGridDiff.Span(row: 0, columns: 1..<5), CellGridDiff.Span(row: 2, columns: 5..<6),
      ])
    #expect(CellGridDiff(from: new, to: new).spans.isEmpty)
  }

  @Test("A screen of another size, and the first screen, are drawn whole")
  func diffOfSizes() {
    let new = CellGrid(width: 3, height: 2)
    let whole = [CellGridDiff.Span(row: 0, columns: 0..<3), CellGridDiff.Span(row: 1, columns: 0..<3)]
    #expect(CellGridDiff(from: nil, to: new).spans == whole)
    #expect(CellGridDiff(from: CellGrid(width: 4, height: 2), to: new).spans == whole)
    #expect(CellGridDiff(from: nil, to: CellGrid(width: 0, height: 2)).spans.isEmpty)
  }

  @Test("Every character that views draw has an ASCII counterpart")
  func asciiFallback() {
    for state in [Fixture.running, Fixture.paying, Fixture.concurrent, Fixture.complete, Fixture.starting] {
      let grid = render(state, theme: .standard, width: 120, height: 40, glyphs: .unicode)
      for cell in grid.cells where !(0x2800...0x28FF).contains(cell.character.value) {
        let character = ASCIIFallback.character(for: cell.character)
        #expect(character != "?" || cell.character == "?", "no counterpart of \(cell.character)")
      }
    }
  }
}

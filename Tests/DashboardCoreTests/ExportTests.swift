import Testing

@testable import DashboardCore

@Suite("A screen as text")
struct ExportTests {
  private var grid: CellGrid {
    var grid = CellGrid(width: 6, height: 2)
    grid.write("a<b", x: 0, y: 0, style: Style(foreground: .rgb(255, 0, 0), background: .rgb(0, 0, 8)))
    grid.write("&", x: 3, y: 1, style: Style(attributes: [.bold, .reverse]))
    return grid
  }

  @Test("ANSI sets each style once, resets at the end of a line, and follows the colour depth")
  func ansi() {
    let escape = "\u{1B}["
    #expect(
      grid.ansi(depth: .trueColor)
        == "\(escape)0;38;2;255;0;0;48;2;0;0;8ma<b\(escape)0m   \n   \(escape)0;1;7m&\(escape)0m  \n")
    #expect(grid.ansi(depth: .palette256).contains("38;5;196"))
    #expect(grid.ansi(depth: .palette16).contains("\(escape)0;91;40m"))
    #expect(grid.ansi(depth: .palette8).contains("\(escape)0;31;40m"))
    #expect(CellGrid(width: 2, height: 1).ansi(depth: .monochrome) == "  \n")
  }

  @Test("SVG is well formed, escapes text and names no colour twice as unknown")
  func svg() {
    let text = grid.svg(theme: .standard)
    #expect(text.contains("a&lt;b</text>") && text.contains("&amp;</text>") && text.contains("font-weight=\"bold\""))
    #expect(text.contains("fill=\"#ff0000\"") && text.contains("fill=\"#000008\""))
    #expect(text.hasPrefix("<svg") && text.hasSuffix("</svg>\n"))
    let screen = render(Fixture.running, theme: .standard, width: 120, height: 40, glyphs: .unicode)
    let picture = screen.svg(theme: .standard)
    #expect(picture.contains("ampscope") && !picture.contains("default"))
    // Every opened text element is closed.
    #expect(picture.split(separator: "<text").count - 1 == picture.split(separator: "</text>").count - 1)
  }

  @Test("Lines, blocks and dots are shapes that meet at the edges of cells; no font has to have them")
  func shapes() throws {
    let screen = render(Fixture.running, theme: .standard, width: 120, height: 40, glyphs: .unicode)
    let picture = screen.svg(theme: .standard)
    for text in picture.matches(of: />([^<>]+)<\/text>/).map(\.1) {
      #expect(text.unicodeScalars.allSatisfy { GlyphShape.path(of: $0, x: 0, y: 0) == nil }, "\(text)")
    }
    #expect(picture.utf8.count < 200_000)
    #expect(GlyphShape.path(of: "█", x: 8, y: 17) == "M8 17h8v17h-8z")
    #expect(GlyphShape.path(of: "▄", x: 0, y: 0) == "M0 8.5h8v8.5h-8z")
    #expect(GlyphShape.path(of: "─", x: 0, y: 0) == "M0 8h8v1h-8z")
    #expect(GlyphShape.path(of: "⠁", x: 0, y: 0) == "M1 1h2v2h-2z")
    #expect(GlyphShape.path(of: "a", x: 0, y: 0) == nil)
    // A blank pattern has no dots, and the full one has eight.
    #expect(GlyphShape.path(of: "\u{2800}", x: 0, y: 0) == "")
    #expect(GlyphShape.path(of: "⣿", x: 0, y: 0)?.split(separator: "M").count == 8)
  }

  @Test("A text keeps its single blanks and is cut at longer gaps, each piece as wide as its columns")
  func words() {
    var grid = CellGrid(width: 20, height: 1)
    grid.write("one two   three →", x: 1, y: 0, style: Style(foreground: .rgb(1, 2, 3)))
    let picture = grid.svg(theme: .standard)
    #expect(
      picture.contains("<text x=\"8\" y=\"13\" textLength=\"56\" lengthAdjust=\"spacingAndGlyphs\">one two</text>"))
    #expect(
      picture.contains("<text x=\"88\" y=\"13\" textLength=\"40\" lengthAdjust=\"spacingAndGlyphs\">three</text>"))
    #expect(picture.contains("textLength=\"8\" lengthAdjust=\"spacingAndGlyphs\">→</text>"))
  }

  @Test("Every theme's preview fills its line")
  func preview() {
    for theme in [Theme.standard, .monochrome] {
      for glyphs in GlyphSet.allCases {
        let grid = ThemePreview.grid(theme, glyphs: glyphs)
        #expect(grid.width == ThemePreview.width && grid.text.contains("title"))
        #expect(grid.text.contains("A") && grid.text.contains("B"))
      }
    }
  }
}

import Testing

@testable import DashboardCore

@Suite("Colours")
struct ColorTests {
  @Test("256 colours: cube and greys are their own nearest, 0 to 15 are never used")
  func palette256() {
    #expect(nearest256(.rgb(0, 0, 0)) == 16)
    #expect(nearest256(.rgb(255, 255, 255)) == 231)
    #expect(nearest256(.rgb(95, 135, 175)) == 67)
    #expect(nearest256(.rgb(8, 8, 8)) == 232)
    #expect(nearest256(.rgb(238, 238, 238)) == 255)
    #expect(nearest256(.rgb(255, 128, 0)) == 208)
    #expect(nearest256(.default) == nil)
    for r in stride(from: 0, through: 255, by: 15) {
      for g in stride(from: 0, through: 255, by: 15) {
        for b in stride(from: 0, through: 255, by: 15) {
          let index = nearest256(.rgb(UInt8(r), UInt8(g), UInt8(b))) ?? 0
          #expect((16...255).contains(index))
        }
      }
    }
  }

  @Test("16 and 8 colours: the primaries are found")
  func smallPalettes() {
    #expect(nearest16(.rgb(255, 0, 0)) == 9)
    #expect(nearest16(.rgb(205, 0, 0)) == 1)
    #expect(nearest16(.rgb(120, 120, 120)) == 8)
    #expect(nearest8(.rgb(10, 10, 10)) == 0)
    #expect(nearest8(.rgb(250, 80, 60)) == 1)
    #expect(nearest8(.rgb(80, 160, 255)) == 6)
    #expect(nearest8(.rgb(240, 240, 240)) == 7)
    // Borders of the dark theme on its background.
    #expect(nearest16(.rgb(48, 54, 61)) == 8 && nearest16(.rgb(13, 17, 23)) == 0)
    #expect(nearest8(.rgb(48, 54, 61)) == 7 && nearest8(.rgb(139, 148, 158)) == 7 && nearest8(.rgb(13, 17, 23)) == 0)
    #expect(nearest16(.default) == nil && nearest8(.default) == nil)
  }

  @Test("A style without colours keeps its attributes")
  func monochrome() {
    let style = Style(foreground: .rgb(1, 2, 3), background: .rgb(4, 5, 6), attributes: [.bold, .reverse])
    #expect(style.monochrome == Style(attributes: [.bold, .reverse]))
  }

  @Test("Gradients follow btop's integer arithmetic")
  func gradients() {
    let flat = Gradient(start: .rgb(10, 20, 30), middle: .rgb(99, 99, 99))
    #expect((0...100).allSatisfy { flat[$0] == .rgb(10, 20, 30) })
    let straight = Gradient(start: .rgb(0, 0, 0), end: .rgb(200, 100, 50))
    #expect(straight[50] == .rgb(100, 50, 25) && straight[100] == .rgb(200, 100, 50))
    let bent = Gradient(start: .rgb(0, 0, 0), middle: .rgb(100, 0, 0), end: .rgb(100, 200, 0))
    #expect(bent[50] == .rgb(100, 0, 0) && bent[25] == .rgb(50, 0, 0) && bent[75] == .rgb(100, 100, 0))
    #expect(bent[-5] == bent[0] && bent[500] == bent[100])
  }
}

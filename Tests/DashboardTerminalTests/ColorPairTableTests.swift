import DashboardCore
import Testing

@testable import DashboardTerminal

struct ColorPairTableTests {
  private let orange = Color.rgb(255, 128, 0)
  private let night = Color.rgb(0, 0, 1)

  @Test("a pair is new once and known from then on; foreground and background are not confused")
  func newThenKnown() {
    var table = ColorPairTable(depth: .trueColor, limit: 10)
    #expect(table.lookUp(foreground: orange, background: night) == .new(1, foreground: 0xFF8000, background: 1))
    #expect(table.lookUp(foreground: orange, background: night) == .known(1))
    #expect(table.lookUp(foreground: night, background: orange) == .new(2, foreground: 1, background: 0xFF8000))
    #expect(table.lookUp(foreground: .default, background: .rgb(0, 0, 0)) == .new(3, foreground: -1, background: 0))
    #expect(table.lookUp(foreground: .default, background: .default) == .known(0))
    #expect(table.count == 3)
  }

  @Test(
    "colours become the numbers of their depth",
    arguments: [
      (ColorDepth.palette256, Int32(208)), (.palette16, 3), (.palette8, 3), (.trueColor, 0xFF8000),
    ])
  func numbers(depth: ColorDepth, number: Int32) throws {
    var table = ColorPairTable(depth: depth, limit: 64)
    let answer = table.lookUp(foreground: orange, background: .default)
    guard case .new(1, let foreground, -1) = answer else {
      Issue.record("unexpected answer \(answer)")
      return
    }
    // The nearest of 16 and of 8 is DashboardCore's choice; here it only must be one of them.
    if depth == .palette256 || depth == .trueColor {
      #expect(foreground == number)
    } else {
      #expect((0..<(depth == .palette16 ? 16 : 8)).contains(foreground))
    }
  }

  @Test("without colours every pair is the terminal's own")
  func monochrome() {
    var table = ColorPairTable(depth: .monochrome, limit: 0)
    #expect(table.lookUp(foreground: orange, background: night) == .known(0))
  }

  @Test("a full table says so, still knows what it has, and starts anew when emptied")
  func full() {
    var table = ColorPairTable(depth: .trueColor, limit: 3)
    #expect(table.lookUp(foreground: orange, background: .default) == .new(1, foreground: 0xFF8000, background: -1))
    #expect(table.lookUp(foreground: night, background: .default) == .new(2, foreground: 1, background: -1))
    #expect(table.lookUp(foreground: night, background: orange) == .full)
    #expect(table.lookUp(foreground: orange, background: .default) == .known(1))
    table.removeAll()
    #expect(table.lookUp(foreground: night, background: orange) == .new(1, foreground: 1, background: 0xFF8000))
  }

  @Test("colours whose pair could not be defined are drawn with the terminal's own")
  func refused() {
    var table = ColorPairTable(depth: .trueColor, limit: 3)
    _ = table.lookUp(foreground: orange, background: night)
    table.giveUp(foreground: orange, background: night)
    #expect(table.lookUp(foreground: orange, background: night) == .known(0))
  }
}

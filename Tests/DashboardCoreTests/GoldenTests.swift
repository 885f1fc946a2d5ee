import Foundation
import Testing

@testable import DashboardCore

@Suite("Whole screens at every size, colour depth and glyph set")
struct GoldenTests {
  private static let sizes = [(20, 5), (40, 12), (80, 24), (120, 40), (200, 60), (300, 100)]
  private static let depths: [ColorDepth] = [.trueColor, .palette256, .palette16, .monochrome]
  private static let file = Snapshot.folder.appendingPathComponent("goldens.txt")

  private static func state(_ panes: Preset, _ width: Int, _ height: Int) -> DashboardState {
    let driver = Driver(panes == .numerics ? Fixture.lab : Fixture.running)
    driver.take(.resize(width: width, height: height))
    _ = driver.state.set(.panes, to: panes.rawValue)
    return driver.state
  }

  /// Sixteen bits of FNV-1a of a line: enough to find the row that changed, short enough for a hundred rows.
  private static func hash(_ line: Substring) -> String {
    let value = line.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    let digits = String((value ^ value >> 16 ^ value >> 32 ^ value >> 48) & 0xFFFF, radix: 16)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }

  @Test("Standard and numerics screens: the escapes of every row have the recorded hash")
  func rows() throws {
    var recorded: [String: [String]] = [:]
    let isRecording = ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1"
    if !isRecording {
      for line in try String(contentsOf: Self.file, encoding: .utf8).split(separator: "\n") {
        let words = line.split(separator: " ").map { String($0) }
        recorded[words[0]] = Array(words.dropFirst())
      }
    }
    var lines: [String] = []
    for (panes, (width, height)) in [Preset.standard, .numerics].flatMap({ p in Self.sizes.map { (p, $0) } }) {
      let state = Self.state(panes, width, height)
      for depth in Self.depths {
        for glyphs in GlyphSet.allCases {
          let theme: Theme = depth == .monochrome ? .monochrome : .standard
          let text = render(state, theme: theme, width: width, height: height, glyphs: glyphs).ansi(depth: depth)
          let rows = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
          #expect(rows.count == height)
          let name = "\(panes.rawValue)-\(width)x\(height)-\(depth.rawValue)-\(glyphs.rawValue)"
          let hashes = rows.map(Self.hash)
          lines.append(([name] + hashes).joined(separator: " "))
          guard !isRecording, hashes != recorded[name] else { continue }
          let old = recorded[name] ?? []
          let row = hashes.indices.first { !old.indices.contains($0) || old[$0] != hashes[$0] } ?? 0
          Issue.record(
            """
            \(name) differs from row \(row + 1) on; RECORD_SNAPSHOTS=1 records it anew.
            now: \(rows[rows.startIndex + row].replacing("\u{1B}", with: "␛"))
            """)
        }
      }
    }
    if isRecording {
      try (lines.joined(separator: "\n") + "\n").write(to: Self.file, atomically: true, encoding: .utf8)
    }
  }

  @Test(
    "The numerics screen in full, at the sizes that have no other record", arguments: [(20, 5), (40, 12), (300, 100)])
  func numerics(size: (Int, Int)) throws {
    let state = Self.state(.numerics, size.0, size.1)
    try Snapshot.check(
      render(state, theme: .standard, width: size.0, height: size.1, glyphs: .unicode),
      "numerics-\(size.0)x\(size.1)")
  }
}

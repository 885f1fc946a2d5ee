import Foundation
import Testing
import TrainingEvents

@testable import DashboardCore

/// States that many tests look at, made once.
enum Fixture {
  /// In the middle of a run, after lane B changed from bf16 to fp16.
  static let running = state(ScriptedRun())
  /// In the middle of a run of which lane B is faster than lane A.
  static let paying = state(ScriptedRun(switchAt: nil))
  /// Lanes at the same time, on synthetic data.
  static let concurrent = state(ScriptedRun(attempts: 300, switchAt: nil, schedule: .concurrent, isSynthetic: true))
  /// As `running`, with tensors looked at, skips diagnosed and a fault.
  static let lab = state(ScriptedRun(hasNumerics: true))
  /// After the summary.
  static let complete = state(ScriptedRun(attempts: 200, switchAt: nil, isComplete: true))
  /// Session described, no step yet.
  static let starting = state(ScriptedRun(attempts: 0))

  static func state(_ run: ScriptedRun) -> DashboardState { state(run.events) }

  static func state(_ events: [TrainingEvent]) -> DashboardState {
    var state = DashboardState(themes: [ThemeChoice(theme: .standard), ThemeChoice(theme: .monochrome)])
    for event in events { _ = reduce(into: &state, action: .event(event)) }
    let time = (events.last?.time ?? ScriptedRun.start) + 0.25
    let cost = FrameCost(processorShare: 0.008, millisecondsPerFrame: 0.7, bytesPerFrame: 2400)
    _ = reduce(into: &state, action: .tick(time: time, cost: cost))
    return state
  }
}

/// A dashboard that tests drive: keys and events in, effects out, the state to look at.
@dynamicMemberLookup
final class Driver {
  var state: DashboardState

  init(_ state: DashboardState) { self.state = state }

  subscript<Value>(dynamicMember member: KeyPath<DashboardState, Value>) -> Value { state[keyPath: member] }

  /// Presses keys one after the other; returns all effects.
  @discardableResult
  func press(_ keys: DashboardKey...) -> [DashboardEffect] { keys.flatMap { take(.key($0)) } }

  /// Takes in an event some seconds after the start.
  func receive(_ body: TrainingEvent.Body, after seconds: Double = 60) {
    take(.event(TrainingEvent(time: ScriptedRun.start + seconds, body: body)))
  }

  /// Takes in any action.
  @discardableResult
  func take(_ action: DashboardAction) -> [DashboardEffect] { reduce(into: &state, action: action) }
}

/// Text files of whole screens in Snapshots/.
///
/// With RECORD_SNAPSHOTS=1 in the environment they are written anew.
enum Snapshot {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Snapshots")

  /// Compares a grid with a file, or records it.
  static func check(_ grid: CellGrid, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    try check(describe(grid), name, sourceLocation: sourceLocation)
  }

  /// Compares a text with a file, or records it; escapes are written as ␛.
  static func check(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let file = folder.appendingPathComponent("\(name).txt")
    let actual = text.replacing("\u{1B}", with: "␛")
    if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1" {
      try actual.write(to: file, atomically: true, encoding: .utf8)
      return
    }
    let expected = try String(contentsOf: file, encoding: .utf8)
    guard actual != expected else { return }
    let (lines, old) = (actual.split(separator: "\n"), expected.split(separator: "\n"))
    let row = zip(lines, old).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(lines.count, old.count)
    Issue.record(
      """
      \(name) differs from line \(row + 1) on; RECORD_SNAPSHOTS=1 records it anew.
      now:      \(lines.indices.contains(row) ? lines[row] : "(end)")
      recorded: \(old.indices.contains(row) ? old[row] : "(end)")
      """, sourceLocation: sourceLocation)
  }

  /// The characters, then a letter for the style of each cell, then what the letters mean.
  static func describe(_ grid: CellGrid) -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&*+=@?")
    var order: [Style: Int] = [:]
    var map = ""
    for y in 0..<grid.height {
      for x in 0..<grid.width {
        let index = order[grid[x, y].style] ?? order.count
        order[grid[x, y].style] = index
        map.append(letters[index % letters.count])
      }
      map.append("\n")
    }
    let legend = order.sorted { $0.value < $1.value }.map { style, index in
      "\(letters[index % letters.count]) \(describe(style))\n"
    }
    return grid.text + "---\n" + map + "---\n" + legend.joined()
  }

  private static func describe(_ style: Style) -> String {
    var words = ["\(describe(style.foreground)) on \(describe(style.background))"]
    if style.attributes.contains(.bold) { words.append("bold") }
    if style.attributes.contains(.dim) { words.append("dim") }
    if style.attributes.contains(.underline) { words.append("underline") }
    if style.attributes.contains(.reverse) { words.append("reverse") }
    return words.joined(separator: " ")
  }

  private static func describe(_ color: Color) -> String {
    guard let (r, g, b) = color.channels else { return "default" }
    let digits = (Int(r) << 16 | Int(g) << 8 | Int(b)) + 0x1000000
    return "#" + String(digits, radix: 16).dropFirst()
  }
}

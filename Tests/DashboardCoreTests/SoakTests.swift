import RunStatistics
import Testing
import TrainingEvents

@testable import DashboardCore

@Suite("An hour of training at a hundred times its speed")
struct SoakTests {
  /// Elements that a value keeps, however deep: what memory grows with.
  private static func retained(_ value: Any) -> Int {
    switch value {
    case let list as [Int]: return list.count
    case let list as [Int32]: return list.count
    case let list as [UInt8]: return list.count
    case let list as [Float]: return list.count
    case let list as [Double]: return list.count
    case let list as [MinMaxPyramid.Extent]: return 2 * list.count
    case is String, is Bool, is Int, is Double, is Float: return 1
    default:
      let children = Mirror(reflecting: value).children
      return children.isEmpty ? 1 : children.reduce(0) { $0 + retained($1.value) }
    }
  }

  /// An event of the script, so many attempts and seconds later; nil for what happens once.
  private static func later(_ event: TrainingEvent, attempts: Int, seconds: Double) -> TrainingEvent? {
    var body = event.body
    switch body {
    case .step(var report):
      report.attempt += attempts
      report.committedStep += attempts
      body = .step(report)
    case .scale(var report):
      report.attempt += attempts
      body = .scale(report)
    case .numerics(var report):
      report.attempt += attempts
      body = .numerics(report)
    case .diagnosis(var report):
      report.attempt += attempts
      body = .diagnosis(report)
    case .fault(var report):
      report.attempt += attempts
      body = .fault(report)
    case .memory, .note: break
    default: return nil
    }
    return TrainingEvent(time: event.time + seconds, body: body)
  }

  @Test(
    "What is kept grows by a fixed amount an attempt, and lists of rare things are bounded", .timeLimit(.minutes(5)))
  func memory() {
    let script = ScriptedRun(attempts: 2000, switchAt: 0, hasNumerics: true)
    let events = script.events
    let length = (events.last?.time ?? 0) - ScriptedRun.start
    let state = Driver(Fixture.state([events[0]]))
    state.take(.resize(width: 120, height: 40))
    for event in events.prefix(while: { if case .step = $0.body { false } else { true } }).dropFirst() {
      state.take(.event(event))
    }
    var kept: [(attempts: Int, elements: Int)] = []
    var frames = 0
    var (seconds, nextFrame) = (0.0, 0.0)
    for pass in 0... {
      for event in events {
        guard let event = Self.later(event, attempts: pass * script.attempts, seconds: Double(pass) * length) else {
          continue
        }
        state.take(.event(event))
        seconds = event.time - ScriptedRun.start
        // Ten frames a second at a hundred times the speed: one in ten seconds of the recording.
        guard seconds >= nextFrame else { continue }
        nextFrame += 10
        frames += 1
        state.take(.tick(time: event.time, cost: FrameCost()))
        let grid = render(state.state, theme: .standard, width: 120, height: 40, glyphs: .unicode)
        #expect(grid.cells.count == 4800)
      }
      kept.append((state.lanes[0].history.attempts.count, Self.retained(state.state)))
      if seconds >= 3600 { break }
    }
    #expect(frames >= 355 && kept.count > 10)
    // Curves keep every attempt: nine numbers for each of two lanes and three for their difference, two sevenths of a
    // number more for each of their seven pyramids.
    let (half, end) = (kept[kept.count / 2], kept[kept.count - 1])
    let perAttempt = Double(end.elements - half.elements) / Double(end.attempts - half.attempts)
    #expect(perAttempt < 26, "\(perAttempt) elements an attempt")
    let lane = state.lanes[1]
    #expect(state.log.lines.count == EventLog.capacity)
    #expect(lane.diagnoses.reports.count < 2 * DiagnosisList.capacity)
    #expect(lane.history.faults.count <= LaneHistory.faultLimit)
    #expect(lane.numerics.columns.count <= 2 * NumericsHistory.capacity)
    #expect(lane.stepTimes.count <= lane.stepTimes.window)
  }
}

import Benchmarks
import DashboardCore
import DashboardTerminal
import Foundation
import PseudoTerminals
import RunStatistics
import Synchronization
import TrainingEvents

/// Measures the dashboard itself on pseudo-terminals that it opens.
struct UIBench {
  /// How much is measured: enough for figures, or just enough to see that it works.
  struct Effort {
    var frames = 60
    var keys = 60
    var starts = 15
    /// Least and largest number of pairs of segments.
    var pairs = 40...160
    var segmentSeconds = 0.75
    /// Half of the interval of a throughput ratio from which on it is known well enough.
    var halfWidth = 0.01

    static let quick = Effort(frames: 5, keys: 3, starts: 2, pairs: 2...2, segmentSeconds: 0.5)
  }

  let effort: Effort
  /// Told what is being measured.
  let progress: (String) -> Void

  /// Measures everything.
  ///
  /// Throws what opening terminals and sessions throws, and `BenchmarkError.givenUp` where a signal ends it.
  func run() throws -> UIReport {
    var report = UIReport(machine: MachineProbe.description, versions: Version.components)
    for moves in [false, true] {
      for (columns, rows) in [(80, 24), (180, 50), (200, 60)] {
        for depth in [ColorDepth.trueColor, .palette256, .palette16, .monochrome] {
          progress("frames, \(columns)x\(rows) \(depth.rawValue)")
          try report.frames.append(frames(moves: moves, columns: columns, rows: rows, depth: depth))
        }
      }
    }
    report.firstFrame = Spread(try firstFrames())
    report.keys = Spread(try keyLatencies())
    for schedule in Schedule.allCases { try measureThroughput(schedule, into: &report) }
    return report
  }

  static func checkSignals() throws {
    if SignalFlag.current != nil { throw BenchmarkError.givenUp }
  }

  static var now: Double { Date().timeIntervalSince1970 }

  /// Processor time of the calling thread in milliseconds.
  static var threadMilliseconds: Double { milliseconds(CLOCK_THREAD_CPUTIME_ID) }

  /// Processor time of all threads together in milliseconds.
  static var processMilliseconds: Double { milliseconds(CLOCK_PROCESS_CPUTIME_ID) }

  private static func milliseconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1e6
  }

  // MARK: Frames

  /// Draws frames of a script, as the loop does, and looks at what each cost.
  private func frames(moves: Bool, columns: Int, rows: Int, depth: ColorDepth) throws -> UIReport.Frames {
    let stage = try Stage(columns: columns, rows: rows, color: .fixed(depth))
    defer { stage.close() }
    let theme: Theme = depth == .monochrome ? .monochrome : .standard
    var script = ScriptedEvents(isWild: moves)
    let renderer = Renderer()
    var state = DashboardState()
    _ = reduce(into: &state, action: .resize(width: columns, height: rows))
    for event in script.opening(machine: MachineProbe.description) + script.attempts(3000) {
      _ = reduce(into: &state, action: .event(event))
    }
    // The newest 375 attempts, so that the curves move on with every frame.
    if moves { for _ in 0..<3 { _ = reduce(into: &state, action: .key(.character("+"))) } }
    var (milliseconds, bytes): ([Double], [Double]) = ([], [])
    let settling = 5
    for frame in 0..<effort.frames + settling {
      try stage.checkSignals()
      let events = script.attempts(moves ? 20 : 2)
      let start = UIBench.threadMilliseconds
      for event in events { _ = reduce(into: &state, action: .event(event)) }
      _ = reduce(into: &state, action: .tick(time: UIBench.now, cost: FrameCost()))
      stage.screen.apply(renderer.draw(state, theme: theme, width: columns, height: rows, glyphs: .unicode))
      let cost = UIBench.threadMilliseconds - start
      let sent = stage.screen.takeCost().bytesPerFrame
      guard frame >= settling else { continue }
      milliseconds.append(cost)
      bytes.append(Double(sent))
    }
    guard let time = Spread(milliseconds), let size = Spread(bytes) else {
      throw BenchmarkError.badSetting("no frame was measured")
    }
    return UIReport.Frames(
      moves: moves, columns: columns, rows: rows, colors: depth.rawValue, milliseconds: time, bytes: size)
  }
}

/// A screen on a pseudo-terminal, and a thread that takes what is drawn, as an emulator would.
final class Stage {
  let screen: TerminalScreen
  private let terminal: PseudoTerminal
  private let drain: OutputDrain
  private var isOpen = true

  init(columns: Int, rows: Int, color: ColorChoice) throws {
    terminal = try PseudoTerminal(columns: columns, rows: rows)
    // Opening writes already; so little that the terminal holds it.
    screen = try TerminalScreen.open(on: terminal.slave, TerminalOptions(color: color, glyphs: .unicode, mouse: false))
    drain = OutputDrain(of: terminal.master)
  }

  /// Throws `BenchmarkError.givenUp` where a signal came: the open screen takes them.
  func checkSignals() throws {
    for case .signal in screen.wait(milliseconds: 0) { throw BenchmarkError.givenUp }
  }

  /// Closes the screen and waits for the thread.
  func close() {
    guard isOpen else { return }
    isOpen = false
    screen.close()
    drain.end()
  }
}

/// Reads a terminal's output on a thread of its own and forgets it.
private final class OutputDrain: Sendable {
  private let isOver = Atomic<Bool>(false)
  private let ended = DispatchSemaphore(value: 0)

  init(of master: Int32) {
    let thread = Thread { [self] in
      var piece = [UInt8](repeating: 0, count: 65_536)
      while !isOver.load(ordering: .relaxed) {
        var watched = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
        guard poll(&watched, 1, 20) > 0 else { continue }
        if read(master, &piece, piece.count) <= 0 { break }
      }
      ended.signal()
    }
    thread.name = "emulator"
    thread.start()
  }

  /// Waits for the thread; once only.
  func end() {
    isOver.store(true, ordering: .relaxed)
    ended.wait()
  }
}

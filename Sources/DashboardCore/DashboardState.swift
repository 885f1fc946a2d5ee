public import TrainingEvents

/// Everything the dashboard shows, and nothing about how: `render` draws it, `reduce` changes it.
public struct DashboardState: Sendable {
  /// What is being made ready; nil once the session was described.
  var loading: LoadingStage?
  /// The session, once it was described.
  public internal(set) var session: SessionDescription?
  /// The lanes in order.
  public internal(set) var lanes: [LaneTrack] = []
  /// The schedule in force.
  public internal(set) var schedule = Schedule.concurrent
  /// A schedule asked for and not yet confirmed.
  public internal(set) var pendingSchedule: Schedule?
  /// The summary at the end of the run.
  public internal(set) var summary: RunSummary?
  /// True once no event will come any more.
  public internal(set) var isEnded = false
  /// Index into the themes given at the start.
  public internal(set) var themeIndex: Int
  /// What the user interface costs.
  public internal(set) var cost = FrameCost()
  /// Columns of the terminal.
  public internal(set) var width = 80
  /// Rows of the terminal.
  public internal(set) var height = 24

  /// The themes that can be chosen, in the order of the loop's.
  var themes: [ThemeChoice]
  /// Seconds since 1970 at the newest tick.
  var now: Double?
  /// Time of the newest event; in a replay far before `now`, which is why durations are counted in events' time.
  var eventTime: Double?
  /// `now` when that event came in.
  var tickOfEvent: Double?
  var startTime: Double?
  var endTime: Double?
  /// How fast the machine multiplies; nil until it was measured.
  var peaks: PeaksReport?
  var schedules: [(segment: Int, schedule: Schedule)] = []
  var log = EventLog()
  var focus = Focus.lane
  var focusedLane = LaneID(0)
  var hiddenPanes: Set<Pane> = Set(Pane.allCases).subtracting(Preset.standard.panes)
  /// The average loss that the race goes to; nil for the lowest that all lanes have reached.
  var lossTarget: Double?
  var zoomedPane: Pane?
  var overlay: Overlay?
  var smoothing = Smoothing.standard
  var hasLogAxis = false
  /// Whether the horizontal axis of charts is logarithmic.
  var hasLogProgress = false
  var window = ProgressWindow.all
  var progressUnit = ProgressUnit.steps
  var lossView = LossView.overlay
  /// The attempt that the cursor on the charts reads; nil while there is none.
  var cursor: Int?
  var logScroll = 0
  /// Events are shown that hold this text, upper or lower case; all where it is empty.
  var logFilter = ""
  /// Commands typed, the newest first.
  var commandHistory: [String] = []
  /// Width of the left column in percent of the screen.
  var leftShare = 61
  /// Rows that the user gave to panes or took from them.
  var extraRows: [Pane: Int] = [:]
  /// What the mouse is dragging.
  var dragged: DragTarget?
  /// Whether the mouse is ours; else the terminal selects text with it.
  public internal(set) var hasMouse = true
  /// Whether nobody pressed a key yet in the first dashboard of this user.
  var isFirstRun = false
  var isPausePending = false
  /// Where a recorded run stands; nil for a live one.
  var replay: ReplayStatus?
  var hint: Hint?
  /// What goes on beside the session; stands in the footer where no hint does.
  var activity: String?
  /// The line of the numerics pane that its charts and keys are about; nil for the first.
  var selectedTensor: TensorKey?
  /// The numerics pane shows tensors of this kind only; all where nil.
  var tensorKind: TensorReport.Kind?
  var numericsView = NumericsView.histogram
  var whatIf = WhatIf.asStored
  /// What was asked of detailed reports; nil where nobody asked here.
  var numericsRequest: NumericsRequest?

  /// What lies over the panes.
  enum Overlay: Sendable, Hashable {
    /// The keys; of so many pages this one.
    case help(page: Int)
    case quit
    /// Choosing a precision for the focused lane; the index of the marked line.
    case precision(Int)
    /// Whether to round a lane's parameters once, as a precision without fp32 masters does.
    case lossyPrecision(LaneID, Precision)
    case summary
    /// Why a lane skipped an attempt.
    case diagnosis(LaneID, attempt: Int)
    /// Choosing a theme, which is shown at once; the index of the theme to go back to.
    case themes(before: Int)
    /// The options; the index of the marked one.
    case options(Int)
    /// Choosing what to export.
    case export
    /// A command or a filter is being typed.
    case line(TypedLine)
  }

  /// A line in the footer that goes away by itself.
  struct Hint: Sendable, Hashable {
    var text: String
    /// Seconds since 1970 at which it goes; nil until the next tick tells the time.
    var until: Double?
  }

  /// Creates the state before the first event.
  ///
  /// `themes` are those that `t` cycles through; the chosen one is given by its index.
  public init(themes: [ThemeChoice] = [ThemeChoice(theme: .standard)], themeIndex: Int = 0) {
    self.themes = themes
    self.themeIndex = themes.indices.contains(themeIndex) ? themeIndex : 0
  }

  /// Says that this user has not seen a dashboard before: a line tells the first keys until one is pressed.
  public mutating func greet() { isFirstRun = true }

  /// Chooses a theme by its index.
  public mutating func choose(theme index: Int) { if themes.indices.contains(index) { themeIndex = index } }

  /// Says that the mouse was left to the terminal from the start.
  public mutating func releaseMouse() { hasMouse = false }

  /// The theme chosen.
  public var theme: Theme { themes.indices.contains(themeIndex) ? themes[themeIndex].theme : .standard }

  /// The lane that precision keys act on.
  var focusedTrack: LaneTrack? { lanes.first { $0.lane == focusedLane } }

  /// The lane that speedups are measured against.
  var baseline: LaneTrack? {
    guard let session else { return nil }
    return lanes.first { $0.lane == session.baseline }
  }

  /// The lane whose speedup is shown large: the focused one, else the first that is not the baseline.
  var comparedTrack: LaneTrack? {
    guard let baseline = session?.baseline else { return nil }
    if let focused = focusedTrack, focused.lane != baseline { return focused }
    return lanes.first { $0.lane != baseline }
  }

  /// True while a lane could still make a step.
  public var isTraining: Bool { !isEnded && summary == nil && !lanes.isEmpty && lanes.contains { !$0.isOver } }

  /// True where all lanes that are not over are held.
  var isPaused: Bool {
    let live = lanes.filter { !$0.isOver }
    return !live.isEmpty && live.allSatisfy { $0.state == .paused }
  }

  /// Seconds since the session began; 0 before.
  var elapsed: Double {
    if let replay { return replay.position }
    guard let startTime, let last = endTime ?? eventTime else { return 0 }
    let sinceEvent = endTime == nil ? (now ?? 0) - (tickOfEvent ?? now ?? 0) : 0
    return max(0, last - startTime + max(0, sinceEvent))
  }

  /// Largest attempt of any lane; nil before the first step.
  var lastAttempt: Int? { lanes.compactMap { $0.history.attempts.last }.max() }

  /// How far the lane that came farthest has come, in a unit of the horizontal axis; 0 before the first step.
  func progress(in unit: ProgressUnit) -> Double {
    lanes.compactMap { track in
      let last = track.history.attempts.count - 1
      guard last >= 0 else { return nil }
      let place = track.history.place(of: last, unit: unit, trainCount: trainCount)
      return unit == .steps ? place + 1 : place
    }.max() ?? 0
  }

  /// How progress is spread over the horizontal axis; a logarithmic one begins with a step, or a second.
  var progressScale: ProgressScale {
    guard hasLogProgress else { return .linear }
    let batch = Double(max(1, session?.batchSize ?? 1))
    switch progressUnit {
    case .steps, .time: return .logarithmic(origin: 1)
    case .samples: return .logarithmic(origin: batch)
    case .epochs: return .logarithmic(origin: batch / Double(trainCount))
    }
  }

  /// Samples of the training set, at least 1.
  var trainCount: Int { max(1, session?.data.trainCount ?? 1) }

  /// The schedule under which a segment was measured.
  func schedule(of segment: Int) -> Schedule {
    schedules.last { $0.segment <= segment }?.schedule ?? schedule
  }

  /// How the device computes a precision; nil where the session does not say.
  func support(of precision: Precision) -> PrecisionSupport? {
    session?.precisions.first { $0.precision == precision }
  }
}

/// A theme as the theme list shows it.
public struct ThemeChoice: Sendable, Hashable {
  /// The theme.
  public var theme: Theme
  /// Where it came from, in one or two words.
  public var origin: String

  /// Creates a choice.
  public init(theme: Theme, origin: String = "") {
    self.theme = theme
    self.origin = origin
  }
}

/// How the loss of several lanes is drawn.
enum LossView: String, CaseIterable, Sendable, Hashable {
  /// All on one chart, with the difference to the baseline in a strip below where there is room.
  case overlay
  /// A chart a lane, on one scale.
  case split
  /// The difference to the baseline alone.
  case difference

  /// The next in turn.
  var next: LossView {
    let all = LossView.allCases
    return all[((all.firstIndex(of: self) ?? 0) + 1) % all.count]
  }
}

/// The weights that `[` and `]` choose from.
struct Smoothing: Sendable, Hashable {
  static let weights = [0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995]
  static let standard = Smoothing(index: 3)

  var index: Int

  var weight: Double { Smoothing.weights[min(max(index, 0), Smoothing.weights.count - 1)] }

  /// The choice nearest to a weight; nil for what is no weight.
  static func index(nearest weight: Double) -> Int? {
    guard weight >= 0, weight < 1 else { return nil }
    return weights.indices.min { abs(weights[$0] - weight) < abs(weights[$1] - weight) }
  }

  /// The neighbouring choice; the same at the ends.
  func moved(by step: Int) -> Smoothing { Smoothing(index: min(max(index + step, 0), Smoothing.weights.count - 1)) }
}

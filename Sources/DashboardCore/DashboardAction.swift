public import TrainingEvents

/// Everything that can change the dashboard.
///
/// Time comes in here and nowhere else.
public enum DashboardAction: Sendable {
  /// Something happened in the session.
  case event(TrainingEvent)
  /// The session is being made ready, and this is what is done at present.
  case loading(LoadingStage)
  /// A key was pressed.
  case key(DashboardKey)
  /// The mouse was used.
  case mouse(DashboardMouse)
  /// The terminal has this many columns and rows.
  case resize(width: Int, height: Int)
  /// A frame is due: seconds since 1970 and what the user interface costs.
  case tick(time: Double, cost: FrameCost)
  /// Further events of a lane found its ring full.
  case ringFull(lane: LaneID, count: Int)
  /// No event will come any more.
  case sessionEnded
  /// A recorded run has come so far.
  case replay(ReplayStatus)
  /// A recorded run begins again, on the way to an earlier moment: its events follow.
  case rewind
  /// The file of a theme was changed.
  case themeChanged(index: Int, theme: Theme)
  /// Something goes on beside the session and takes its time, until nil says that nothing does.
  case activity(String?)
  /// Something the user should read, for a few seconds in the footer and for good in the log.
  case notice(String)
}

/// What the user interface itself costs: shown in the footer.
public struct FrameCost: Sendable, Hashable {
  /// Processor time of the UI thread over wall time, of one core: 0.01 is one percent.
  public var processorShare: Double
  /// Milliseconds of processor time for a frame.
  public var millisecondsPerFrame: Double
  /// Bytes written to the terminal for a frame.
  public var bytesPerFrame: Int

  /// Creates a cost; nothing measured yet where left out.
  public init(processorShare: Double = 0, millisecondsPerFrame: Double = 0, bytesPerFrame: Int = 0) {
    self.processorShare = processorShare
    self.millisecondsPerFrame = millisecondsPerFrame
    self.bytesPerFrame = bytesPerFrame
  }
}

/// What the dashboard asks of the world around it.
public enum DashboardEffect: Sendable, Hashable {
  /// Hand a command to the session.
  case send(TrainingCommand)
  /// Leave, after restoring the terminal.
  case quit(QuitIntent)
  /// Restore the terminal and stop the process as Ctrl-Z does.
  case suspend
  /// Draw every cell again: something else wrote to the terminal.
  case redraw
  /// Ask the player of a recorded run.
  case replay(ReplayRequest)
  /// Write the screen or the data to a file, and say where.
  case export(ExportFormat)
  /// Put a text on the user's clipboard.
  case copy(String)
  /// Take the mouse, or leave it to the terminal.
  case setMouse(Bool)
  /// Write the settings to the user's file.
  case saveSettings
}

/// With which exit code to leave.
public enum QuitIntent: Sendable, Hashable {
  /// The code that the run itself earned.
  case asTheRunEnded
  /// 130: the user interrupted at once.
  case interrupted
}

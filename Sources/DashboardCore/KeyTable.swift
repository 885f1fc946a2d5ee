/// What a key means when no dialog is open.
enum KeyCommand: Sendable, Hashable {
  case quit, help, summary, cancel
  case focusNext, focusPrevious, laneUp, laneDown, paneLeft, paneRight
  case pageUp, pageDown, toStart, toEnd
  case nextPrecision, pickPrecision, pause, singleStep, toggleSchedule
  case smoothLess, smoothMore, toggleLogAxis, toggleLogProgress, nextUnit, nextLossView
  case zoomIn, zoomOut, showAll, panLeft, panRight
  case widenLeft, narrowLeft, grow, shrink, nextPreset, typeCommand, typeFilter, options, export, copy, toggleMouse
  case replayBack, replayForward, replaySlower, replayFaster
  case nextTensorKind, nextNumericsView, whatIfFormat, whatIfLarger, whatIfSmaller, toggleDetails, toggleKeepFP32
  case drillDown
  case cursor, cursorLeft, cursorRight, nextEvent, previousEvent
  case zoomPane, nextTheme, pickTheme, redraw, suspend
  case togglePane(Pane)
}

/// One line of the key table.
struct KeyBinding: Sendable, Hashable {
  var keys: [DashboardKey]
  /// How the keys are written in help and footer.
  var label: String
  var command: KeyCommand
  /// What it does, for the help.
  var help: String
  /// One or two words for the footer; nil where the footer leaves it out.
  var footer: String?
}

/// The one list of keys: input looks commands up here, and help and footer are written from it.
enum KeyTable {
  /// Headings of the help and their keys, in order.
  static let sections: [(title: String, bindings: [KeyBinding])] = [
    (
      "training",
      [
        binding([.character("p")], "p", .nextPrecision, "next lossless precision", "precision"),
        binding([.character("P")], "P", .pickPrecision, "pick precision from a list", nil),
        binding([.character(" ")], "Space", .pause, "pause or resume all lanes", "pause"),
        binding([.character("s")], "s", .singleStep, "one step while paused", nil),
        binding([.character("a")], "a", .toggleSchedule, "alternating or concurrent", "schedule"),
        binding([.character(",")], ",", .replayBack, "replay: back by a 20th", "back"),
        binding([.character(".")], ".", .replayForward, "replay: forward by a 20th", "forward"),
        binding([.character("(")], "(", .replaySlower, "replay: half as fast", nil),
        binding([.character(")")], ")", .replayFaster, "replay: twice as fast", nil),
      ]
    ),
    (
      "charts",
      [
        binding([.character("[")], "[", .smoothLess, "smooth less", nil),
        binding([.character("]")], "]", .smoothMore, "smooth more", nil),
        binding([.character("y")], "y", .toggleLogAxis, "log or linear loss axis", "log axis"),
        binding([.character("o")], "o", .nextLossView, "overlay, split, difference", nil),
        binding([.character("X")], "X", .nextUnit, "next unit of the x axis", nil),
        binding([.character("L")], "L", .toggleLogProgress, "log or linear x axis", nil),
        binding([.character("+"), .character("=")], "+", .zoomIn, "show less of the run", nil),
        binding([.character("-")], "-", .zoomOut, "show more of the run", nil),
        binding([.character("0")], "0", .showAll, "show the whole run", nil),
        binding([.character("h")], "h", .panLeft, "earlier", nil),
        binding([.character("l")], "l", .panRight, "later", nil),
        binding([.character("x")], "x", .cursor, "cursor, Left/Right move it", "cursor"),
        binding([.shiftLeft], "S-Left", .cursorLeft, "cursor ten columns left", nil),
        binding([.shiftRight], "S-Right", .cursorRight, "cursor ten columns right", nil),
        binding([.character("n")], "n", .nextEvent, "next skip or change", nil),
        binding([.character("N")], "N", .previousEvent, "previous skip or change", nil),
        binding([.enter], "Enter", .drillDown, "why the step was skipped", "why skipped"),
      ]
    ),
    (
      "numerics pane",
      [
        binding([.character("i")], "i", .toggleDetails, "look at all elements", "details"),
        binding([.character("d")], "d", .toggleKeepFP32, "layer in fp32, or let go", "keep fp32"),
        binding([.character("k")], "k", .nextTensorKind, "next kind of tensor", "kind"),
        binding([.character("H")], "H", .nextNumericsView, "histogram, heat maps", "view"),
        binding([.character("f")], "f", .whatIfFormat, "what if: next format", "format"),
        binding([.character("w")], "w", .whatIfLarger, "what if: scale doubled", "scale"),
        binding([.character("W")], "W", .whatIfSmaller, "what if: scale halved", nil),
      ]
    ),
    (
      "screen",
      [
        binding([.tab], "Tab", .focusNext, "next lane or pane", "focus"),
        binding([.backTab], "Shift-Tab", .focusPrevious, "previous lane or pane", nil),
        binding([.up], "Up", .laneUp, "previous lane or line", nil),
        binding([.down], "Down", .laneDown, "next lane or line", nil),
        binding([.left], "Left", .paneLeft, "previous pane", nil),
        binding([.right], "Right", .paneRight, "next pane", nil),
        binding([.pageUp], "PgUp", .pageUp, "ten lines up", nil),
        binding([.pageDown], "PgDn", .pageDown, "ten lines down", nil),
        binding([.home], "Home", .toStart, "first line", nil),
        binding([.end], "End", .toEnd, "last line", nil),
        binding([.character("z")], "z", .zoomPane, "enlarge the focused pane", "zoom"),
        binding([.character("v")], "v", .nextPreset, "next set of panes", nil),
        binding([.character("<")], "<", .narrowLeft, "left column narrower", nil),
        binding([.character(">")], ">", .widenLeft, "left column wider", nil),
        binding([.character("{")], "{", .shrink, "focused pane lower", nil),
        binding([.character("}")], "}", .grow, "focused pane higher", nil),
        binding([.character("/")], "/", .typeFilter, "filter events", nil),
      ]
        + Pane.allCases.map { pane in
          binding(
            [.character(Unicode.Scalar(UInt8(48 + pane.rawValue)))], "\(pane.rawValue)", .togglePane(pane),
            "show or hide \(pane.title)", nil)
        } + [
          binding([.character("t")], "t", .nextTheme, "next theme", "theme"),
          binding([.character("T")], "T", .pickTheme, "pick theme from a list", nil),
        ]
    ),
    (
      "program",
      [
        binding([.character("?"), .function(1)], "?", .help, "this help", "help"),
        binding([.character(":")], ":", .typeCommand, "command, Tab completes", "command"),
        binding([.character("O"), .function(2)], "O", .options, "options", "options"),
        binding([.character("e")], "e", .export, "export screen or data", nil),
        binding([.character("c")], "c", .copy, "copy the lanes' values", nil),
        binding([.character("m")], "m", .toggleMouse, "mouse ours or terminal's", nil),
        binding([.character("S")], "S", .summary, "summary, after the run", "summary"),
        binding([.character("q"), .control("c")], "q", .quit, "quit, asks while training", "quit"),
        binding([.escape], "Esc", .cancel, "close what is open", nil),
        binding([.control("l")], "Ctrl-L", .redraw, "draw the screen again", nil),
        binding([.control("z")], "Ctrl-Z", .suspend, "suspend, fg brings it back", nil),
      ]
    ),
  ]

  /// Keys that mean something in the numerics pane only.
  static let numerics = Set(sections.first { $0.title == "numerics pane" }?.bindings.map(\.command) ?? [])

  /// All keys in order.
  static let bindings = sections.flatMap(\.bindings)

  /// The command of a key; nil where it has none.
  static func command(for key: DashboardKey) -> KeyCommand? { commands[key] }

  private static let commands: [DashboardKey: KeyCommand] = {
    var table: [DashboardKey: KeyCommand] = [:]
    for binding in bindings {
      for key in binding.keys { table[key] = binding.command }
    }
    return table
  }()

  private static func binding(
    _ keys: [DashboardKey], _ label: String, _ command: KeyCommand, _ help: String, _ footer: String?
  ) -> KeyBinding {
    KeyBinding(keys: keys, label: label, command: command, help: help, footer: footer)
  }
}

/// The menus: options, and what to export.
enum MenuOverlays {
  static func drawOptions(_ state: DashboardState, marked: Int, in screen: Rect, with painter: inout Painter) {
    let names = Setting.allCases.map(\.rawValue.columns).max() ?? 0
    let values = Setting.allCases.map { state.text(of: $0).columns }.max() ?? 0
    var lines = Setting.allCases.enumerated().map { index, setting -> [(String, Style)] in
      let isMarked = index == marked
      let style = isMarked ? painter.selected : painter.text
      return [
        ((isMarked ? "▶ " : "  ") + setting.rawValue.rightPadded(names) + "  ", style),
        ("◀ ", isMarked ? painter.key : painter.inactive),
        (state.text(of: setting).rightPadded(values), isMarked ? painter.selected : painter.strong),
        (" ▶", isMarked ? painter.key : painter.inactive),
        ("  " + setting.help, painter.secondary),
      ]
    }
    lines += [
      [],
      [
        ("Left", painter.key), ("/", painter.secondary), ("Right", painter.key), (" change  ", painter.secondary),
        ("s", painter.key), (" save  ", painter.secondary), ("Esc", painter.key), (" close", painter.secondary),
      ],
    ]
    Overlays.popup(title: "options", lines: lines, in: screen, with: &painter)
  }

  static func drawExport(in screen: Rect, with painter: inout Painter) {
    let names = ExportFormat.allCases.map(\.rawValue.columns).max() ?? 0
    var lines = ExportFormat.allCases.enumerated().map { index, format -> [(String, Style)] in
      [
        ("\(index + 1) ", painter.key), (format.rawValue.rightPadded(names + 2), painter.strong),
        (format.help, painter.text),
      ]
    }
    lines += [
      [],
      [
        ("a", painter.key), (" all of them  ", painter.secondary), ("Esc", painter.key),
        (" none; files go to the working directory", painter.secondary),
      ],
    ]
    Overlays.popup(title: "export", lines: lines, in: screen, with: &painter)
  }
}

/// The line being typed, in place of the footer, and above it what could complete it.
enum TypedLineBar {
  static func draw(_ line: TypedLine, _ state: DashboardState, width: Int, height: Int, with painter: inout Painter) {
    guard width > 2, height > 0 else { return }
    let row = Rect(x: 0, y: height - 1, width: width, height: 1)
    painter.grid.fill(x: 0, y: row.y, width: width, height: 1, with: Cell(style: painter.text))
    let prompt = line.kind == .command ? ":" : "/"
    // Of a line that is too long the end is seen, where the typing happens.
    let shown = String(line.text.suffix(max(0, width - 3)))
    let end = painter.write([(prompt, painter.key), (shown, painter.strong)], x: 0, y: row.y, in: row)
    painter.grid.write("▏", x: end, y: row.y, style: painter.key, limit: width - end)
    let help = help(for: line, state)
    if end + help.columns + 3 < width {
      painter.write(help, endingAt: width - 1, y: row.y, style: painter.secondary, in: row)
    }
    guard line.kind == .command, height > 2 else { return }
    let choices = state.completions(of: line.completion == nil ? line.text : line.completed)
    guard !choices.isEmpty else { return }
    let above = Rect(x: 0, y: height - 2, width: width, height: 1)
    painter.grid.fill(x: 0, y: above.y, width: width, height: 1, with: Cell(style: painter.text))
    // The chosen one stays in view.
    var first = 0
    if let chosen = line.completion {
      while first < chosen, choices[first...chosen].reduce(0, { $0 + $1.columns + 2 }) > width - 1 { first += 1 }
    }
    var x = 0
    for (index, choice) in choices.enumerated().dropFirst(first) {
      // Of more than there is room for, the last column tells.
      let isLast = index == choices.count - 1
      guard x + choice.columns <= width - (isLast ? 0 : 3) || index == first else {
        painter.grid.write("…", x: x, y: above.y, style: painter.inactive, limit: width - x)
        break
      }
      let style = index == line.completion ? painter.selected : painter.secondary
      x = painter.write([(choice, style)], x: x, y: above.y, in: above) + 2
    }
  }

  private static func help(for line: TypedLine, _ state: DashboardState) -> String {
    if line.kind == .filter { return "Enter keeps, Esc shows all" }
    let name = line.text.split(separator: " ").first.map { String($0) } ?? ""
    guard let command = CommandTable.command(named: name) else { return "Tab completes, Up recalls" }
    let arguments = command.arguments.map(\.placeholder).joined(separator: " ")
    return arguments.isEmpty ? command.help : "\(arguments): \(command.help)"
  }
}

import TrainingEvents

/// The tensors of a lane, the riskiest first, as a table whose columns give way from the least important on.
enum NumericsTable {
  /// A column behind the name.
  private enum Column: Int, CaseIterable {
    case kind, format, largest, share, zeros, lost, bad, survival

    var heading: String {
      switch self {
      case .kind: "kind"
      case .format: "format"
      case .largest: "amax"
      case .share: "of max"
      case .zeros: "zero"
      case .lost: "subn."
      case .bad: "inf NaN"
      case .survival: "upd."
      }
    }

    var width: Int {
      switch self {
      case .kind: 8
      case .format: 9
      case .largest: 7
      case .share, .zeros, .lost, .survival: 6
      case .bad: 8
      }
    }

    /// The column with the largest number goes first.
    var priority: Int {
      switch self {
      case .kind: 1
      case .bad: 2
      case .share: 3
      case .lost: 4
      case .largest: 5
      case .zeros: 6
      case .format: 7
      case .survival: 8
      }
    }

    var isLeft: Bool { self == .kind || self == .format }
  }

  /// Least columns of a name.
  private static let nameWidth = 14
  private static let longestName = 40

  static func draw(
    _ track: LaneTrack, _ shown: [Int], selected: Int, first: Int, isActive: Bool, in rect: Rect,
    with painter: inout Painter
  ) {
    guard rect.height > 0, rect.width > 2 else { return }
    let columns = fitting(rect.width)
    let used = columns.reduce(0) { $0 + $1.width + 1 }
    let nameWidth = max(1, min(rect.width - 2 - used, longestName))
    guard !shown.isEmpty else {
      painter.grid.write("no tensor of this kind", x: rect.x, y: rect.y, style: painter.secondary, limit: rect.width)
      return
    }
    painter.grid.write("tensor", x: rect.x + 2, y: rect.y, style: painter.secondary, limit: nameWidth)
    var x = rect.x + 2 + nameWidth
    for column in columns {
      write(column.heading, column, x: x, y: rect.y, style: painter.secondary, in: rect, with: &painter)
      x += column.width + 1
    }
    let counter = "\(selected + 1)/\(shown.count)"
    if shown.count > rect.height - 1, nameWidth >= counter.columns + 9 {
      painter.write(counter, endingAt: rect.x + 2 + nameWidth, y: rect.y, style: painter.inactive, in: rect)
    }
    for (line, index) in shown.dropFirst(first).prefix(max(0, rect.height - 1)).enumerated() {
      let row = track.numerics.rows[index]
      drawRow(
        row, track, columns, nameWidth: nameWidth, isSelected: first + line == selected, isActive: isActive,
        y: rect.y + 1 + line, in: rect, with: &painter)
    }
  }

  private static func fitting(_ width: Int) -> [Column] {
    var columns = Column.allCases
    while !columns.isEmpty, columns.reduce(2 + nameWidth, { $0 + $1.width + 1 }) > width,
      let worst = columns.indices.max(by: { columns[$0].priority < columns[$1].priority })
    {
      columns.remove(at: worst)
    }
    return columns
  }

  private static func drawRow(
    _ row: TensorRow, _ track: LaneTrack, _ columns: [Column], nameWidth: Int, isSelected: Bool, isActive: Bool, y: Int,
    in rect: Rect, with painter: inout Painter
  ) {
    // What was looked at before the last change of precision says nothing about the tensor as it is now.
    let isOld = row.attempt < track.history.precisionChanges.last?.attempt ?? 0
    let base = isOld ? painter.inactive : painter.text
    let nameStyle = isSelected ? (isActive ? painter.selected : painter.strong) : base
    painter.grid.write(isSelected ? "▶ " : "  ", x: rect.x, y: y, style: painter.key, limit: 2)
    painter.grid.write(
      NumericsTable.name(row.report.name, width: nameWidth).rightPadded(nameWidth), x: rect.x + 2, y: y,
      style: nameStyle, limit: nameWidth)
    var x = rect.x + 2 + nameWidth
    for column in columns {
      let (text, style) = value(column, of: row, track, base: base, painter)
      write(text, column, x: x, y: y, style: isOld ? base : style, in: rect, with: &painter)
      x += column.width + 1
    }
  }

  private static func write(
    _ text: String, _ column: Column, x: Int, y: Int, style: Style, in rect: Rect, with painter: inout Painter
  ) {
    if column.isLeft {
      painter.grid.write(text, x: x + 1, y: y, style: style, limit: min(column.width, max(0, rect.right - x - 1)))
    } else {
      painter.write(text, endingAt: x + 1 + column.width, y: y, style: style, in: rect)
    }
  }

  private static func value(
    _ column: Column, of row: TensorRow, _ track: LaneTrack, base: Style, _ painter: Painter
  ) -> (String, Style) {
    let warning = painter.style(painter.theme.warning)
    let bad = painter.style(painter.theme.overflow, .bold)
    switch column {
    case .kind: return (row.report.kind.label, base)
    case .format: return format(of: row, track, base: base, painter)
    case .largest: return (NumericsTable.magnitude(row.report.largest), base)
    case .share:
      let share = row.shareOfLargest
      return (NumericsTable.percent(share), share >= 0.5 ? bad : share >= 0.0625 ? warning : base)
    case .zeros: return (row.zeroShare.map { NumericsTable.percent($0) } ?? "–", base)
    case .lost:
      guard let share = row.lostShare else { return ("–", painter.inactive) }
      return (NumericsTable.percent(share), share >= 0.05 ? warning : base)
    case .bad:
      guard row.badCount > 0 else { return ("–", painter.inactive) }
      return (NumericsTable.counts(row.report), bad)
    case .survival:
      guard let survival = row.detail?.updateSurvival else { return ("–", painter.inactive) }
      return (NumericsTable.percent(survival), survival < 0.5 ? warning : base)
    }
  }

  /// The format, and whether the layer is kept in fp32 or is about to be.
  private static func format(
    of row: TensorRow, _ track: LaneTrack, base: Style, _ painter: Painter
  ) -> (String, Style) {
    let (isKept, willBeKept) = (track.keepsFP32(row.report), track.willKeepFP32(row.report))
    if isKept != willBeKept {
      return (willBeKept ? "→ fp32" : "→ 16 bit", painter.style(painter.theme.highlight, .bold))
    }
    return isKept ? ("fp32 kept", painter.style(painter.theme.good)) : (row.report.format.rawValue, base)
  }

  /// A name cut to a width: its end tells more than its middle.
  static func name(_ name: String, width: Int) -> String {
    guard name.columns > width else { return name }
    guard width > 4 else { return String(name.prefix(max(0, width))) }
    return "…" + String(name.suffix(width - 1))
  }

  /// A magnitude in at most seven columns.
  static func magnitude(_ value: Double) -> String {
    value == 0 ? "0" : Format.scientific(value)
  }

  /// A share as percent in six columns; what is not zero never reads as zero.
  static func percent(_ share: Double) -> String {
    guard share.isFinite else { return "–" }
    if share > 0, share < 0.0005 { return "<0.1 %" }
    return share < 0.9995 ? Format.percent(share) : Format.percent(share, decimals: 0)
  }

  /// Infinite and NaN elements in eight columns.
  private static func counts(_ report: TensorReport) -> String {
    func short(_ count: Int) -> String {
      count < 1000 ? "\(count)" : count < 1_000_000 ? "\(count / 1000)k" : "\(count / 1_000_000)M"
    }
    return "\(short(report.infinities)) \(short(report.nans))"
  }
}

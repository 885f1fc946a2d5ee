import RunStatistics
import TrainingEvents

/// The elements of a tensor by powers of two, and what of them lies in the window of a format.
///
/// Figure 3 of "Mixed Precision Training" (Micikevicius and others, 2018), of this step, for a format and a loss scale of
/// the user's choice.
enum ExponentChart {
  /// Columns of the bar of zeros at the left, with the gap behind it.
  private static let zeroColumns = 4

  static func draw(
    _ row: TensorRow, _ track: LaneTrack, _ whatIf: WhatIf, in rect: Rect, with painter: inout Painter
  ) {
    guard rect.height >= 2, rect.width >= 24 else { return }
    let format = whatIf.format ?? row.report.format
    drawTitle(row, format, in: rect, with: &painter)
    guard let tensor = row.detail, let histogram = tensor.histogram else {
      painter.write(
        [
          ("no histogram yet: ", painter.secondary), ("i", painter.key),
          (" counts every 20th attempt in full", painter.secondary),
        ], x: rect.x, y: rect.y + 1, in: rect)
      return
    }
    guard rect.height >= 6 else { return }
    let scale = track.numerics.detailed?.scale
    let shift = whatIf.shift(of: tensor.kind, storedAt: scale)
    let axis = Axis(histogram, format, shift: shift, width: rect.width - zeroColumns)
    let bars = Rect(x: rect.x, y: rect.y + 1, width: rect.width, height: rect.height - 4)
    drawBars(histogram, zeros: tensor.zeros, axis, format, shift: shift, track, in: bars, with: &painter)
    drawRuler(axis, format, in: rect, y: bars.bottom, with: &painter)
    let fit = histogram.fit(in: format, shiftedBy: shift, zeros: tensor.zeros)
    painter.write(
      verdict(fit, tensor.kind, whatIf, format, scale: scale, width: rect.width, painter), x: rect.x,
      y: rect.bottom - 1, in: rect)
  }

  /// Powers of two on the columns of the chart.
  private struct Axis {
    /// Exponent of the first column.
    let first: Int
    /// Exponents that share a column; 1 where a column or more is there for each.
    let perColumn: Int
    /// Columns of an exponent.
    let columnsEach: Int
    let columns: Int

    /// All exponents of the tensor, and of fp16's narrow window; of the wide windows only what the tensor touches.
    ///
    /// What is left of the width shows powers of two on both sides, so that there is room for a scale to move them.
    init(_ histogram: ExponentHistogram, _ format: NumericFormat, shift: Int, width: Int) {
      var range = histogram.range.map { ($0.lowerBound + shift)...($0.upperBound + shift) } ?? 0...0
      if format == .fp16 {
        let (low, high) = (format.lowestSubnormalExponent - 2, format.highestExponent + 2)
        range = min(range.lowerBound, low)...max(range.upperBound, high)
      }
      let least = range.count + 2
      let width = max(1, width)
      perColumn = (least + width - 1) / width
      columnsEach = max(1, min(4, width / least))
      let bins = width / columnsEach
      first = range.lowerBound - 1 - (bins * perColumn - least) / 2
      columns = bins * columnsEach
    }

    /// Exponents of a column.
    func exponents(at column: Int) -> ClosedRange<Int> {
      let low = first + column / columnsEach * perColumn
      return low...(low + perColumn - 1)
    }

    /// First column of an exponent; nil outside the axis.
    func column(of exponent: Int) -> Int? {
      guard exponent >= first else { return nil }
      let column = (exponent - first) / perColumn * columnsEach
      return column < columns ? column : nil
    }
  }

  /// What a format does with numbers of a power of two.
  private enum Zone { case flushed, subnormal, normal, overflow }

  private static func zone(of exponent: Int, in format: NumericFormat) -> Zone {
    if exponent < format.lowestSubnormalExponent - 1 { return .flushed }
    if exponent < format.lowestNormalExponent { return .subnormal }
    return exponent <= format.highestExponent ? .normal : .overflow
  }

  private static func drawTitle(_ row: TensorRow, _ format: NumericFormat, in rect: Rect, with painter: inout Painter) {
    let report = row.detail ?? row.report
    let looked =
      report.sampled >= report.count
      ? "all \(Format.grouped(report.count)) elements"
      : "\(Format.grouped(report.sampled)) of \(Format.grouped(report.count)) elements"
    let rest = "  \(report.kind.label)  \(report.format.rawValue)"
    let fits = rest.columns + looked.columns + 2 + min(report.name.columns, 12) <= rect.width
    let tail = fits ? rest + "  " + looked : rest
    let name = NumericsTable.name(report.name, width: max(4, rect.width - tail.columns))
    painter.write([(name, painter.strong), (tail, painter.secondary)], x: rect.x, y: rect.y, in: rect)
  }

  private static func drawBars(
    _ histogram: ExponentHistogram, zeros: Int, _ axis: Axis, _ format: NumericFormat, shift: Int, _ track: LaneTrack,
    in rect: Rect, with painter: inout Painter
  ) {
    let counts = (0..<axis.columns).map { column in
      axis.exponents(at: column).reduce(0) { $0 + histogram[$1 - shift] }
    }
    let most = counts.max() ?? 0
    // Zeros are one bin among many and would flatten all others: their bar ends at the top.
    drawBar(zeros, of: max(most, 1), x: rect.x, width: 2, color: painter.theme.inactive, in: rect, with: &painter)
    for (column, count) in counts.enumerated() {
      let zone = zone(of: axis.exponents(at: column).lowerBound, in: format)
      drawBar(
        count, of: most, x: rect.x + zeroColumns + column, width: 1, color: color(of: zone, track, painter), in: rect,
        with: &painter)
    }
  }

  private static func color(of zone: Zone, _ track: LaneTrack, _ painter: Painter) -> Color {
    switch zone {
    case .normal: painter.theme.color(of: track.lane)
    case .subnormal: painter.theme.warning
    case .flushed, .overflow: painter.theme.overflow
    }
  }

  /// A bar of eighths from the bottom; what is not zero has one at least.
  private static func drawBar(
    _ count: Int, of most: Int, x: Int, width: Int, color: Color, in rect: Rect, with painter: inout Painter
  ) {
    guard count > 0, most > 0, rect.height > 0 else { return }
    let bars: [Unicode.Scalar] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    var eighths = max(1, Int((min(1, Double(count) / Double(most)) * Double(rect.height * 8)).rounded()))
    var y = rect.bottom - 1
    while eighths > 0, y >= rect.y {
      let cell = Cell(character: bars[min(eighths, 8) - 1], style: painter.style(color))
      for column in x..<min(x + width, rect.right) { painter.grid[column, y] = cell }
      eighths -= 8
      y -= 1
    }
  }

  /// The format's window below the bars, and exponents at its ends and at every eighth.
  private static func drawRuler(
    _ axis: Axis, _ format: NumericFormat, in rect: Rect, y: Int, with painter: inout Painter
  ) {
    let left = rect.x + zeroColumns
    for column in 0..<min(axis.columns, rect.right - left) {
      let (character, color): (Unicode.Scalar, Color) =
        switch zone(of: axis.exponents(at: column).lowerBound, in: format) {
        case .normal: ("━", painter.theme.good)
        case .subnormal: ("╌", painter.theme.warning)
        case .flushed, .overflow: ("✕", painter.theme.inactive)
        }
      painter.grid[left + column, y] = Cell(character: character, style: painter.style(color))
    }
    let labels = Rect(x: rect.x, y: y + 1, width: rect.width, height: 1)
    painter.grid.write("0", x: rect.x, y: y + 1, style: painter.secondary, limit: 2)
    var isTaken = [Bool](repeating: false, count: max(0, labels.width) + 8)
    let edges = [format.lowestSubnormalExponent, format.lowestNormalExponent, format.highestExponent]
    let last = axis.exponents(at: axis.columns - 1).upperBound
    let step = max(8, 8 * axis.perColumn)
    let rounds = stride(from: axis.first - axis.first % step, through: last, by: step)
    for (exponent, isEdge) in edges.map({ ($0, true) }) + rounds.map({ ($0, false) }) {
      guard let column = axis.column(of: exponent) else { continue }
      let text = isEdge ? "2^\(exponent)" : "\(exponent)"
      let start = left + column - labels.x
      guard start + text.columns < labels.width, !isTaken[max(0, start - 1)...(start + text.columns)].contains(true)
      else { continue }
      painter.grid.write(
        text, x: labels.x + start, y: y + 1, style: isEdge ? painter.text : painter.secondary, limit: text.columns)
      for place in start..<start + text.columns { isTaken[place] = true }
    }
  }

  /// What the format makes of the tensor, in shares of all elements.
  private static func verdict(
    _ fit: FormatFit, _ kind: TensorReport.Kind, _ whatIf: WhatIf, _ format: NumericFormat, scale: Double?, width: Int,
    _ painter: Painter
  ) -> [(String, Style)] {
    let secondary = painter.secondary
    var pieces = [
      (whatIf == .asStored ? "as stored" : "what if", secondary), (" \(format.rawValue)", painter.strong),
    ]
    if kind.isGradient, scale != nil || whatIf.log2Scale != nil {
      pieces.append((" ×2^\(whatIf.log2Scale ?? WhatIf.exponent(of: scale))", painter.strong))
    } else if whatIf.log2Scale != nil, width >= 76 {
      pieces.append((" (a scale moves gradients only)", secondary))
    }
    let theme = painter.theme
    var shares: [(name: String, short: String, value: Double, color: Color, worry: Double)] = [
      ("zero", "zero", fit.zero + fit.flushed, theme.overflow, fit.zero + 0.001),
      ("subnormal", "sub", fit.subnormal, theme.warning, 0.01),
      ("inf", "inf", fit.overflowing, theme.overflow, 0),
      ("\(format.precisionBits) bits", "", fit.normal, theme.good, 2),
    ]
    let used = pieces.reduce(0) { $0 + $1.0.columns }
    let isShort = shares.reduce(used, { $0 + $1.name.columns + 9 }) > width
    // How much keeps all its bits follows from the others.
    if isShort { shares.removeLast() }
    for share in shares {
      let style = share.value > share.worry ? painter.style(share.color, .bold) : painter.text
      pieces += [
        ("  \(isShort ? share.short : share.name) ", secondary), (NumericsTable.percent(share.value), style),
      ]
    }
    return pieces
  }
}

import RunStatistics
import TrainingEvents

/// What the numerics pane shows, one row a tensor and lane: every tensor that was looked at, the riskiest first.
///
/// Shares of the window are those of the pane, with its what-if format and scale. Columns:
///
/// | column | of |
/// |---|---|
/// | `lane`, `kind`, `layer`, `tensor`, `format`, `elements` | the tensor, in the format it is stored in |
/// | `attempt`, `sampled`, `amax`, `zero`, `infinite`, `nan` | the newest look: the attempt, elements looked at, their largest finite magnitude, and shares of them |
/// | `detailed_attempt`, `loss_scale` | the newest detailed look, and the scale that gradients were stored with |
/// | `exponent_least`, `exponent_median`, `exponent_greatest` | powers of two of its elements that are not zero |
/// | `window`, `shift` | the format looked through, and the powers of two by which elements are moved before |
/// | `below`, `subnormal`, `inside`, `above` | shares of its finite elements in that window |
/// | `update_survival` | share of a weight's elements whose stored value the step changed |
/// | `histogram` | elements at each power of two from `exponent_least` to `exponent_greatest` |
/// | `amax_attempts`, `amax_course` | the newest looks, and where `amax` lay in each: percent of the powers of two from the least subnormal number of the format to its largest |
/// | `lost_attempts`, `lost_course` | the newest detailed looks, and the percent of the elements that were subnormal or flushed in each |
///
/// The last five are lists: arrays in JSON, parted by blanks in CSV. In a course stands "bad" where the tensor held NaN or
/// infinities, "zero" where it held nothing but zeros, and null, "-" in CSV, where it was not looked at.
public enum TensorTable {
  private static let columns = [
    "lane", "kind", "layer", "tensor", "format", "elements", "attempt", "sampled", "amax", "zero", "infinite", "nan",
    "detailed_attempt", "loss_scale", "exponent_least", "exponent_median", "exponent_greatest", "window", "shift",
    "below", "subnormal", "inside", "above", "update_survival", "histogram", "amax_attempts", "amax_course",
    "lost_attempts", "lost_course",
  ]

  private enum Value {
    case text(String)
    case number(String)
    case list([Value])
    case none

    init(_ number: Int?) { self = number.map { .number("\($0)") } ?? .none }
    init(_ number: Double?) { self = number.map { $0.isFinite ? .number("\($0)") : .none } ?? .none }

    /// A place in the heat map.
    init(heat value: UInt8) {
      switch value {
      case HeatColumn.nothing: self = .none
      case HeatColumn.bad: self = .text("bad")
      case HeatColumn.zero: self = .text("zero")
      default: self = .number("\(value)")
      }
    }

    var csv: String {
      switch self {
      case .text(let text): quoted(text)
      case .number(let number): number
      case .list(let values): values.map { if case .none = $0 { "-" } else { $0.csv } }.joined(separator: " ")
      case .none: ""
      }
    }

    var json: String {
      switch self {
      case .text(let text): "\"\(escaped(text))\""
      case .number(let number): number
      case .list(let values): "[\(values.map(\.json).joined(separator: ","))]"
      case .none: "null"
      }
    }
  }

  /// Rows of a piece of text.
  private static let rowsOfPiece = 64

  /// Comma-separated values with a heading (RFC 4180); nothing between commas where nothing is known.
  ///
  /// O(1) here, O(tensors · looks kept) for all pieces.
  public static func csv(_ state: DashboardState) -> ExportText {
    let rows = Rows(state)
    return ExportText(count: rows.pieces + 1) { index in
      guard index > 0 else { return columns.joined(separator: ",") + "\n" }
      return rows.values(of: index - 1).map { $0.map(\.csv).joined(separator: ",") + "\n" }.joined()
    }
  }

  /// An array of objects, one a line; null where nothing is known.
  ///
  /// O(1) here, O(tensors · looks kept) for all pieces.
  public static func json(_ state: DashboardState) -> ExportText {
    let rows = Rows(state)
    return ExportText(count: rows.pieces + 2) { index in
      guard index > 0 else { return "[\n" }
      guard index <= rows.pieces else { return "\n]\n" }
      let objects = rows.values(of: index - 1).map { row in
        "{" + zip(columns, row).map { "\"\($0)\":\($1.json)" }.joined(separator: ",") + "}"
      }
      return (index > 1 ? ",\n" : "") + objects.joined(separator: ",\n")
    }
  }

  /// All tensors of all lanes, the riskiest of each lane first, cut into pieces.
  private struct Rows: Sendable {
    private let lanes: [(lane: LaneID, numerics: CopyOnWrite<NumericsHistory>)]
    private let whatIf: WhatIf
    /// Lane and row.
    private let order: [(lane: Int, row: Int)]

    init(_ state: DashboardState) {
      lanes = state.lanes.map { ($0.lane, $0.$numerics) }
      whatIf = state.whatIf
      order = state.lanes.enumerated().flatMap { lane, track in track.numerics.order.map { (lane, $0) } }
    }

    var pieces: Int { (order.count + rowsOfPiece - 1) / rowsOfPiece }

    func values(of piece: Int) -> [[Value]] {
      let first = piece * rowsOfPiece
      return order[first..<min(first + rowsOfPiece, order.count)].map { place in
        let (lane, numerics) = lanes[place.lane]
        return TensorTable.values(of: place.row, lane, numerics.wrappedValue, whatIf)
      }
    }
  }

  private static func values(
    of index: Int, _ lane: LaneID, _ numerics: NumericsHistory, _ whatIf: WhatIf
  ) -> [Value] {
    let row = numerics.rows[index]
    let report = row.report
    func share(_ count: Int) -> Double? { report.sampled > 0 ? Double(count) / Double(report.sampled) : nil }
    let detailed = row.detail == nil ? nil : numerics.detailed
    let histogram = row.detail?.histogram
    let window = whatIf.format ?? report.format
    let shift = whatIf.shift(of: report.kind, storedAt: detailed?.scale)
    let fit = histogram?.fit(in: window, shiftedBy: shift, zeros: row.detail?.zeros ?? 0)
    let exponents = histogram?.range
    let counts = exponents.flatMap { range in
      histogram.map { histogram in range.map { Value(histogram.counts[$0 - histogram.lowest]) } }
    }
    let isCounted = numerics.countedKinds.contains(report.kind)
    let looks = isCounted ? numerics.columns : numerics.detailedColumns
    let detailedLooks = numerics.detailedColumns
    return [
      .text("\(lane)"), .text(report.kind.rawValue), .text(report.layer), .text(report.name),
      .text(report.format.rawValue), Value(report.count), Value(row.attempt), Value(report.sampled),
      Value(report.largest), Value(share(report.zeros)), Value(share(report.infinities)), Value(share(report.nans)),
      Value(detailed?.attempt), Value(detailed?.scale), Value(exponents?.lowerBound), Value(histogram?.median),
      Value(exponents?.upperBound), .text(window.rawValue), Value(shift), Value(fit?.flushed), Value(fit?.subnormal),
      Value(fit?.normal), Value(fit?.overflowing), Value(row.detail?.updateSurvival),
      counts.map { .list($0) } ?? .none, .list(looks.map { Value($0.attempt) }),
      .list(looks.map { Value(heat: HeatColumn.value(at: row.slot, in: $0.largest)) }),
      .list(detailedLooks.map { Value($0.attempt) }),
      .list(detailedLooks.map { Value(heat: HeatColumn.value(at: row.slot, in: $0.lost)) }),
    ]
  }

  private static func quoted(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { $0 == "," || $0 == "\"" || $0 == "\n" || $0 == "\r" }) else {
      return text
    }
    return "\"\(text.replacing("\"", with: "\"\""))\""
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case "\0"..<" ": result += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

extension ExponentHistogram {
  /// The power of two in the middle of the elements counted; nil where there are none.
  fileprivate var median: Int? {
    let half = (count + 1) / 2
    guard half > 0 else { return nil }
    var passed = 0
    for (index, count) in counts.enumerated() {
      passed += count
      if passed >= half { return lowest + index }
    }
    return nil
  }
}

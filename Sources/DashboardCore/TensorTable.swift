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
public enum TensorTable {
  private static let columns = [
    "lane", "kind", "layer", "tensor", "format", "elements", "attempt", "sampled", "amax", "zero", "infinite", "nan",
    "detailed_attempt", "loss_scale", "exponent_least", "exponent_median", "exponent_greatest", "window", "shift",
    "below", "subnormal", "inside", "above", "update_survival",
  ]

  private enum Value {
    case text(String)
    case number(String)
    case none

    init(_ number: Int?) { self = number.map { .number("\($0)") } ?? .none }
    init(_ number: Double?) { self = number.map { $0.isFinite ? .number("\($0)") : .none } ?? .none }
  }

  /// Comma-separated values with a heading (RFC 4180); nothing between commas where nothing is known.
  ///
  /// O(tensors).
  public static func csv(_ state: DashboardState) -> String {
    var text = columns.joined(separator: ",") + "\n"
    for row in rows(state) {
      text +=
        row.map { value in
          switch value {
          case .text(let text): quoted(text)
          case .number(let number): number
          case .none: ""
          }
        }.joined(separator: ",") + "\n"
    }
    return text
  }

  /// An array of objects, one a line; null where nothing is known.
  ///
  /// O(tensors).
  public static func json(_ state: DashboardState) -> String {
    let objects = rows(state).map { row in
      let pairs = zip(columns, row).map { name, value in
        switch value {
        case .text(let text): "\"\(name)\":\"\(escaped(text))\""
        case .number(let number): "\"\(name)\":\(number)"
        case .none: "\"\(name)\":null"
        }
      }
      return "{\(pairs.joined(separator: ","))}"
    }
    return "[\n" + objects.joined(separator: ",\n") + "\n]\n"
  }

  private static func rows(_ state: DashboardState) -> [[Value]] {
    state.lanes.flatMap { track in
      track.numerics.order.map { values(of: track.numerics.rows[$0], track, state.whatIf) }
    }
  }

  private static func values(of row: TensorRow, _ track: LaneTrack, _ whatIf: WhatIf) -> [Value] {
    let report = row.report
    func share(_ count: Int) -> Double? { report.sampled > 0 ? Double(count) / Double(report.sampled) : nil }
    let detailed = row.detail == nil ? nil : track.numerics.detailed
    let histogram = row.detail?.histogram
    let window = whatIf.format ?? report.format
    let shift = whatIf.shift(of: report.kind, storedAt: detailed?.scale)
    let fit = histogram?.fit(in: window, shiftedBy: shift, zeros: row.detail?.zeros ?? 0)
    let exponents = histogram?.range
    return [
      .text("\(track.lane)"), .text(report.kind.rawValue), .text(report.layer), .text(report.name),
      .text(report.format.rawValue), Value(report.count), Value(row.attempt), Value(report.sampled),
      Value(report.largest), Value(share(report.zeros)), Value(share(report.infinities)), Value(share(report.nans)),
      Value(detailed?.attempt), Value(detailed?.scale), Value(exponents?.lowerBound), Value(histogram?.median),
      Value(exponents?.upperBound), .text(window.rawValue), Value(shift), Value(fit?.flushed), Value(fit?.subnormal),
      Value(fit?.normal), Value(fit?.overflowing), Value(row.detail?.updateSurvival),
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

import TrainingEvents

/// Formats that the screen and the data behind it can be written in.
public enum ExportFormat: String, CaseIterable, Sendable, Hashable {
  /// The screen as plain text.
  case text
  /// The screen with escape sequences.
  case ansi
  /// The screen as a picture.
  case svg
  /// Every attempt of every lane as comma-separated values.
  case csv
  /// The same as JSON.
  case json
  /// Every tensor that was looked at, as comma-separated values.
  case numericsCSV = "numerics-csv"
  /// The same as JSON.
  case numericsJSON = "numerics-json"

  /// Ending of the file's name.
  public var fileExtension: String {
    switch self {
    case .text: "txt"
    case .ansi: "ans"
    case .svg, .csv, .json: rawValue
    case .numericsCSV: "numerics.csv"
    case .numericsJSON: "numerics.json"
    }
  }

  /// What the file holds, for the list.
  var help: String {
    switch self {
    case .text: "the screen as plain text"
    case .ansi: "the screen with colours, for cat"
    case .svg: "the screen as a picture"
    case .csv: "every attempt as a table"
    case .json: "every attempt as JSON"
    case .numericsCSV: "the numerics of every tensor as a table"
    case .numericsJSON: "the numerics of every tensor as JSON"
    }
  }
}

/// What the charts are drawn from, one row an attempt and lane.
public enum RunTable {
  private static let columns = [
    "lane", "attempt", "seconds", "samples", "loss", "loss_average", "step_ms", "loss_scale", "committed",
  ]

  /// Comma-separated values with a heading; nothing between commas where there is no number, "nan" and "inf" where it
  /// is not finite.
  ///
  /// O(attempts).
  public static func csv(_ state: DashboardState) -> String {
    var text = columns.joined(separator: ",") + "\n"
    for track in state.lanes {
      for index in track.history.attempts.indices {
        text += "\(track.lane)"
        for value in values(of: track.history, at: index) { text += ",\(value ?? "")" }
        text += "\n"
      }
    }
    return text
  }

  /// An array of objects, one a line; null where there is no number or it is not finite, for JSON has no such numbers.
  ///
  /// O(attempts).
  public static func json(_ state: DashboardState) -> String {
    var rows: [String] = []
    for track in state.lanes {
      for index in track.history.attempts.indices {
        let values = values(of: track.history, at: index)
        let pairs = zip(columns.dropFirst(), values).map { name, value in
          let isNumber = value.map { $0 != "nan" && !$0.hasSuffix("inf") } ?? false
          return "\"\(name)\":\(isNumber ? value ?? "null" : "null")"
        }
        rows.append("{\"lane\":\"\(track.lane)\"," + pairs.joined(separator: ",") + "}")
      }
    }
    return "[\n" + rows.joined(separator: ",\n") + "\n]\n"
  }

  private static func values(of history: LaneHistory, at index: Int) -> [String?] {
    let scale = history.scale.samples[index]
    let attempt = history.attempts[index]
    return [
      "\(attempt)", "\(history.seconds[index])", "\(Int(history.sampleCount.before(index)))",
      "\(history.loss.samples[index])", "\(history.smoothedLoss[index])", "\(history.stepTime.samples[index])",
      scale.isNaN ? nil : "\(scale)", history.skipped.has(attempt) ? "false" : "true",
    ]
  }

  /// What `c` copies: the lanes at the cursor, or as they are now, with tabs between the columns.
  static func copyText(_ state: DashboardState) -> String {
    var lines = ["lane\tprecision\tattempt\tloss\tloss average\tstep ms\tloss scale"]
    for track in state.lanes {
      let history = track.history
      guard let index = history.index(atOrBefore: state.cursor ?? Int.max) else { continue }
      let scale = history.scale.samples[index]
      lines.append(
        [
          "\(track.lane)", track.precision.rawValue, "\(history.attempts[index])", "\(history.loss.samples[index])",
          "\(history.smoothedLoss[index])", "\(history.stepTime.samples[index])", scale.isNaN ? "" : "\(scale)",
        ].joined(separator: "\t"))
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

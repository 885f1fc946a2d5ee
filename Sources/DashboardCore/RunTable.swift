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

  /// Rows of a piece of text: some 100 kB.
  private static let rowsOfPiece = 2048

  /// Comma-separated values with a heading; nothing between commas where there is no number, "nan" and "inf" where it
  /// is not finite.
  ///
  /// O(1) here, O(attempts) for all pieces.
  public static func csv(_ state: DashboardState) -> ExportText {
    let pieces = Pieces(state)
    return ExportText(count: pieces.rows.count + 1) { index in
      guard index > 0 else { return columns.joined(separator: ",") + "\n" }
      var text = ""
      pieces.forEachRow(of: index - 1) { lane, values, _ in
        text += lane
        for value in values { text += ",\(value ?? "")" }
        text += "\n"
      }
      return text
    }
  }

  /// An array of objects, one a line; null where there is no number or it is not finite, for JSON has no such numbers.
  ///
  /// O(1) here, O(attempts) for all pieces.
  public static func json(_ state: DashboardState) -> ExportText {
    let pieces = Pieces(state)
    let names = columns.dropFirst().map { "\"\($0)\":" }
    return ExportText(count: pieces.rows.count + 2) { index in
      guard index > 0 else { return "[\n" }
      guard index <= pieces.rows.count else { return "\n]\n" }
      var text = ""
      pieces.forEachRow(of: index - 1) { lane, values, isFirst in
        text += isFirst ? "{\"lane\":\"\(lane)\"" : ",\n{\"lane\":\"\(lane)\""
        for (name, value) in zip(names, values) {
          let isNumber = value.map { $0 != "nan" && !$0.hasSuffix("inf") } ?? false
          text += "," + name + (isNumber ? value ?? "null" : "null")
        }
        text += "}"
      }
      return text
    }
  }

  /// The series of a lane that have columns: arrays only, so that a run that goes on moves those few and no others.
  private struct Series: Sendable {
    var lane: LaneID
    var attempts: [Int]
    var seconds: [Float]
    var sampleCount: SampleCount
    var (loss, average, stepTime, scale): ([Float], [Float], [Float], [Float])
    var skipped: [Int]

    init(_ track: LaneTrack) {
      let history = track.history
      (lane, attempts, seconds) = (track.lane, history.attempts, history.seconds)
      (sampleCount, skipped) = (history.sampleCount, history.skipped)
      (loss, average) = (history.loss.samples, history.smoothedLoss)
      (stepTime, scale) = (history.stepTime.samples, history.scale.samples)
    }

    func values(at index: Int) -> [String?] {
      [
        "\(attempts[index])", "\(seconds[index])", "\(Int(sampleCount.before(index)))", "\(loss[index])",
        "\(average[index])", "\(stepTime[index])", scale[index].isNaN ? nil : "\(scale[index])",
        skipped.has(attempts[index]) ? "false" : "true",
      ]
    }
  }

  /// The rows of a table, cut into pieces.
  private struct Pieces: Sendable {
    private let series: [Series]
    /// Lane and rows of each piece.
    let rows: [(lane: Int, range: Range<Int>)]

    init(_ state: DashboardState) {
      series = state.lanes.map { Series($0) }
      rows = series.enumerated().flatMap { lane, series in
        stride(from: 0, to: series.attempts.count, by: rowsOfPiece).map { first in
          (lane, first..<min(first + rowsOfPiece, series.attempts.count))
        }
      }
    }

    /// Lane, values in the order of the columns after the lane, and whether it is the first row of all.
    func forEachRow(of piece: Int, _ body: (String, [String?], Bool) -> Void) {
      let (lane, range) = rows[piece]
      let name = "\(series[lane].lane)"
      for index in range { body(name, series[lane].values(at: index), piece == 0 && index == range.lowerBound) }
    }
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

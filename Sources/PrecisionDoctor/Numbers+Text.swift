import Foundation

/// "3.2 %", "0 %" for nothing at all, "<0.1 %" for very little.
func percent(_ share: Double) -> String {
  switch share {
  case 0: "0 %"
  case ..<0.0005: "<0.1 %"
  case 1: "100 %"
  case 0.9995...: ">99.9 %"
  default: String(format: "%.1f %%", share * 100)
  }
}

/// Three significant digits: "0.123", "6550", "1.2e+06".
func shortNumber(_ value: Double) -> String {
  let magnitude = abs(value)
  if !value.isFinite { return value.isNaN ? "NaN" : value < 0 ? "-inf" : "inf" }
  if magnitude == 0 { return "0" }
  if magnitude >= 1e6 || magnitude < 1e-3 { return String(format: "%.2g", value) }
  return magnitude >= 1000 ? String(format: "%.0f", value) : String(format: "%.3g", value)
}

func oneDigit(_ value: Double) -> String { value.isFinite ? String(format: "%.1f", value) : shortNumber(value) }

func fourDigits(_ value: Double) -> String { value.isFinite ? String(format: "%.4f", value) : shortNumber(value) }

/// A name cut at its beginning, where blocks stand.
func shortened(_ name: String, to width: Int) -> String {
  name.count <= width ? name : "…" + name.suffix(width - 1)
}

/// Lines of at most `DoctorReport.textWidth` columns, broken at blanks; later ones begin at column `hanging`.
func wrapped(_ text: String, indent: Int = 0, hanging: Int? = nil) -> [String] {
  var lines: [String] = []
  var line = String(repeating: " ", count: indent)
  var isEmpty = true
  for word in text.split(separator: " ") {
    if !isEmpty, line.count + 1 + word.count > DoctorReport.textWidth {
      lines.append(line)
      line = String(repeating: " ", count: hanging ?? indent)
      isEmpty = true
    }
    line += (isEmpty ? "" : " ") + word
    isEmpty = false
  }
  return lines + [line]
}

/// Rows as columns two blanks apart; the first and the last stand left, the others right.
///
/// The first column is cut so that no line is longer than `DoctorReport.textWidth`.
func aligned(_ rows: [[String]]) -> [String] {
  let columns = rows.first?.count ?? 0
  var widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
  let others = widths.dropFirst().reduce(0) { $0 + 2 + $1 }
  if columns > 0 { widths[0] = min(widths[0], max(8, DoctorReport.textWidth - others)) }
  return rows.map { row in
    let cells = row.enumerated().map { column, text in
      let text = shortened(text, to: column == 0 ? widths[0] : text.count)
      let blanks = String(repeating: " ", count: widths[column] - text.count)
      return column == 0 || column == columns - 1 ? text + blanks : blanks + text
    }
    let line = cells.joined(separator: "  ")
    return String(line.reversed().drop { $0 == " " }.reversed())
  }
}

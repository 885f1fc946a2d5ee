/// Columns of text, aligned.
struct TextTable {
  /// Where a column's text stands.
  enum Alignment {
    case left
    case right
  }

  private let alignments: [Alignment]
  private var rows: [[String]]

  /// A table with its heading.
  init(_ columns: [(title: String, alignment: Alignment)]) {
    alignments = columns.map(\.alignment)
    rows = [columns.map(\.title)]
  }

  /// Adds a row of as many cells as there are columns.
  mutating func add(_ cells: [String]) { rows.append(cells) }

  /// For terminals: columns two blanks apart.
  var plain: String {
    rows.map { row in
      let cells = row.enumerated().map { aligned($1, column: $0) }
      return cells.joined(separator: "  ").trimmingSuffix(" ")
    }.joined(separator: "\n")
  }

  /// For documents: a Markdown table.
  var markdown: String {
    let rule = alignments.map { $0 == .left ? "---" : "---:" }
    return ([rows[0], rule] + rows.dropFirst()).map { "| " + $0.joined(separator: " | ") + " |" }
      .joined(separator: "\n")
  }

  private func aligned(_ text: String, column: Int) -> String {
    let width = rows.map { $0[column].count }.max() ?? 0
    let blanks = String(repeating: " ", count: max(0, width - text.count))
    return alignments[column] == .left ? text + blanks : blanks + text
  }
}

extension String {
  fileprivate func trimmingSuffix(_ character: Character) -> String {
    var text = self[...]
    while text.last == character { text = text.dropLast() }
    return String(text)
  }
}

/// A row of fields of fixed width, of which the least important are left out where there is no room.
struct FieldRow {
  /// One field.
  struct Field {
    var pieces: [(String, Style)]
    /// The field with the largest number goes first.
    var priority: Int

    var width: Int { pieces.reduce(0) { $0 + $1.0.columns } }
  }

  /// Columns between fields.
  static let gap = 2

  /// Indices of the fields that fit into a width, in order.
  ///
  /// All rows of a table must ask with equal widths.
  static func fitting(_ fields: [Field], width: Int, gap: Int = gap) -> [Int] {
    var kept = Array(fields.indices)
    func needed() -> Int { kept.reduce(0) { $0 + fields[$1].width } + gap * max(0, kept.count - 1) }
    while kept.count > 1, needed() > width,
      let worst = kept.indices.max(by: { fields[kept[$0]].priority < fields[kept[$1]].priority })
    {
      kept.remove(at: worst)
    }
    return kept
  }

  /// Writes the fields that fit.
  static func draw(
    _ fields: [Field], x: Int, y: Int, gap: Int = gap, in rect: Rect, with painter: inout Painter
  ) {
    var column = x
    for index in fitting(fields, width: rect.right - x, gap: gap) {
      column = painter.write(fields[index].pieces, x: column, y: y, in: rect) + gap
    }
  }
}

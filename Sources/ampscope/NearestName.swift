/// Suggestions for names that were mistyped.
enum NearestName {
  /// "; did you mean X?" with the nearest of `names`, or a list of them where none is near.
  static func hint(for name: String, among names: [String]) -> String {
    let ranked = names.map { ($0, distance(name.lowercased(), $0.lowercased())) }.min { $0.1 < $1.1 }
    if let (nearest, edits) = ranked, edits <= max(2, name.count / 3) { return "; did you mean \(nearest)?" }
    return "; there are \(names.joined(separator: ", "))"
  }

  /// Edits from one name to the other: insertions, deletions and substitutions (Levenshtein 1966).
  ///
  /// O(n·m).
  static func distance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a), Array(b))
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, y) in b.enumerated() {
        let substitution = diagonal + (x == y ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(substitution, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[b.count]
  }
}

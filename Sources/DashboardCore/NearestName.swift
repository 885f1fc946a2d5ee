/// Suggestions for names that were mistyped: theme keys here, options and values on the command line.
public enum NearestName {
  /// The name with the fewest edits from a mistyped one; nil among none.
  public static func nearest(to name: String, among names: [String]) -> String? {
    names.min { distance(name.lowercased(), $0.lowercased()) < distance(name.lowercased(), $1.lowercased()) }
  }

  /// "; did you mean X?" with the nearest name, or a list of all where none is near.
  public static func hint(for name: String, among names: [String]) -> String {
    if let nearest = nearest(to: name, among: names),
      distance(name.lowercased(), nearest.lowercased()) <= max(2, name.count / 3)
    {
      return "; did you mean \(nearest)?"
    }
    return "; there are \(names.joined(separator: ", "))"
  }

  /// Edits from one name to the other: insertions, deletions and substitutions (Levenshtein 1966).
  ///
  /// O(product of the lengths); names are cut at 64 characters.
  static func distance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a.prefix(64)), Array(b.prefix(64)))
    var row = Array(0...b.count)
    for (i, left) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, right) in b.enumerated() {
        let replaced = diagonal + (left == right ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[b.count]
  }
}

/// Delta debugging: the algorithm ddmin (Zeller & Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002).
///
/// Finds a subset that passes a test and of which no single element can be left out (1-minimal); not always the
/// smallest one. Parts and complements of a set are tried, in ever finer cuts. Every set is tried once. O(n²) tests at worst,
/// O(log n) where one element suffices.
struct MinimalSubset<Element: Hashable> {
  private let test: (Set<Element>) throws -> Bool
  private var known: [Set<Element>: Bool] = [:]

  /// A search by a test; it is asked once for every set.
  init(_ test: @escaping (Set<Element>) throws -> Bool) { self.test = test }

  /// The subset, in the order of `elements`, which pass together.
  ///
  /// Single elements are tried first: one that suffices is smaller than anything else.
  mutating func search(_ elements: [Element]) throws -> [Element] {
    for element in elements where try passes([element]) { return [element] }
    return try reduced(elements)
  }

  private mutating func reduced(_ elements: [Element]) throws -> [Element] {
    var (current, parts) = (elements, 2)
    while current.count >= 2 {
      let chunks = MinimalSubset.cut(current, into: parts)
      if let chunk = try first(chunks) {
        (current, parts) = (chunk, 2)
        continue
      }
      let complements = chunks.map { chunk in current.filter { !Set(chunk).contains($0) } }
      if let complement = try first(complements) {
        (current, parts) = (complement, max(parts - 1, 2))
        continue
      }
      if parts >= current.count { break }
      parts = min(parts * 2, current.count)
    }
    return current
  }

  private mutating func first(_ candidates: [[Element]]) throws -> [Element]? {
    for candidate in candidates where try !candidate.isEmpty && passes(candidate) { return candidate }
    return nil
  }

  private mutating func passes(_ elements: [Element]) throws -> Bool {
    let set = Set(elements)
    if let answer = known[set] { return answer }
    let answer = try test(set)
    known[set] = answer
    return answer
  }

  /// Parts of nearly equal size, in order.
  private static func cut(_ elements: [Element], into parts: Int) -> [[Element]] {
    (0..<parts).map { Array(elements[($0 * elements.count / parts)..<(($0 + 1) * elements.count / parts)]) }
  }
}

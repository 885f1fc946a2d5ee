/// Chooses colours for lanes that tell them apart: on the background, and from each other, also for people with
/// deuteranopia or protanopia.
///
/// btop's themes promise nothing of the kind: no fixed pair of keys works in all of them. So the pair for lanes A and B
/// is searched for among all colours of a theme, and among lighter and darker shades of them where none will do.
/// Curves differ in their dashes and labels as well: colour is never the only difference.
enum LanePalette {
  /// Colours chosen for the lanes, best told apart first.
  static let count = 6
  /// Smallest CIEDE2000 difference between lanes A and B, in each kind of vision.
  static let pairDifference = 20.0
  /// The one that is looked for first.
  static let wantedDifference = 30.0
  /// The same between any two of the further lanes, where the theme has such colours.
  static let safeDifference = 12.0

  /// Takes the first pair, in the order of the candidates, that differs enough; then each candidate that differs from
  /// those taken, and then whichever differ most.
  static func choose(from candidates: [Color], on background: Color) -> [Color] {
    var pool: [Color] = []
    for candidate in candidates.map({ $0.legible(on: background, minimum: Contrast.graphics) })
    where !pool.contains(candidate) && candidate != .default {
      pool.append(candidate)
    }
    guard !pool.isEmpty else { return [.default] }
    let shades = pool + self.shades(of: pool, on: background)
    let pair =
      firstPair(in: pool, differingBy: wantedDifference) ?? firstPair(in: pool, differingBy: pairDifference)
      ?? firstPair(in: shades, differingBy: pairDifference) ?? widestPair(in: shades)
    var chosen = [pair.0, pair.1]
    while chosen.count < count {
      let safe = pool.first { candidate in chosen.allSatisfy { candidate.difference(from: $0) >= safeDifference } }
      guard let next = safe ?? shades.max(by: { least($0, chosen) < least($1, chosen) }), !chosen.contains(next) else {
        break
      }
      chosen.append(next)
    }
    return chosen
  }

  /// The candidates mixed with white and black, and those two, as far as they keep their contrast with the background.
  private static func shades(of pool: [Color], on background: Color) -> [Color] {
    var shades: [Color] = []
    for fraction in [0.3, 0.5, 0.7] {
      for color in pool { shades += [Color.white, .black].map { color.mixed(with: $0, at: fraction) } }
    }
    return (shades + [.white, .black]).filter { $0.contrast(with: background) >= Contrast.graphics }
  }

  private static func firstPair(in pool: [Color], differingBy wanted: Double) -> (Color, Color)? {
    for first in pool {
      for second in pool where first.difference(from: second) >= wanted { return (first, second) }
    }
    return nil
  }

  private static func widestPair(in pool: [Color]) -> (Color, Color) {
    var best = (pool[0], pool[0])
    var widest = -1.0
    for (index, first) in pool.enumerated() {
      for second in pool[(index + 1)...] {
        let difference = first.difference(from: second)
        if difference > widest { (best, widest) = ((first, second), difference) }
      }
    }
    return best
  }

  private static func least(_ color: Color, _ others: [Color]) -> Double {
    others.map { color.difference(from: $0) }.min() ?? 0
  }
}

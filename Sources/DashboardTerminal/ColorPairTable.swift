import DashboardCore

/// Which ncurses colour pair stands for a foreground and a background, at one colour depth.
///
/// A pair is defined once, when its colours first appear; after that a lookup is one hash of 64 bits.
struct ColorPairTable {
  /// The answer to a lookup.
  enum Answer: Equatable {
    /// A pair that was defined earlier; 0 is the terminal's own colours.
    case known(Int32)
    /// The next pair, to be defined now with these colour numbers, -1 being the terminal's own.
    case new(Int32, foreground: Int32, background: Int32)
    /// All pairs are taken.
    case full
  }

  /// How colours become numbers.
  let depth: ColorDepth
  /// Pairs 1 up to but without this one can be defined.
  let limit: Int32
  private var pairs: [UInt64: Int32] = [:]
  private var next: Int32 = 1

  /// An empty table.
  init(depth: ColorDepth, limit: Int32) {
    self.depth = depth
    self.limit = limit
  }

  /// Number of pairs defined.
  var count: Int { pairs.count }

  /// The pair of two colours, in O(1).
  mutating func lookUp(foreground: Color, background: Color) -> Answer {
    if depth == .monochrome || (foreground == .default && background == .default) { return .known(0) }
    let key = Self.key(foreground) << 32 | Self.key(background)
    if let pair = pairs[key] { return .known(pair) }
    guard next < limit else { return .full }
    pairs[key] = next
    defer { next += 1 }
    return .new(next, foreground: number(foreground), background: number(background))
  }

  /// Draws two colours with the terminal's own from now on: ncurses refused to define their pair.
  mutating func giveUp(foreground: Color, background: Color) {
    pairs[Self.key(foreground) << 32 | Self.key(background)] = 0
  }

  /// Forgets all pairs.
  mutating func removeAll() {
    pairs.removeAll(keepingCapacity: true)
    next = 1
  }

  private static func key(_ color: Color) -> UInt64 { UInt64(color.bits) }

  private func number(_ color: Color) -> Int32 {
    let nearest: Int? =
      switch depth {
      case .trueColor: color == .default ? nil : Int(Self.key(color))
      case .palette256: nearest256(color)
      case .palette16: nearest16(color)
      case .palette8: nearest8(color)
      case .monochrome: nil
      }
    return Int32(nearest ?? -1)
  }
}

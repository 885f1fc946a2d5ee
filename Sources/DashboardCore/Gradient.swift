/// A gradient of 101 colours, as btop builds it from up to three stops.
public struct Gradient: Sendable, Hashable {
  private let colors: [Color]

  /// Builds the gradient in integer arithmetic per channel: without an end all colours are the start; without a middle
  /// it runs from start to end; with both, start to middle over 0 to 50 and middle to end over 50 to 100.
  public init(start: Color, middle: Color? = nil, end: Color? = nil) {
    guard let end else {
      colors = Array(repeating: start, count: 101)
      return
    }
    colors = (0...100).map { index in
      guard let middle else { return Gradient.between(start, end, index, of: 100) }
      return index <= 50
        ? Gradient.between(start, middle, index, of: 50) : Gradient.between(middle, end, index - 50, of: 50)
    }
  }

  /// The colour at a percentage; values outside 0 to 100 are moved to the nearer end.
  public subscript(percent: Int) -> Color { colors[min(max(percent, 0), 100)] }

  private static func between(_ a: Color, _ b: Color, _ step: Int, of steps: Int) -> Color {
    guard let (r0, g0, b0) = a.channels, let (r1, g1, b1) = b.channels else {
      return step * 2 < steps ? a : b
    }
    func channel(_ from: UInt8, _ to: UInt8) -> UInt8 {
      UInt8(Int(from) + (Int(to) - Int(from)) * step / steps)
    }
    return .rgb(channel(r0, r1), channel(g0, g1), channel(b0, b1))
  }
}

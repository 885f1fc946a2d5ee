import DashboardCore

/// As much of a terminal as it takes to know what ncurses has drawn on it: text, colours and attributes by cell.
struct ScreenEmulator {
  /// A cell; colours are what selected them, "" for the terminal's own.
  struct Cell: Equatable {
    var character: Unicode.Scalar = " "
    var foreground = ""
    var background = ""
    var attributes: Set<Int> = []
  }

  let width: Int
  let height: Int
  private(set) var cells: [Cell]
  /// Sequences that are not known: what was drawn after them is not to be trusted.
  private(set) var unknown: [String] = []
  private var x = 0
  private var y = 0
  private var pen = Cell()

  init(width: Int, height: Int) {
    (self.width, self.height) = (width, height)
    cells = Array(repeating: Cell(), count: width * height)
  }

  mutating func take(_ output: String) {
    var rest = Substring(output).unicodeScalars
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\u{1B}":
        guard let next = rest.popFirst() else { return }
        if next == "[" {
          let parameters = String(String.UnicodeScalarView(rest.prefix { (0x20...0x3F).contains($0.value) }))
          rest = rest.dropFirst(parameters.unicodeScalars.count)
          control(parameters, rest.popFirst() ?? " ")
        } else if next == "(" {
          _ = rest.popFirst()
        } else if !["\\", "=", ">"].contains(next) {
          unknown.append("ESC \(next)")
        }
      case "\r": x = 0
      case "\n": y = min(y + 1, height - 1)
      case "\u{8}": x = max(0, x - 1)
      default: put(scalar)
      }
    }
  }

  private mutating func put(_ scalar: Unicode.Scalar) {
    if scalar.value < 0x20 { unknown.append("control \(scalar.value)") }
    guard x < width, y < height else { return }
    pen.character = scalar
    cells[y * width + x] = pen
    x += 1
  }

  private mutating func control(_ parameters: String, _ final: Unicode.Scalar) {
    let numbers = parameters.split(separator: ";", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    let count = max(1, numbers.first ?? 1)
    switch final {
    case "h", "l", "t", "r": break
    case "m": select(numbers)
    case "H": (y, x) = (count - 1, max(1, numbers.count > 1 ? numbers[1] : 1) - 1)
    case "A": y = max(0, y - count)
    case "B": y = min(height - 1, y + count)
    case "C": x = min(width - 1, x + count)
    case "D": x = max(0, x - count)
    case "G": x = count - 1
    case "d": y = count - 1
    case "J": erase(numbers.first == 2 ? 0..<width * height : y * width + x..<width * height)
    case "K": erase(numbers.first == 1 ? y * width..<y * width + x + 1 : y * width + x..<(y + 1) * width)
    case "X": erase(y * width + x..<min((y + 1) * width, y * width + x + count))
    case "b": for _ in 0..<count { put(pen.character) }
    default: unknown.append("CSI \(parameters)\(final)")
    }
  }

  /// Erased cells take the background: back colour erase.
  private mutating func erase(_ range: Range<Int>) {
    for index in range { cells[index] = Cell(background: pen.background) }
  }

  private mutating func select(_ numbers: [Int]) {
    var rest = numbers[...]
    while let code = rest.popFirst() {
      switch code {
      case 0: pen = Cell()
      case 1, 2, 4, 7: pen.attributes.insert(code)
      case 22: pen.attributes.subtract([1, 2])
      case 24, 27: pen.attributes.remove(code - 20)
      case 39: pen.foreground = ""
      case 49: pen.background = ""
      case 38, 48:
        let size = rest.first == 5 ? 2 : 4
        let text = rest.prefix(size).map { "\($0)" }.joined(separator: ";")
        rest = rest.dropFirst(size)
        if code == 38 { pen.foreground = text } else { pen.background = text }
      case 30...37, 90...97: pen.foreground = "\(code)"
      case 40...47, 100...107: pen.background = "\(code - 10)"
      default: unknown.append("SGR \(code)")
      }
    }
  }
}

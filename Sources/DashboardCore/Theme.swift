public import TrainingEvents

/// The colours of the dashboard by role, from the keys of a btop theme.
///
/// | role | btop key |
/// |---|---|
/// | background, text, titles, keys | `main_bg`, `main_fg`, `title`, `hi_fg` |
/// | borders: loss and speedup, memory, loss scale, step time, the rest | `cpu_box`, `mem_box`, `net_box`, `proc_box`, `div_line` |
/// | axis and secondary text | `graph_text`, moved towards `main_fg` until its contrast is 4.5 |
/// | lanes A, B, C … | chosen among the gradients so that they differ (`LanePalette`) |
/// | phases forward, backward, optimizer, cast, data, idle | `cached`, `free`, `available`, `used`, `download` at 70 %, `meter_bg` |
/// | memory categories | `cached`, `upload`, `used`, `free`, `available`, `process`, `meter_bg` at 70 % |
/// | good, warning, bad | `cpu_start`, `cpu_mid`, `cpu_end` |
///
/// Keys that a file leaves out are filled in as in btop: `meter_bg` and `graph_text` from `inactive_fg`, `process_*`
/// from `cpu_*`, everything else from the compiled-in theme.
public struct Theme: Sendable, Hashable {
  /// Name shown to the user.
  public let name: String
  /// Background of the screen.
  public let background: Color
  /// Text.
  public let foreground: Color
  /// Titles in borders.
  public let title: Color
  /// Keys to press, and what wants to be seen.
  public let highlight: Color
  /// Axis labels and secondary text, legible on the background.
  public let secondary: Color
  /// Grid lines and what is switched off.
  public let inactive: Color
  /// Background of a selected line.
  public let selectedBackground: Color
  /// Text of a selected line.
  public let selectedForeground: Color
  /// Something went well.
  public let good: Color
  /// Something to look at.
  public let warning: Color
  /// Something went wrong.
  public let bad: Color
  /// Border colour of each pane.
  let borders: [Pane: Color]
  /// Border of what is no pane.
  let divider: Color
  /// One colour a lane, used in turn.
  let lanes: [Color]
  /// Phases of a step in the order of `StepPhase`.
  let phases: [Color]
  /// Categories of memory in the order of `MemoryCategory`.
  let memory: [Color]
  /// True where the theme sets no colour at all, so that patterns must tell things apart.
  public let isMonochrome: Bool

  /// The theme without any colour: differences are drawn with patterns, letters and attributes.
  ///
  /// For terminals without colours and users who set NO_COLOR.
  public static let monochrome = Theme(monochromeNamed: "monochrome")

  init(name: String, palette: [ThemeKey: Color]) {
    let colors = ResolvedPalette(palette)
    self.name = name
    background = colors[.mainBackground]
    foreground = colors[.mainForeground]
    title = colors[.title]
    highlight = colors[.highlight]
    inactive = colors[.inactiveForeground]
    selectedBackground = colors[.selectedBackground]
    selectedForeground = colors[.selectedForeground]
    secondary = colors[.graphText].legible(on: background, towards: foreground)
    good = colors[.cpuStart]
    warning = colors[.cpuMiddle]
    bad = colors[.cpuEnd]
    borders = [
      .loss: colors[.cpuBox], .speedup: colors[.cpuBox], .memory: colors[.memoryBox], .lossScale: colors[.networkBox],
      .stepTime: colors[.processBox], .log: colors[.dividerLine],
    ]
    divider = colors[.dividerLine]
    lanes = LanePalette.choose(from: colors.laneCandidates, on: background)
    let idle = colors[.meterBackground]
    phases = [.cached, .free, .available, .used, .download].map { colors.gradient($0)[70] } + [idle]
    memory = [.cached, .upload, .used, .free, .available, .process].map { colors.gradient($0)[70] } + [idle]
    isMonochrome = false
  }

  private init(monochromeNamed name: String) {
    self.name = name
    (background, foreground, title, highlight, secondary, inactive) =
      (.default, .default, .default, .default, .default, .default)
    (selectedBackground, selectedForeground, good, warning, bad, divider) =
      (.default, .default, .default, .default, .default, .default)
    borders = [:]
    lanes = [.default]
    phases = Array(repeating: .default, count: StepPhase.allCases.count)
    memory = Array(repeating: .default, count: MemoryCategory.allCases.count)
    isMonochrome = true
  }

  /// Colour of a lane.
  public func color(of lane: LaneID) -> Color { lanes[((lane.rawValue % lanes.count) + lanes.count) % lanes.count] }

  func border(of pane: Pane) -> Color { borders[pane] ?? divider }
}

/// Every key of a theme with a value.
private struct ResolvedPalette {
  private let colors: [ThemeKey: Color]

  /// The gradients of btop's format.
  enum GradientName { case temperature, cpu, free, cached, available, used, download, upload, process }

  init(_ palette: [ThemeKey: Color]) { colors = palette }

  subscript(key: ThemeKey) -> Color {
    if let color = colors[key] { return color }
    switch key {
    case .graphText, .meterBackground: return self[.inactiveForeground]
    case .processStart: return self[.cpuStart]
    case .processMiddle: return self[.cpuMiddle]
    case .processEnd: return self[.cpuEnd]
    default: return Theme.standardPalette[key] ?? .default
    }
  }

  /// A gradient; its middle and end count as not set where the file sets its start but not them.
  func gradient(_ name: GradientName) -> Gradient {
    let (start, middle, end): (ThemeKey, ThemeKey, ThemeKey) =
      switch name {
      case .temperature: (.temperatureStart, .temperatureMiddle, .temperatureEnd)
      case .cpu: (.cpuStart, .cpuMiddle, .cpuEnd)
      case .free: (.freeStart, .freeMiddle, .freeEnd)
      case .cached: (.cachedStart, .cachedMiddle, .cachedEnd)
      case .available: (.availableStart, .availableMiddle, .availableEnd)
      case .used: (.usedStart, .usedMiddle, .usedEnd)
      case .download: (.downloadStart, .downloadMiddle, .downloadEnd)
      case .upload: (.uploadStart, .uploadMiddle, .uploadEnd)
      case .process: (.processStart, .processMiddle, .processEnd)
      }
    if name == .process, colors[.processStart] == nil { return gradient(.cpu) }
    if colors[start] != nil { return Gradient(start: self[start], middle: colors[middle], end: colors[end]) }
    return Gradient(start: self[start], middle: self[middle], end: self[end])
  }

  /// Colours that lanes may take, the most wanted first.
  var laneCandidates: [Color] {
    [self[.temperatureStart], gradient(.available)[100]]
      + [.cached, .used, .free, .cpu, .process, .upload, .download, .temperature].flatMap { name in
        [gradient(name)[100], gradient(name)[0]]
      } + [self[.highlight], self[.title], self[.mainForeground]]
  }
}

public import TrainingEvents

/// The colours of the dashboard by role, from the keys of a btop theme.
///
/// | role | btop key |
/// |---|---|
/// | background, text, titles, keys | `main_bg`, `main_fg`, `title`, `hi_fg` |
/// | borders: loss, speedup and race, memory, loss scale, step time and numerics, the rest | `cpu_box`, `mem_box`, `net_box`, `proc_box`, `div_line` |
/// | axis and secondary text | `graph_text`, moved towards `main_fg` |
/// | lanes A, B, C … | our `lane_a` …, else chosen among the gradients so that they differ (`LanePalette`) |
/// | phases forward, backward, optimizer, cast, data, numerics, idle | `cached`, `free`, `available`, `used`, `download`, `process` at 70 %, `meter_bg` |
/// | heat maps | `temp_start`, `temp_mid`, `temp_end` |
/// | memory categories | `cached`, `upload`, `used`, `free`, `available`, `process`, `meter_bg` at 70 % |
/// | good, warning, bad | `cpu_start`, `cpu_mid`, `cpu_end` |
/// | skipped steps and non-finite values, cursor | our `overflow`, else `cpu_end`; our `cursor`, else `hi_fg` |
///
/// Text is moved towards black or white until its contrast with the background is 4.5, marks until it is 3. Where a
/// theme leaves the background to the terminal, a dark one is assumed under light text and a light one under dark.
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
  /// Skipped steps and values that are not finite.
  public let overflow: Color
  /// The cursor on the charts.
  public let cursor: Color
  /// Border colour of each pane.
  let borders: [Pane: Color]
  /// Border of what is no pane.
  let divider: Color
  /// One colour a lane, used in turn.
  let lanes: [Color]
  /// From little to much, for heat maps.
  let heat: Gradient
  /// Phases of a step in the order of `StepPhase`.
  let phases: [Color]
  /// Categories of memory in the order of `MemoryCategory`.
  let memory: [Color]
  /// True where the theme sets no colour at all, so that patterns must tell things apart.
  public let isMonochrome: Bool
  /// True where the parts of a bar need patterns: their colours are missing, or too much alike.
  let usesPatterns: Bool

  /// The theme without any colour: differences are drawn with patterns, letters and attributes.
  ///
  /// For terminals without colours and users who set NO_COLOR.
  public static let monochrome = Theme(monochromeNamed: "monochrome")

  init(name: String, palette: [ThemeKey: Color]) {
    let colors = ResolvedPalette(palette)
    self.name = name
    background = colors[.mainBackground]
    let surface = colors.surface
    func text(_ key: ThemeKey, towards target: Color? = nil) -> Color {
      colors[key].legible(on: surface, towards: target)
    }
    func mark(_ key: ThemeKey) -> Color { colors[key].legible(on: surface, minimum: Contrast.graphics) }
    foreground = text(.mainForeground)
    title = text(.title, towards: foreground)
    highlight = text(.highlight, towards: foreground)
    secondary = text(.graphText, towards: foreground)
    inactive = colors[.inactiveForeground]
    selectedBackground = colors[.selectedBackground]
    selectedForeground = colors[.selectedForeground].legible(on: selectedBackground)
    good = mark(.cpuStart)
    warning = mark(.cpuMiddle)
    bad = mark(.cpuEnd)
    overflow = mark(.overflow)
    cursor = mark(.cursor)
    borders = [
      .loss: colors[.cpuBox], .speedup: colors[.cpuBox], .memory: colors[.memoryBox], .lossScale: colors[.networkBox],
      .stepTime: colors[.processBox], .log: colors[.dividerLine], .race: colors[.cpuBox],
      .numerics: colors[.processBox],
    ]
    divider = colors[.dividerLine]
    heat = colors.gradient(.temperature)
    lanes = LanePalette.choose(from: colors.laneCandidates, on: surface)
    let idle = colors[.meterBackground]
    phases = [.cached, .free, .available, .used, .download, .process].map { colors.gradient($0)[70] } + [idle]
    memory = [.cached, .upload, .used, .free, .available, .process].map { colors.gradient($0)[70] } + [idle]
    isMonochrome = false
    usesPatterns = [phases, memory].contains { parts in zip(parts, parts.dropFirst()).contains { $0.isLike($1) } }
  }

  private init(monochromeNamed name: String) {
    self.name = name
    (background, foreground, title, highlight, secondary, inactive) =
      (.default, .default, .default, .default, .default, .default)
    (selectedBackground, selectedForeground, good, warning, bad, divider) =
      (.default, .default, .default, .default, .default, .default)
    (overflow, cursor) = (.default, .default)
    borders = [:]
    heat = Gradient(start: .default)
    lanes = [.default]
    phases = Array(repeating: .default, count: StepPhase.allCases.count)
    memory = Array(repeating: .default, count: MemoryCategory.allCases.count)
    isMonochrome = true
    usesPatterns = true
  }

  /// Colour of a lane.
  public func color(of lane: LaneID) -> Color { lanes[((lane.rawValue % lanes.count) + lanes.count) % lanes.count] }

  func border(of pane: Pane) -> Color { borders[pane] ?? divider }

  /// True for dark text on a light background.
  public var isLight: Bool { (foreground.luminance ?? 1) < (background.luminance ?? 0.18) }

  /// How well lanes A and B can be told apart: the smallest CIEDE2000 difference over normal, deuteranopic and
  /// protanopic vision.
  public var laneDifference: Double { color(of: LaneID(0)).difference(from: color(of: LaneID(1))) }
}

extension Color {
  /// True where parts of a bar in these colours would look like one: by normal sight, for patterns are a last resort.
  fileprivate func isLike(_ other: Color) -> Bool {
    guard let first = linear, let second = other.linear else { return self == other }
    return LabColor(linear: first).difference(from: LabColor(linear: second)) < 6
  }
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
    case .overflow: return self[.cpuEnd]
    case .cursor: return self[.highlight]
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

  /// The background to judge contrast by: the theme's own, else what terminals usually have under such text.
  var surface: Color {
    guard self[.mainBackground] == .default else { return self[.mainBackground] }
    return (self[.mainForeground].luminance ?? 1) >= 0.18 ? .rgb(24, 24, 24) : .rgb(245, 245, 245)
  }

  /// Colours that lanes may take, the most wanted first.
  var laneCandidates: [Color] {
    let wanted = [ThemeKey.laneA, .laneB, .laneC, .laneD].compactMap { colors[$0] }
    return wanted + [self[.temperatureStart], gradient(.available)[100]]
      + [.cached, .used, .free, .cpu, .process, .upload, .download, .temperature].flatMap { name in
        [gradient(name)[100], gradient(name)[0]]
      } + [self[.highlight], self[.title], self[.mainForeground]]
  }
}

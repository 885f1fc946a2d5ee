/// The keys of btop's theme format (btop 1.4.6): 15 single colours, 9 gradients of three, 6 newer ones; and six of our
/// own, which btop ignores.
public enum ThemeKey: String, CaseIterable, Sendable, Hashable {
  /// Background of the screen; empty means the terminal's own.
  case mainBackground = "main_bg"
  /// Text.
  case mainForeground = "main_fg"
  /// Titles in box borders.
  case title
  /// Keys to press.
  case highlight = "hi_fg"
  /// Background of the selected line.
  case selectedBackground = "selected_bg"
  /// Text of the selected line.
  case selectedForeground = "selected_fg"
  /// Text that is switched off.
  case inactiveForeground = "inactive_fg"
  /// Text on graphs; inactive_fg where missing.
  case graphText = "graph_text"
  /// Empty part of meters; inactive_fg where missing.
  case meterBackground = "meter_bg"
  /// Small details in btop's process list.
  case processMiscellaneous = "proc_misc"
  /// Border of btop's processor box.
  case cpuBox = "cpu_box"
  /// Border of btop's memory box.
  case memoryBox = "mem_box"
  /// Border of btop's network box.
  case networkBox = "net_box"
  /// Border of btop's process box.
  case processBox = "proc_box"
  /// Lines that divide boxes.
  case dividerLine = "div_line"
  /// Start of the temperature gradient.
  case temperatureStart = "temp_start"
  /// Middle of the temperature gradient.
  case temperatureMiddle = "temp_mid"
  /// End of the temperature gradient.
  case temperatureEnd = "temp_end"
  /// Start of the processor gradient.
  case cpuStart = "cpu_start"
  /// Middle of the processor gradient.
  case cpuMiddle = "cpu_mid"
  /// End of the processor gradient.
  case cpuEnd = "cpu_end"
  /// Start of the free-memory gradient.
  case freeStart = "free_start"
  /// Middle of the free-memory gradient.
  case freeMiddle = "free_mid"
  /// End of the free-memory gradient.
  case freeEnd = "free_end"
  /// Start of the cached-memory gradient.
  case cachedStart = "cached_start"
  /// Middle of the cached-memory gradient.
  case cachedMiddle = "cached_mid"
  /// End of the cached-memory gradient.
  case cachedEnd = "cached_end"
  /// Start of the available-memory gradient.
  case availableStart = "available_start"
  /// Middle of the available-memory gradient.
  case availableMiddle = "available_mid"
  /// End of the available-memory gradient.
  case availableEnd = "available_end"
  /// Start of the used-memory gradient.
  case usedStart = "used_start"
  /// Middle of the used-memory gradient.
  case usedMiddle = "used_mid"
  /// End of the used-memory gradient.
  case usedEnd = "used_end"
  /// Start of the download gradient.
  case downloadStart = "download_start"
  /// Middle of the download gradient.
  case downloadMiddle = "download_mid"
  /// End of the download gradient.
  case downloadEnd = "download_end"
  /// Start of the upload gradient.
  case uploadStart = "upload_start"
  /// Middle of the upload gradient.
  case uploadMiddle = "upload_mid"
  /// End of the upload gradient.
  case uploadEnd = "upload_end"
  /// Start of the process gradient; cpu_start where missing.
  case processStart = "process_start"
  /// Middle of the process gradient; cpu_mid where missing.
  case processMiddle = "process_mid"
  /// End of the process gradient; cpu_end where missing.
  case processEnd = "process_end"
  /// Background of btop's banner while paused.
  case pauseBackground = "proc_pause_bg"
  /// Background of btop's banner while following a process.
  case followBackground = "proc_follow_bg"
  /// Background of btop's banner.
  case bannerBackground = "proc_banner_bg"
  /// Text of btop's banner.
  case bannerForeground = "proc_banner_fg"
  /// Background of a followed process.
  case followedBackground = "followed_bg"
  /// Text of a followed process.
  case followedForeground = "followed_fg"
  /// Ours: wanted colour of lane A, taken where it can be told from lane B's.
  case laneA = "lane_a"
  /// Ours: wanted colour of lane B.
  case laneB = "lane_b"
  /// Ours: wanted colour of lane C.
  case laneC = "lane_c"
  /// Ours: wanted colour of lane D.
  case laneD = "lane_d"
  /// Ours: marks of skipped steps and of values that are not finite; cpu_end where missing.
  case overflow
  /// Ours: the cursor on the charts; hi_fg where missing.
  case cursor

  /// The keys that btop does not know; a theme may leave them out.
  public static let own: Set<ThemeKey> = [.laneA, .laneB, .laneC, .laneD, .overflow, .cursor]
}

extension Theme {
  /// The compiled-in theme: the same as `themes/ampscope-dark.theme`, for when no file is found.
  public static let standard = Theme(name: "ampscope-dark", palette: standardPalette)

  static let standardPalette: [ThemeKey: Color] = hexadecimal([
    .mainBackground: 0x0D1117, .mainForeground: 0xC9D1D9, .title: 0xF0F6FC, .highlight: 0xD2A8FF,
    .selectedBackground: 0x1F3A5F, .selectedForeground: 0xFFFFFF, .inactiveForeground: 0x484F58,
    .graphText: 0x8B949E, .meterBackground: 0x30363D, .processMiscellaneous: 0x56D4DD,
    .cpuBox: 0x3A6EA5, .memoryBox: 0x3F7F55, .networkBox: 0x8A4F7D, .processBox: 0x8A6A2F, .dividerLine: 0x30363D,
    .temperatureStart: 0x58A6FF, .temperatureMiddle: 0xBC8CFF, .temperatureEnd: 0xFF7B72,
    .cpuStart: 0x56D364, .cpuMiddle: 0xE3B341, .cpuEnd: 0xF85149,
    .freeStart: 0x1B7C83, .freeMiddle: 0x2AA7B0, .freeEnd: 0x56D4DD,
    .cachedStart: 0x1F6FEB, .cachedMiddle: 0x388BFD, .cachedEnd: 0x79C0FF,
    .availableStart: 0x9E6A03, .availableMiddle: 0xD29922, .availableEnd: 0xFFB757,
    .usedStart: 0xA3262A, .usedMiddle: 0xDA3633, .usedEnd: 0xFF7B72,
    .downloadStart: 0x6E40C9, .downloadMiddle: 0x8957E5, .downloadEnd: 0xBC8CFF,
    .uploadStart: 0xBF4B8A, .uploadMiddle: 0xDB61A2, .uploadEnd: 0xFF9BCE,
    .processStart: 0x238636, .processMiddle: 0x2EA043, .processEnd: 0x7EE787,
    .pauseBackground: 0x9E6A03, .followBackground: 0x1F6FEB, .bannerBackground: 0x8957E5,
    .bannerForeground: 0xFFFFFF, .followedBackground: 0x1F6FEB, .followedForeground: 0xFFFFFF,
  ])

  private static func hexadecimal(_ values: [ThemeKey: UInt32]) -> [ThemeKey: Color] {
    values.mapValues { value in
      .rgb(
        UInt8(truncatingIfNeeded: value >> 16), UInt8(truncatingIfNeeded: value >> 8),
        UInt8(truncatingIfNeeded: value))
    }
  }
}

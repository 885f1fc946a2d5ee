import DashboardCore
import Foundation

/// The files that the dashboard keeps for a user: settings, and a mark that it was seen before.
enum UserFiles {
  /// `$XDG_CONFIG_HOME/ampscope/config.toml`.
  static var settings: String { folder("XDG_CONFIG_HOME", else: "/.config") + "/ampscope/config.toml" }

  /// Changes a state's settings to the saved ones; returns what could not be used, each with file and line.
  static func loadSettings(into state: inout DashboardState) -> [String] {
    guard FileManager.default.fileExists(atPath: settings) else { return [] }
    guard let data = FileManager.default.contents(atPath: settings), let text = String(data: data, encoding: .utf8)
    else { return ["\(settings): cannot be read as UTF-8 text; check its permissions"] }
    return SettingsFile.apply(text, to: &state).map { "\(settings), \($0)" }
  }

  /// Saves a state's settings; returns a line for the user.
  static func saveSettings(_ state: DashboardState) -> String {
    do {
      try write(SettingsFile.text(of: state), to: settings)
      return "settings saved to \(settings)"
    } catch {
      return "settings not saved: \(reason(error))"
    }
  }

  /// Whether this user never had a dashboard before; true once, and never where the mark cannot be written.
  static func isFirstRun() -> Bool {
    let mark = folder("XDG_STATE_HOME", else: "/.local/state") + "/ampscope/seen"
    guard !FileManager.default.fileExists(atPath: mark) else { return false }
    return (try? write("", to: mark)) != nil
  }

  /// The name of a new file in a folder, after the time: one that is not there yet.
  static func freshName(_ format: ExportFormat, in folder: String) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyyMMdd-HHmmss"
    let stem = "ampscope-\(formatter.string(from: Date()))"
    var (name, count) = ("\(stem).\(format.fileExtension)", 1)
    while FileManager.default.fileExists(atPath: folder + "/" + name) {
      count += 1
      name = "\(stem)-\(count).\(format.fileExtension)"
    }
    return name
  }

  private static func write(_ text: String, to path: String) throws {
    let folder = (path as NSString).deletingLastPathComponent
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
  }

  private static func reason(_ error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    return underlying.map { String(cString: strerror(Int32($0.code))) } ?? error.localizedDescription
  }

  private static func folder(_ variable: String, else fallback: String) -> String {
    guard let value = ProcessInfo.processInfo.environment[variable], !value.isEmpty else {
      return NSHomeDirectory() + fallback
    }
    return value
  }
}

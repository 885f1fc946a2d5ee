import Foundation

/// A folder that is looked in for themes, and whose format its files promise.
struct ThemeFolder: Hashable {
  /// Who writes such files.
  enum Kind: String { case ampscope, btop }

  let path: String
  let kind: Kind

  /// All folders, first hit wins: our own (the user's, the system's, beside the program, and those above it, for a build
  /// inside the repository), then btop's where btop looks itself.
  static var all: [ThemeFolder] {
    own.map { ThemeFolder(path: $0, kind: .ampscope) } + btop.map { ThemeFolder(path: $0, kind: .btop) }
  }

  private static var own: [String] {
    var result = [variable("XDG_CONFIG_HOME", else: home + "/.config") + "/ampscope/themes"]
    result.append(variable("XDG_DATA_HOME", else: home + "/.local/share") + "/ampscope/themes")
    for part in variable("XDG_DATA_DIRS", else: "/usr/local/share:/usr/share").split(separator: ":") {
      result.append(part + "/ampscope/themes")
    }
    var above = programFolder
    result.append(above + "/../share/ampscope/themes")
    for _ in 0..<4 where above.count > 1 {
      result.append(above + "/themes")
      above = (above as NSString).deletingLastPathComponent
    }
    return result
  }

  /// The user's folder, then the first of the system's that exists (btop 1.4.6, `src/btop.cpp`).
  private static var btop: [String] {
    let user = variable("XDG_CONFIG_HOME", else: home + "/.config") + "/btop/themes"
    let system = [programFolder + "/../share", "/usr/local/share", "/usr/share"].map { $0 + "/btop/themes" }
    return [user] + system.filter { FileManager.default.fileExists(atPath: $0) }.prefix(1)
  }

  private static var home: String { NSHomeDirectory() }

  private static var programFolder: String {
    let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return (program as NSString).deletingLastPathComponent
  }

  private static func variable(_ name: String, else fallback: String) -> String {
    guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else { return fallback }
    return value
  }
}

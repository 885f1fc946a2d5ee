import ArgumentParser
import DashboardCore
import Foundation

/// The themes that can be chosen: the compiled-in one and the `.theme` files found in the theme folders.
struct ThemeCatalog {
  /// A theme and where it came from.
  struct Entry {
    let name: String
    let origin: String
    let theme: Theme
  }

  /// The compiled-in theme first, then files by name; a file hides files of its name in later folders.
  private(set) var entries: [Entry]
  /// Files that could not be read, and why.
  private(set) var problems: [String] = []

  /// Reads every theme folder.
  init() {
    entries = [Entry(name: Theme.standard.name, origin: "compiled in", theme: .standard)]
    for folder in ThemeCatalog.folders {
      let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      for file in files.sorted() where file.hasSuffix(".theme") {
        let name = String(file.dropLast(".theme".count))
        guard !entries.contains(where: { $0.name == name }) else { continue }
        do {
          entries.append(try ThemeCatalog.read(folder + "/" + file, name: name))
        } catch {
          problems.append("\(error)")
        }
      }
    }
  }

  /// Where themes are looked for, first hit wins: the user's, the system's, beside the program, and the folders above it
  /// (a build inside the repository).
  static var folders: [String] {
    let environment = ProcessInfo.processInfo.environment
    func folder(_ variable: String, _ fallback: String) -> String {
      guard let value = environment[variable], !value.isEmpty else { return fallback }
      return value
    }
    let home = NSHomeDirectory()
    var result = [folder("XDG_CONFIG_HOME", home + "/.config") + "/ampscope/themes"]
    result.append(folder("XDG_DATA_HOME", home + "/.local/share") + "/ampscope/themes")
    for part in folder("XDG_DATA_DIRS", "/usr/local/share:/usr/share").split(separator: ":") {
      result.append(part + "/ampscope/themes")
    }
    let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    var above = (executable as NSString).deletingLastPathComponent
    result.append(above + "/../share/ampscope/themes")
    for _ in 0..<4 where above.count > 1 {
      result.append(above + "/themes")
      above = (above as NSString).deletingLastPathComponent
    }
    return result
  }

  /// Index of a theme by name, or of a file by path, which is read and added.
  ///
  /// Throws `ThemeError` for a broken file and `ValidationError` for an unknown name.
  mutating func select(_ wanted: String) throws -> Int {
    if let index = entries.firstIndex(where: { $0.name == wanted }) { return index }
    if wanted.contains("/") || wanted.hasSuffix(".theme") {
      let name = ((wanted as NSString).lastPathComponent as NSString).deletingPathExtension
      entries.append(try ThemeCatalog.read(wanted, name: name))
      return entries.count - 1
    }
    let hint = NearestName.hint(for: wanted, among: entries.map(\.name))
    throw ValidationError("--theme: unknown theme \"\(wanted)\"\(hint)")
  }

  private static func read(_ path: String, name: String) throws -> Entry {
    guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8) else {
      throw ThemeFileError(path: path, problem: "cannot be read as UTF-8 text; check the path and its permissions")
    }
    do {
      return Entry(name: name, origin: path, theme: try ThemeParser.parse(text: text, name: name))
    } catch {
      throw ThemeFileError(path: path, problem: "\(error)")
    }
  }
}

/// A theme file cannot be used.
struct ThemeFileError: Error, CustomStringConvertible {
  let path: String
  let problem: String

  var description: String { "\(path): \(problem)" }
}

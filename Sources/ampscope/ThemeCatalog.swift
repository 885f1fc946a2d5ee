import ArgumentParser
import DashboardCore
import Foundation

/// The themes that can be chosen: the compiled-in one and the `.theme` files found in the theme folders.
struct ThemeCatalog {
  /// A theme and where it came from.
  struct Entry {
    let name: String
    var theme: Theme
    /// Its file; nil where it is compiled in.
    let path: String?
    let kind: ThemeFolder.Kind
    /// When the file was last changed, as far as is known.
    var modified: Date?
    /// What of a theme made for btop was not understood and left out.
    var leftOut: [ThemeError] = []

    /// Where the theme came from.
    var origin: String { path ?? "compiled in" }
  }

  /// The compiled-in theme first, then files by folder and name; a file hides files of its name in later folders.
  private(set) var entries: [Entry]
  /// Files that could not be read, and why.
  private(set) var problems: [String] = []

  /// Reads every theme folder.
  init() {
    let standard = Theme.standard
    entries = [Entry(name: standard.name, theme: standard, path: nil, kind: .ampscope)]
    for folder in ThemeFolder.all {
      let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
      for file in files.sorted() where file.hasSuffix(".theme") {
        let name = String(file.dropLast(".theme".count))
        guard !entries.contains(where: { $0.name == name }) else { continue }
        do {
          entries.append(try ThemeCatalog.read(folder.path + "/" + file, name: name, kind: folder.kind))
        } catch {
          problems.append("\(error)")
        }
      }
    }
  }

  /// Index of a theme by name or file name, or of a file by path, which is read and added.
  ///
  /// Throws `ThemeFileError` for a broken file and `ValidationError` for an unknown name.
  mutating func select(_ wanted: String) throws -> Int {
    if let index = entries.firstIndex(where: { $0.name == wanted || $0.name + ".theme" == wanted }) { return index }
    if let index = entries.firstIndex(where: { $0.path == wanted }) { return index }
    if wanted.contains("/") || wanted.hasSuffix(".theme") {
      let name = ((wanted as NSString).lastPathComponent as NSString).deletingPathExtension
      entries.append(try ThemeCatalog.read(wanted, name: name, kind: .ampscope))
      return entries.count - 1
    }
    let hint = NearestName.hint(for: wanted, among: entries.map(\.name))
    throw ValidationError("--theme: unknown theme \"\(wanted)\"\(hint)")
  }

  /// Reads a theme's file again if it was changed since; false where it was not.
  ///
  /// Throws `ThemeFileError` where it is broken now; the theme stays as it was.
  mutating func reload(_ index: Int) throws -> Bool {
    guard entries.indices.contains(index), let path = entries[index].path else { return false }
    let modified = ThemeCatalog.modificationDate(path)
    guard let modified, modified != entries[index].modified else { return false }
    // Taken note of before reading: a broken file is complained about once.
    entries[index].modified = modified
    entries[index] = try ThemeCatalog.read(path, name: entries[index].name, kind: entries[index].kind)
    return true
  }

  private static func read(_ path: String, name: String, kind: ThemeFolder.Kind) throws -> Entry {
    let modified = modificationDate(path)
    guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8) else {
      throw ThemeFileError(path: path, problem: "cannot be read as UTF-8 text; check the path and its permissions")
    }
    if kind == .btop {
      let (theme, problems) = ThemeParser.parseForeign(text: text, name: name)
      return Entry(name: name, theme: theme, path: path, kind: kind, modified: modified, leftOut: problems)
    }
    do {
      let theme = try ThemeParser.parse(text: text, name: name)
      return Entry(name: name, theme: theme, path: path, kind: kind, modified: modified)
    } catch {
      throw ThemeFileError(path: path, problem: "\(error)")
    }
  }

  private static func modificationDate(_ path: String) -> Date? {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return attributes?[.modificationDate] as? Date
  }
}

/// A theme file cannot be used.
struct ThemeFileError: Error, CustomStringConvertible {
  let path: String
  let problem: String

  var description: String { "\(path): \(problem)" }
}

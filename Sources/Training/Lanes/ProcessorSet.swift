import Foundation

/// The processors of this process.
public enum ProcessorSet {
  /// Numbers of the processors that this process may use (its affinity mask: a container's or scheduler's limit counts).
  ///
  /// Read from the field `Cpus_allowed_list` of /proc/self/status; where that is missing, all processors of the system.
  public static var allowed: [Int] {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
    let numbers = line.map { ProcessorSet.numbers(inList: $0.dropFirst("Cpus_allowed_list:".count)) } ?? []
    return numbers.isEmpty ? Array(0..<ProcessInfo.processInfo.processorCount) : numbers
  }

  /// The numbers of a kernel list such as "0-3,8,10-11".
  static func numbers(inList list: some StringProtocol) -> [Int] {
    list.split(separator: ",").flatMap { part -> [Int] in
      let ends = part.split(separator: "-").compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
      guard let first = ends.first, let last = ends.last, first <= last else { return [] }
      return Array(first...last)
    }
  }

  /// Disjoint parts of `threads` processors for each of `lanes` lanes; nil where there are too few.
  static func partition(_ processors: [Int], lanes: Int, threads: Int) -> [[Int]]? {
    guard lanes * threads <= processors.count else { return nil }
    return (0..<lanes).map { Array(processors[($0 * threads)..<(($0 + 1) * threads)]) }
  }
}

import Foundation

/// Memory of this process as the kernel counts it.
public enum ResidentMemory {
  /// Resident set size in bytes (second field of /proc/self/statm); 0 where the system does not tell.
  public static var bytes: Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
    let fields = text.split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { return 0 }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}

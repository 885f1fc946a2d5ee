import BackendCPU

/// What this program is.
enum Version {
  static let number = "0.1.0"

  static var text: String { "ampscope \(number), oneDNN \(CPUBackend.libraryVersion)" }

  static var components: [String: String] { ["ampscope": number, "oneDNN": CPUBackend.libraryVersion] }
}

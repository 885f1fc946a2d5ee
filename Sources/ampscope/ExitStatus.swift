/// How the program ends; thrown to end it there.
struct ExitStatus: Error {
  let code: Int32

  static let failure = ExitStatus(code: 1)
  static let usage = ExitStatus(code: 2)
  static let diverged = ExitStatus(code: 3)
  static let unmet = ExitStatus(code: 4)

  /// Ended by a signal, as a shell would report it.
  static func signal(_ number: Int32) -> ExitStatus { ExitStatus(code: 128 + number) }
}

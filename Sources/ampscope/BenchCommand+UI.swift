import Benchmarks
import Glibc
import TrainingEvents

/// What the dashboard costs.
extension BenchCommand {
  func runUI() throws {
    let isTerminal = isatty(STDERR_FILENO) == 1
    let report = try UIBench(effort: quick ? .quick : UIBench.Effort()) { text in
      StandardStream.complain(isTerminal ? "\r\u{1B}[K\(text)" : "\(text)\n")
    }.run()
    if isTerminal { StandardStream.complain("\r\u{1B}[K") }
    let machine = report.machine
    let heading = "\(machine.processor), \(machine.allowedProcessors) processors; \(Version.text)"
    try print([heading, ""] + report.lines(markdown ? .markdown : .plain), report)
  }
}

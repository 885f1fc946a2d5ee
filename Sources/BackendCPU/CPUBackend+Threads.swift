import CKernels
import Glibc

extension CPUBackend {
  /// Binds the calling thread's OpenMP team to processors, one part a member, lowers its priority, and flushes denormals.
  ///
  /// The thread is bound first: libgomp's team threads inherit its mask when they start, and every member is bound again
  /// afterwards, so that a team that exists already moves. Numbers below 1e-38 become 0: fp32 training loses nothing by
  /// it, and 16-bit backward passes stay fast. fp16's own subnormals are converted, not flushed.
  public func configureThread(threads: Int, processors: [Int], niceness: Int) -> [String] {
    var problems: [String] = []
    let team = Int32(threads)
    amp_set_team_size(team)
    if !processors.isEmpty {
      let numbers = processors.map(Int32.init)
      let failure = numbers.withUnsafeBufferPointer { amp_bind_team(team, $0.baseAddress, Int32($0.count)) }
      if failure != 0 {
        problems.append("threads could not be bound to processors \(processors): \(String(cString: strerror(failure)))")
      }
    }
    if niceness != 0 {
      let failure = amp_nice_team(team, Int32(niceness))
      if failure != 0 {
        problems.append("thread priority could not be lowered: \(String(cString: strerror(failure)))")
      }
    }
    amp_flush_denormals(team, true)
    return problems
  }
}

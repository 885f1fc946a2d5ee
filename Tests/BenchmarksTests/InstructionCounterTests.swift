import BackendCPU
import Datasets
import Foundation
import Testing
import Training
import TrainingEvents

@testable import Benchmarks

/// The kernel's own clock goes through the same calls as the processor's counter, and is there on virtual machines too.
@Suite("Counting what a thread does")
struct InstructionCounterTests {
  /// The counter; nil where the system forbids all of them, as containers do, and then it says so.
  private func clock() throws -> InstructionCounter? {
    do {
      return try InstructionCounter(counting: .taskClock)
    } catch {
      #expect([EPERM, EACCES, ENOSYS].contains(error.code), "\(error)")
      #expect(error.description.contains("perf_event"))
      return nil
    }
  }

  /// Processor time of the calling thread in nanoseconds.
  private var threadNanoseconds: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// Computes for some milliseconds of processor time.
  private func work(milliseconds: Int64) {
    let end = threadNanoseconds + milliseconds * 1_000_000
    while threadNanoseconds < end {}
  }

  @Test("What is counted between two readings is what the thread did between them")
  func taskClock() throws {
    guard let counter = try clock() else { return }
    let start = ContinuousClock.now
    let first = counter.value
    let before = threadNanoseconds
    work(milliseconds: 20)
    let worked = threadNanoseconds - before
    let counted = counter.value - first
    // On a virtual machine the counter takes time that the host gave to others, which the thread's own clock leaves out.
    let elapsed = Int64((ContinuousClock.now - start) / .nanoseconds(1))
    #expect(counted >= worked - 1_000_000 && counted <= elapsed + 1_000_000, "\(counted): \(worked) to \(elapsed)")
    #expect(counter.failure == nil)
  }

  @Test("Instructions are counted, or the reason says what to do")
  func instructions() throws {
    let counter: InstructionCounter
    do {
      counter = try InstructionCounter()
    } catch {
      #expect(error.code > 0 && error.description.contains(":"))
      return
    }
    let start = counter.value
    work(milliseconds: 5)
    let once = counter.value - start
    #expect(once > 100_000 || counter.failure != nil)
  }

  @Test(
    "Each reason names what allows counting",
    arguments: [
      (ENOENT, "a PMU"), (EOPNOTSUPP, "a PMU"), (EACCES, "perf_event_paranoid to 2 or less (it is 4)"),
      (EPERM, "system call perf_event_open"), (ENOSYS, "CONFIG_PERF_EVENTS"), (EBUSY, "NMI watchdog"),
      (EINVAL, "manual page"),
    ])
  func failures(code: Int32, message: String) {
    let failure = InstructionCounter.Failure(code: code, paranoia: 4)
    #expect(failure.description.contains(message) && failure.description.contains(String(cString: strerror(code))))
    #expect(!InstructionCounter.Failure(code: EACCES, paranoia: nil).description.contains("it is"))
  }

  @Test("A counter of the bench is read around every node, and around whole steps")
  func bench() throws {
    guard let counter = try clock() else { return }
    let configuration = try BenchmarkedRun.small(steps: 1).configuration
    var bench = GuardBench(CPUBackend())
    (bench.steps, bench.counter) = (1, counter)
    var report = GuardReport(machine: machine, versions: [:])
    // Under the name of a network that has thresholds.
    try bench.measureKernels(
      "cnn", configuration, policy: PrecisionPolicy(.fp32),
      withReference: { step in try CPUBackend.withReferenceKernels { try step() } }, into: &report)
    let optimizer = try #require(report.rows.first { $0.name == "cnn fp32: optimizer" }?.instructions)
    #expect(optimizer.ours > 0 && optimizer.reference > 0)
    try bench.measureStep(
      "small", configuration, policy: PrecisionPolicy(.fp32), yardstick: { work(milliseconds: 3) }, into: &report)
    let step = try #require(report.rows.last?.instructions)
    #expect(step.reference > 2e6 && step.ours > 0 && report.uncounted == nil)
  }
}

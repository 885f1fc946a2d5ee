import CCounters
import Foundation

/// Counts the instructions that a thread retires outside the kernel, where the machine counts them.
///
/// Other than times, counts hardly move with neighbours, caches and clock. Used on the thread that made it only.
///
/// Source: perf_event_open(2).
public final class InstructionCounter {
  /// What is counted.
  enum Event {
    /// Retired instructions, by a counter of the processor.
    case instructions
    /// Nanoseconds on a processor, by the kernel: the same calls on machines without such a counter.
    case taskClock
  }

  /// Why a count cannot be trusted; nil where all readings so far succeeded.
  public private(set) var failure: Failure?
  private let descriptor: Int32
  private var last: Int64 = 0

  /// Starts counting instructions of the calling thread; throws `Failure` where the machine does not allow it.
  public convenience init() throws(Failure) { try self.init(counting: .instructions) }

  init(counting event: Event) throws(Failure) {
    let opened = amp_counter_open(event == .instructions ? AMP_COUNT_INSTRUCTIONS : AMP_COUNT_TASK_CLOCK)
    guard opened >= 0 else { throw Failure(code: -opened, paranoia: Failure.currentParanoia) }
    descriptor = opened
  }

  deinit { close(descriptor) }

  /// What was counted since the counter was made; the last value where it cannot be read, which `failure` says then.
  public var value: Int64 {
    let count = amp_counter_read(descriptor)
    if count >= 0 { last = count } else { failure = Failure(code: Int32(-count), paranoia: nil) }
    return last
  }

  /// Why instructions are not counted.
  public struct Failure: Error, Equatable, CustomStringConvertible {
    /// The system's error number.
    public let code: Int32
    /// What /proc/sys/kernel/perf_event_paranoid holds; nil where that is unknown.
    let paranoia: Int?

    /// What is the matter, and what to do.
    public var description: String { "\(String(cString: strerror(code))): \(meaning)" }

    private var meaning: String {
      switch code {
      case ENOENT, ENODEV, EOPNOTSUPP:
        "this machine shows no counter of instructions, as most virtual machines do not; run on one with a PMU"
      case EACCES, EPERM:
        "the kernel does not let this user count; set /proc/sys/kernel/perf_event_paranoid to 2 or less"
          + (paranoia.map { " (it is \($0))" } ?? "") + ", and in a container allow the system call perf_event_open"
      case ENOSYS: "this kernel has no perf_event_open; run on Linux with CONFIG_PERF_EVENTS"
      case EBUSY: "another program holds the processor's counter, as perf or the NMI watchdog do; end it, and run again"
      default: "perf_event_open failed; see its manual page"
      }
    }

    static var currentParanoia: Int? {
      let text = try? String(contentsOfFile: "/proc/sys/kernel/perf_event_paranoid", encoding: .utf8)
      return text.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
  }
}

import Foundation

/// Time that processors have been busy, for whomever, as /proc/stat counts it.
enum ProcessorLoad {
  /// Milliseconds in which the processors computed, or would have had a neighbour of this virtual machine not been in
  /// their place; nil where the system does not say.
  static func busyMilliseconds(of processors: [Int]) -> Double? {
    guard let text = try? String(contentsOfFile: "/proc/stat", encoding: .utf8) else { return nil }
    return busyMilliseconds(of: processors, in: text, ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK))))
  }

  /// As above, from the text of /proc/stat.
  ///
  /// A line has ticks of user, nice, system, idle, iowait, irq, softirq and steal time, and guests', which are in user.
  static func busyMilliseconds(of processors: [Int], in text: String, ticksPerSecond: Double) -> Double? {
    let names = Set(processors.map { "cpu\($0)" })
    var (ticks, found) = (0.0, 0)
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count >= 9, names.contains(String(fields[0])) else { continue }
      let numbers = fields[1...8].compactMap { Double($0) }
      guard numbers.count == 8 else { return nil }
      ticks += numbers.reduce(0, +) - numbers[3] - numbers[4]
      found += 1
    }
    return found == names.count && found > 0 ? ticks * 1000 / ticksPerSecond : nil
  }
}

/// What others compute on some processors while contenders are measured.
struct LoadMeter {
  private let processors: [Int]
  private let contenders: [any Contender]
  private let busy: Double?
  private let own: Double?
  private let began = ContinuousClock.now

  /// Begins to measure; of `contenders` one of each process counts.
  init(_ processors: [Int], _ contenders: [any Contender]) {
    self.processors = processors
    let twin = contenders.first { $0.isCompiled != nil }
    self.contenders = contenders.prefix(1) + (twin.map { [$0] } ?? [])
    busy = ProcessorLoad.busyMilliseconds(of: processors)
    own = LoadMeter.used(by: self.contenders)
  }

  /// The others' share of the processors since then, 0 to 1; nil where it is unknown.
  var foreignShare: Double? {
    guard let busy, let own, let busyNow = ProcessorLoad.busyMilliseconds(of: processors),
      let ownNow = LoadMeter.used(by: contenders)
    else { return nil }
    let available = (ContinuousClock.now - began) / .milliseconds(1) * Double(processors.count)
    return available > 0 ? max(0, ((busyNow - busy) - (ownNow - own)) / available) : nil
  }

  private static func used(by contenders: [any Contender]) -> Double? {
    let times = contenders.compactMap(\.processorMilliseconds)
    return times.count == contenders.count ? times.reduce(0, +) : nil
  }
}

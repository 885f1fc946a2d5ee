import BackendCPU
import Foundation
import Training
import TrainingEvents

/// What this machine is, as the operating system and the processor tell.
enum MachineProbe {
  static var description: MachineDescription {
    MachineDescription(
      device: "cpu", processor: processorName, allowedProcessors: ProcessorSet.allowed.count,
      instructionSets: CPUBackend.instructionSets, memoryBytes: Int(ProcessInfo.processInfo.physicalMemory))
  }

  /// Bytes of the last cache, which several processors may share; nil where the system does not tell.
  static var lastCacheBytes: Int? {
    (0..<8).compactMap { index -> Int? in
      let path = "/sys/devices/system/cpu/cpu0/cache/index\(index)/size"
      guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
      let units: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
      let size = text.trimmingCharacters(in: .whitespacesAndNewlines)
      guard let unit = size.last.flatMap({ units[$0] }), let number = Int(size.dropLast()) else { return Int(size) }
      return number * unit
    }.max()
  }

  private static var processorName: String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    let name = line?.split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
    return name ?? "unknown processor"
  }
}

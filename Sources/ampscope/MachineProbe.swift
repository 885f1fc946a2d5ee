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

  private static var processorName: String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    let name = line?.split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
    return name ?? "unknown processor"
  }
}

import Glibc
import TrainingEvents

/// Commands of the command line about formats, scales, faults and numerics.
extension DashboardState {
  /// Runs a command with at least one argument.
  mutating func runPrecisionCommand(_ name: String, _ arguments: [String]) -> [DashboardEffect] {
    let first = arguments[0]
    // A look at what is stored is no change of the training.
    if name == "what-if" { return setWhatIf(arguments) }
    if let trainingRefusal { return refuse(trainingRefusal) }
    if name == "fault" { return breakSomething(arguments.joined(separator: " ")) }
    if name == "numerics" {
      if first == "off" { return setNumerics(every: nil) }
      guard let interval = Int(first), interval > 0 else {
        return refuse("numerics wants a number of attempts above 0, or \"off\", found \"\(first)\"")
      }
      return setNumerics(every: interval)
    }
    let lane = arguments.dropFirst().first
    guard let track = track(named: lane) else { return refuse("there is no lane \(lane ?? "")") }
    guard !track.isOver else { return refuse("lane \(track.lane) is over") }
    switch name {
    case "keep": return keep(first, in: track)
    case "unkeep": return unkeep(first == "all" ? nil : first, in: track)
    case "scaler":
      let wanted = first.lowercased()
      // After a colon the scale it starts from: "static:128".
      let name = String(wanted.prefix { $0 != ":" })
      guard ScalerDescription.policyNames.contains(name) else {
        return refuse("no scaler \"\(first)\"\(NearestName.hint(for: first, among: ScalerDescription.policyNames))")
      }
      return [.send(.setScaler(track.lane, wanted))]
    default:
      guard let scale = DashboardState.scale(first) else {
        return refuse("a loss scale is a number above 0, as 65536 or 2^16, found \"\(first)\"")
      }
      guard track.hasScaler else {
        return refuse("lane \(track.lane) does not scale its loss: type :scaler dynamic \(track.lane) first")
      }
      return [.send(.setScale(track.lane, scale))]
    }
  }

  /// A positive number, also as a power of two: "65536", "2^16".
  private static func scale(_ text: String) -> Double? {
    let value =
      text.hasPrefix("2^") ? Int(text.dropFirst(2)).map { exp2(Double(min(max($0, -2000), 2000))) } : Double(text)
    guard let value, value > 0, value.isFinite else { return nil }
    return value
  }

  private mutating func breakSomething(_ text: String) -> [DashboardEffect] {
    do throws(FaultError) {
      let fault = try Fault(parsing: text)
      if let lane = fault.lane, !lanes.contains(where: { $0.lane == lane }) {
        return refuse("there is no lane \(lane)")
      }
      return [.send(.inject(fault))]
    } catch {
      return refuse(error.message)
    }
  }

  private mutating func setWhatIf(_ arguments: [String]) -> [DashboardEffect] {
    if arguments[0] == "off" {
      whatIf = .asStored
      return []
    }
    guard let format = NumericFormat(rawValue: arguments[0]) else {
      let names = NumericFormat.allCases.map(\.rawValue) + ["off"]
      return refuse("no format \"\(arguments[0])\"\(NearestName.hint(for: arguments[0], among: names))")
    }
    var scale: Int?
    if arguments.count > 1 {
      guard let exponent = Int(arguments[1]), WhatIf.scales.contains(exponent) else {
        let range = "\(WhatIf.scales.lowerBound) to \(WhatIf.scales.upperBound)"
        return refuse("the scale is a power of two from \(range), as 16 for 65536, found \"\(arguments[1])\"")
      }
      scale = exponent
    }
    whatIf = WhatIf(format: format, log2Scale: scale)
    if hiddenPanes.contains(.numerics) { return perform(.togglePane(.numerics)) }
    return []
  }
}

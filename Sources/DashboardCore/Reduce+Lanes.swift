import TrainingEvents

/// Lanes that come and go, and train in their own way.
extension DashboardState {
  /// A lane joined: its letter may have belonged to one that was dropped.
  mutating func add(_ report: LaneAddedReport, time: Double) {
    guard let baseline = session?.baseline else { return }
    let lane = report.description.lane
    lanes.removeAll { $0.lane == lane }
    lanes.append(LaneTrack(report.description, baseline: baseline, smoothing: smoothing.weight))
    lanes.sort { $0.lane < $1.lane }
    focusedLane = lane
    let policy = PrecisionPolicy(
      report.description.precision, overrides: report.description.overrides ?? PrecisionOverrides())
    let origin = report.source.map { "a clone of \($0)" } ?? "from the first weights"
    note(
      "joined: \(policy), \(origin), attempt \(Format.grouped(report.attempt))", lane: lane, .good, time: time)
  }

  /// A lane was taken out: it is gone from every chart.
  mutating func remove(_ lane: LaneID, time: Double) {
    lanes.removeAll { $0.lane == lane }
    if focusedLane == lane { focusedLane = lanes.last?.lane ?? lane }
    note("dropped", lane: lane, .quiet, time: time)
  }

  mutating func add(_ report: LaneSettingsReport, time: Double) {
    update(report.lane) { $0.batchSize = report.batchSize }
    for index in lanes.indices where report.lane == session?.baseline || lanes[index].lane == report.lane {
      lanes[index].speedup?.reset()
      lanes[index].agreement = nil
    }
    let clip = report.clipNorm.map { ", clipped to norm \(Format.compact($0))" } ?? ""
    note(
      "batch \(report.batchSize)\(clip) from attempt \(Format.grouped(report.attempt))", lane: report.lane, .good,
      time: time)
  }

  /// Runs a command about lanes, with at least one argument but for `drop`.
  mutating func runLaneCommand(_ name: String, _ arguments: [String]) -> [DashboardEffect] {
    if let trainingRefusal { return refuse(trainingRefusal) }
    let (first, second) = (arguments.first, arguments.dropFirst().first)
    switch name {
    case "add": return addLane(first ?? "", cloning: nil)
    case "clone":
      guard let track = track(named: second) else { return refuse("there is no lane \(second ?? "")") }
      return addLane(first ?? track.precision.rawValue, cloning: track.lane)
    case "drop":
      guard let track = track(named: first) else { return refuse("there is no lane \(first ?? "")") }
      return [.send(.dropLane(track.lane))]
    case "batch":
      guard let batch = first.flatMap({ Int($0) }), batch > 0 else {
        return refuse("batch wants a number of samples above 0, found \"\(first ?? "")\"")
      }
      guard let second else { return [.send(.setBatch(nil, batch))] }
      guard let track = track(named: second) else { return refuse("there is no lane \(second)") }
      return [.send(.setBatch(track.lane, batch))]
    default:
      guard let track = track(named: second) else { return refuse("there is no lane \(second ?? "")") }
      if first == "off" { return [.send(.setClipping(track.lane, norm: nil))] }
      guard let norm = first.flatMap({ Double($0) }), norm > 0, norm.isFinite else {
        return refuse("clip wants a norm above 0, or \"off\", found \"\(first ?? "")\"")
      }
      return [.send(.setClipping(track.lane, norm: norm))]
    }
  }

  private mutating func addLane(_ text: String, cloning source: LaneID?) -> [DashboardEffect] {
    guard let precision = precisionChoices.first(where: { $0.rawValue == text }) else {
      return refuse("no precision \"\(text)\"\(NearestName.hint(for: text, among: precisionChoices.map(\.rawValue)))")
    }
    show(hint: "compiling \(precision.rawValue)")
    return [.send(.addLane(PrecisionPolicy(precision), clone: source))]
  }
}

import ArgumentParser
import Foundation
import TrainingEvents

/// What a CI job demands of a run: `--require-speedup` and `--require-agreement`.
struct Requirements: ParsableArguments {
  @Option(
    name: .customLong("require-speedup"),
    help: "Exit 4 unless the lower end of every lane's speedup interval over the baseline is at least this.")
  var speedup: Double?

  @Option(
    name: .customLong("require-agreement"),
    help: "Exit 4 unless the interval of every lane's score difference lies within ± this many points.")
  var agreementPoints: Double?

  func validate() throws {
    if let speedup, !(speedup > 0 && speedup.isFinite) {
      throw ValidationError("--require-speedup must be a positive finite number, found \(speedup)")
    }
    if let points = agreementPoints, !(points > 0 && points.isFinite) {
      throw ValidationError("--require-agreement must be a positive finite number of points, found \(points)")
    }
  }

  /// Throws a usage error where a run of this kind cannot show what is demanded.
  func check(_ session: SessionDescription) throws {
    guard speedup != nil || agreementPoints != nil else { return }
    guard session.lanes.count > 1 else {
      throw ValidationError("--require-… compares lanes with the baseline; name two or more with --lanes")
    }
    if speedup != nil, session.schedule != .alternating {
      throw ValidationError("--require-speedup needs paired steps: use --schedule alternating")
    }
    if agreementPoints != nil, session.data.validationCount == 0 {
      throw ValidationError("--require-agreement needs a validation split; replayed batches have none")
    }
  }

  /// What is not met, a line each; empty where all is.
  func unmet(
    _ session: SessionDescription, summary: RunSummary?, agreements: [AgreementReport]
  ) -> [String] {
    var lines: [String] = []
    for lane in session.lanes where lane.lane != session.baseline {
      if let speedup { lines += unmetSpeedup(of: lane.lane, at: speedup, summary) }
      if let points = agreementPoints { lines += unmetAgreement(of: lane.lane, points, agreements) }
    }
    return lines
  }

  private func unmetSpeedup(of lane: LaneID, at least: Double, _ summary: RunSummary?) -> [String] {
    let estimate = summary?.speedup.first { $0.lane == lane && $0.schedule == .alternating }
    guard let estimate, let low = estimate.low else {
      return ["lane \(lane): speedup not shown: fewer than 30 paired steps; raise --steps"]
    }
    guard low < least else { return [] }
    return [
      String(
        format: "lane \(lane): speedup %.3f, interval from %.3f; --require-speedup %g is not met", estimate.ratio, low,
        least)
    ]
  }

  private func unmetAgreement(of lane: LaneID, _ points: Double, _ agreements: [AgreementReport]) -> [String] {
    guard let report = agreements.first(where: { $0.lane == lane }) else {
      return ["lane \(lane): agreement not shown: a lane was not evaluated"]
    }
    if let reason = report.void { return ["lane \(lane): agreement is void: \(reason)"] }
    guard report.low * 100 < -points || report.high * 100 > points else { return [] }
    return [
      String(
        format: "lane \(lane): score difference %+.2f points [%+.2f, %+.2f]; --require-agreement %g is not met",
        report.difference * 100, report.low * 100, report.high * 100, points)
    ]
  }
}

import RunStatistics
import TrainingEvents

/// Whether mixed precision pays, and why or why not, from measured times only.
enum Verdict {
  /// What the line says.
  enum Kind: Sendable { case pays, doesNotPay, open }

  /// Below this ratio a lane counts as not faster.
  static let threshold = 1.02

  /// At most two lines about the compared lane; none where nothing is compared.
  static func lines(_ state: DashboardState, _ phases: PhaseMeans? = nil, width: Int) -> [(text: String, kind: Kind)] {
    let phases = phases ?? PhaseMeans(state)
    guard let track = state.comparedTrack, let baseline = state.baseline, track.precision != baseline.precision,
      let own = phases[track.lane], let base = phases[baseline.lane], track.stepTimes.count >= 10,
      let ownMedian = track.stepTimes.median, let baseMedian = baseline.stepTimes.median, ownMedian > 0
    else { return [] }
    let ratio = baseMedian / ownMedian
    let compute = StepPhase.forward.rawValue...StepPhase.backward.rawValue
    let (ownCompute, baseCompute) = (own[compute].reduce(0, +), base[compute].reduce(0, +))
    let castShare = own[StepPhase.cast.rawValue] / max(own.reduce(0, +), .leastNormalMagnitude)
    let computeRatio = ownCompute > 0 ? baseCompute / ownCompute : 0
    // Among more than two lanes a format does not say whose it is.
    let name = state.lanes.count > 2 ? "\(track.lane) " : ""
    let format = name + (track.precision.computeFormat?.rawValue ?? "fp32")
    // Lanes that contend for the device prove nothing.
    let likely = state.schedule == .concurrent ? " likely" : ""
    let times = "×" + Format.fixed(computeRatio, decimals: 2)
    let isStorageOnly = state.support(of: track.precision).map { !$0.isNative } ?? false
    if ratio >= threshold {
      if isStorageOnly {
        // No arithmetic in the format: what is gained is gained on memory traffic, and the line must not suggest more.
        let text = "\(format)\(likely) pays: fwd+bwd \(times), computed in fp32"
        return [(text.columns <= width ? text : "storage-only, yet fwd+bwd \(times)", .pays)]
      }
      let share = Format.percent(castShare, decimals: 0)
      let long = "\(format)\(likely) pays: forward+backward \(times), casts \(share)"
      return [(long.columns <= width ? long : "\(format)\(likely) pays: fwd+bwd \(times), casts \(share)", .pays)]
    }
    let head = "\(format)\(likely) does not pay:"
    let reason: String
    if isStorageOnly {
      reason = "computed in fp32"
    } else if castShare > 0.15 {
      reason = "the cast tax is \(Format.percent(castShare, decimals: 0))"
    } else if ownCompute < 0.5 * own.reduce(0, +) {
      reason = "only \(Format.percent(ownCompute / own.reduce(0, +), decimals: 0)) is compute"
    } else {
      reason = "fwd+bwd only \(times)"
    }
    if head.columns + 1 + reason.columns <= width { return [("\(head) \(reason)", .doesNotPay)] }
    return [(head, .doesNotPay), (reason, .doesNotPay)]
  }
}

import TrainingEvents

/// What a lane's loss scale is doing, in one line: searching, at its ceiling, or collapsing.
///
/// What is normal follows from the scaler's rules (`torch.amp.GradScaler`): from a first scale that is too large it is
/// halved at every step until gradients fit; from then on it doubles after `growthInterval` clean steps and is halved
/// again once it is too large, which costs one attempt in `growthInterval` + 1.
struct LossScaleStory: Sendable, Hashable {
  /// How much it should worry the user.
  enum Kind: Sendable { case calm, watch, bad }

  var kind: Kind
  var text: String

  init(kind: Kind, text: String) { (self.kind, self.text) = (kind, text) }

  /// Halvings in a row without a growth between, after the search, from which on it counts as a collapse.
  static let collapse = 4
  /// Times the normal share of skipped attempts from which on the user is told to look.
  static let watchfulShare = 2.5

  /// The share of attempts that a scale at its ceiling skips; nil where the interval is not known.
  static func normalShare(growthInterval: Int?) -> Double? {
    growthInterval.map { 1 / (Double(max(1, $0)) + 1) }
  }

  /// The story of a lane that scales its loss; nil before its first step.
  ///
  /// O(log attempts + halvings since the last growth).
  init?(of track: LaneTrack) {
    guard let step = track.lastStep, let scale = step.scale, track.hasScaler else { return nil }
    let history = track.history
    let start = history.scalerStart.attempt ?? history.attempts.first ?? 0
    let firstGrowth = history.scalerStart.firstGrowth
    let run = history.scaleChanges[history.scalerStart.index...].suffix(while: { $0.cause == .backoff })
    let now = step.attempt
    let sinceGrowth = history.scalerStart.lastGrowth ?? start
    let notFinite = history.nonFiniteLoss.count(in: sinceGrowth..<now + 1)
    if notFinite > 0 {
      let times = notFinite == 1 ? "once" : "\(notFinite) times"
      let first = history.nonFiniteLoss[history.nonFiniteLoss.firstIndex(notBelow: sinceGrowth)]
      let cause = track.diagnoses[attempt: first].map { " (\($0.summary))" } ?? ""
      (kind, text) = (.bad, "the loss itself was not finite \(times)\(cause): a smaller scale does not help")
    } else if scale < 1 {
      let cause = track.diagnoses.reports.last.map { ": \($0.summary)" } ?? ""
      (kind, text) = (.bad, "collapse: \(Format.scale(scale)) shrinks gradients that overflow as they are\(cause)")
    } else if history.skipped.count(in: start..<now + 1) == 0 {
      (kind, text) = (.calm, "no overflow yet: the scale still grows")
    } else if firstGrowth == nil, let first = run.first, let last = run.last {
      let halvings = "halved \(run.count)× from \(Format.scale(first.from))"
      let place = track.diagnoses.first(since: start).map { report in
        report.isOverflow ? "first overflow in \(report.place) \(report.phase)" : "first \(report.summary)"
      }
      // Ten clean steps mean that the search is over.
      (kind, text) =
        now - last.attempt > 10
        ? (.calm, "search over: \(halvings), \(place ?? "normal")")
        : (.calm, "searching: \(halvings), \(place ?? "normal at first")")
    } else if run.count >= LossScaleStory.collapse, let first = run.first, let last = run.last {
      let span = last.attempt - first.attempt + 1
      let cause = track.diagnoses.first(since: first.attempt).map { ": \($0.summary)" } ?? ""
      let halvings = "halved \(run.count)× within \(Format.grouped(span)) attempts"
      (kind, text) = (.bad, "collapse: \(halvings) and never grew\(cause)")
    } else {
      (kind, text) = LossScaleStory.atCeiling(track, since: firstGrowth ?? start, now: now)
    }
  }

  /// Growing and halving by turns: how many attempts that costs, and how many it may.
  private static func atCeiling(_ track: LaneTrack, since: Int, now: Int) -> (Kind, String) {
    let skipped = track.history.skipped.count(in: since..<now + 1)
    let attempts = now + 1 - since
    let share = Double(skipped) / Double(max(1, attempts))
    guard let normal = normalShare(growthInterval: track.growthInterval) else {
      return (.calm, "skips \(Format.percent(share)) of attempts")
    }
    // A few skips more or less say nothing yet.
    if share > watchfulShare * normal, Double(skipped) > watchfulShare * normal * Double(attempts) + 2 {
      return (.watch, "skips \(Format.percent(share)) of attempts, normal is \(Format.percent(normal)): watch")
    }
    return (.calm, "at its ceiling: skips \(Format.percent(share)), normal is \(Format.percent(normal))")
  }
}

/// Where the changes that one scaler made begin among those of a lane, kept as they come: a run has tens of thousands.
struct ScalerStart: Sendable, Hashable {
  /// Index of the first change after the scaler was set anew.
  private(set) var index = 0
  /// The attempt at which it was; nil where it never was.
  private(set) var attempt: Int?
  /// The attempts of its first growth and of its newest.
  private(set) var firstGrowth: Int?
  private(set) var lastGrowth: Int?

  /// Takes in the newest change, which stands at an index.
  ///
  /// O(1).
  mutating func add(_ change: ScaleReport, at index: Int) {
    if change.cause == .reset {
      self = ScalerStart()
      (self.index, attempt) = (index + 1, change.attempt)
    } else if change.cause == .growth {
      firstGrowth = firstGrowth ?? change.attempt
      lastGrowth = change.attempt
    }
  }
}

extension BidirectionalCollection {
  /// The elements at the end for which a condition holds.
  fileprivate func suffix(while holds: (Element) -> Bool) -> SubSequence {
    var first = endIndex
    while first > startIndex, holds(self[index(before: first)]) { first = index(before: first) }
    return self[first...]
  }
}

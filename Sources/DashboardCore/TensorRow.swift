import RunStatistics
import TrainingEvents

/// Which tensor of a step is meant: the same key in every lane.
struct TensorKey: Sendable, Hashable {
  var kind: TensorReport.Kind
  var name: String
}

/// A line of the numerics table: the newest look at a tensor, and the newest that counted its exponents.
struct TensorRow: Sendable {
  /// The newest look, of whatever detail.
  var report: TensorReport
  /// The attempt of that look.
  var attempt: Int
  /// The newest look with a histogram or an update survival; nil before the first detailed report.
  var detail: TensorReport?
  /// Index of the tensor in the columns of the heat map.
  var slot: Int
  /// What became of the elements in the tensor's own format; nil without a histogram.
  var fit: FormatFit?
  var risk: TensorRisk

  var key: TensorKey { TensorKey(kind: report.kind, name: report.name) }

  /// A tensor looked at for the first time.
  init(_ report: TensorReport, attempt: Int, slot: Int) {
    (self.report, self.attempt, self.slot) = (report, attempt, slot)
    if report.histogram != nil || report.updateSurvival != nil { detail = report }
    fit = report.fit(in: report.format)
    risk = TensorRisk(report, fit: fit)
  }

  /// Takes in a newer look; what it does not count is kept from the look that did.
  mutating func update(_ newer: TensorReport, attempt: Int) {
    (report, self.attempt) = (newer, attempt)
    if newer.histogram != nil || newer.updateSurvival != nil {
      detail = newer
      fit = newer.fit(in: newer.format)
    }
    risk = TensorRisk(newer, fit: fit)
  }

  /// Elements looked at that are not finite.
  var badCount: Int { report.infinities + report.nans }

  /// Largest magnitude over the largest number of the format.
  var shareOfLargest: Double { report.largest / report.format.largest }

  /// Share of the elements looked at that are zero; nil where none was.
  var zeroShare: Double? { report.sampled > 0 ? Double(report.zeros) / Double(report.sampled) : nil }

  /// Share of the elements that lost bits or all of their value in the tensor's format; nil without a histogram.
  var lostShare: Double? { fit.map { $0.subnormal + $0.flushed } }
}

/// How urgently a tensor wants to be looked at; smaller comes first in the table.
///
/// Values that are not finite come first, then those whose largest magnitude is within 2^8 of the format's largest
/// number, then those that lose most to subnormal numbers and zero. Whole powers of two and whole percents, so that rows
/// do not change places at every report.
struct TensorRisk: Sendable, Hashable, Comparable {
  /// Powers of two between the largest magnitude and the format's largest number from which on it counts as far.
  static let farHeadroom = 8

  var badRank: Int
  var headroom: Int
  var lostPercent: Int

  init(_ report: TensorReport, fit: FormatFit?) {
    let bad = report.infinities + report.nans
    badRank = bad > 0 ? Int.bitWidth - bad.leadingZeroBitCount : 0
    let ratio = report.largest / report.format.largest
    headroom = ratio > 0 ? min(TensorRisk.farHeadroom, max(0, -ratio.exponent.clampedToInt)) : TensorRisk.farHeadroom
    lostPercent = Int(((fit.map { $0.subnormal + $0.flushed } ?? 0) * 100).rounded())
  }

  static func < (a: TensorRisk, b: TensorRisk) -> Bool {
    (-a.badRank, a.headroom, -a.lostPercent) < (-b.badRank, b.headroom, -b.lostPercent)
  }
}

extension Int {
  /// Itself within ±10 000: exponents of infinities and zeros are the ends of `Int`.
  fileprivate var clampedToInt: Int { Swift.min(Swift.max(self, -10_000), 10_000) }
}

extension TensorReport.Kind {
  /// Name in the table.
  var label: String {
    switch self {
    case .activation: "act"
    case .activationGradient: "d act"
    case .weight: "weight"
    case .weightGradient: "d weight"
    }
  }

  /// Whether a loss scale moves it.
  var isGradient: Bool { self == .activationGradient || self == .weightGradient }

  /// The next in turn, with nil for all kinds.
  static func next(after kind: TensorReport.Kind?) -> TensorReport.Kind? {
    guard let kind else { return allCases.first }
    let next = (allCases.firstIndex(of: kind) ?? 0) + 1
    return next < allCases.count ? allCases[next] : nil
  }
}

extension TensorReport {
  /// Largest count that is believed: the sum over thousands of tensors still fits into an integer.
  static let largestCount = 1 << 50

  /// The report with what makes no sense taken out: an event file may hold anything.
  var sane: TensorReport {
    func limited(_ count: Int) -> Int { min(max(count, 0), TensorReport.largestCount) }
    var result = self
    (result.count, result.sampled, result.zeros) = (limited(count), limited(sampled), limited(zeros))
    (result.infinities, result.nans) = (limited(infinities), limited(nans))
    result.largest = largest.isFinite && largest > 0 ? largest : 0
    if let histogram {
      let isSane =
        (-1200...1200).contains(histogram.lowest) && histogram.counts.count <= 2400
        && histogram.counts.allSatisfy { (0...TensorReport.largestCount / 4096).contains($0) }
      if !isSane { result.histogram = nil }
    }
    if let survival = updateSurvival, !(0...1).contains(survival) { result.updateSurvival = nil }
    return result
  }
}

import RunStatistics
import TrainingEvents

/// What charts show of a lane: one sample an attempt, kept for the whole run.
///
/// Memory: about 44 bytes an attempt. Appending is O(1) amortised.
struct LaneHistory: Sendable {
  /// Attempt index of each sample, ascending.
  private(set) var attempts: [Int] = []
  /// Seconds since the session began, never falling.
  private(set) var seconds: [Float] = []
  /// Samples trained on before each attempt.
  private(set) var sampleCount = SampleCount()
  /// Sum of the step times up to and with each attempt, in seconds.
  private(set) var ownSeconds: [Float] = []
  /// Lowest moving average up to and with each attempt; infinite before the first finite one.
  private(set) var bestAverage: [Float] = []
  /// Training loss.
  private(set) var loss = MinMaxPyramid()
  /// Debiased moving average of the loss; computed from every sample, never from thinned ones.
  private(set) var smoothedLoss: [Float] = []
  /// Norm of the unscaled gradients.
  private(set) var gradNorm: [Float] = []
  /// Step time in milliseconds.
  private(set) var stepTime = MinMaxPyramid()
  /// Loss scale; NaN where the lane had no scaler.
  private(set) var scale = MinMaxPyramid()
  /// Attempts that committed nothing, ascending.
  private(set) var skipped: [Int] = []
  /// Attempts whose loss was NaN or infinite, ascending.
  private(set) var nonFiniteLoss: [Int] = []
  /// Changes of the loss scale, ascending.
  private(set) var scaleChanges: [ScaleReport] = []
  /// Where those of the scaler in force begin.
  private(set) var scalerStart = ScalerStart()
  /// Changes of precision, ascending.
  private(set) var precisionChanges: [PrecisionReport] = []
  /// Faults that the user asked for, ascending; the newest `faultLimit` of them.
  private(set) var faults: [FaultReport] = []
  /// How often the loss was smoothed anew: all else only grows at the end.
  private(set) var revision = 0
  private var average: DebiasedEMA
  private var totalSeconds = 0.0

  /// An empty history whose loss is smoothed with a weight of the past.
  init(smoothing weight: Double) { average = DebiasedEMA(weight: weight) }

  /// Largest attempt index held; beyond it a `Double` cannot tell neighbours apart.
  static let largestAttempt = 1 << 53

  /// Faults kept: more were not made by hand.
  static let faultLimit = 512

  /// Largest batch held: sums over a whole run of such stay exact.
  static let largestBatch = 1 << 20

  /// Appends an attempt; false, and nothing appended, where its index does not lie above the last, or its index or batch
  /// makes no sense.
  mutating func append(_ report: StepReport, seconds time: Double = 0) -> Bool {
    guard report.attempt > attempts.last ?? -1, report.attempt <= LaneHistory.largestAttempt,
      (0...LaneHistory.largestBatch).contains(report.samples)
    else { return false }
    sampleCount.append(batch: report.samples, at: attempts.count)
    attempts.append(report.attempt)
    seconds.append(max(seconds.last ?? 0, time.isFinite ? Float(time) : 0))
    loss.append(Float(report.loss))
    smoothedLoss.append(Float(average.add(report.loss)))
    appendBest(smoothedLoss[smoothedLoss.count - 1])
    let milliseconds = report.stepMilliseconds.isFinite ? max(0, report.stepMilliseconds) : 0
    totalSeconds += milliseconds / 1000
    ownSeconds.append(Float(totalSeconds))
    gradNorm.append(Float(report.gradNorm))
    stepTime.append(Float(report.stepMilliseconds))
    scale.append(report.scale.map { Float($0) } ?? .nan)
    if !report.committed { skipped.append(report.attempt) }
    if !report.loss.isFinite { nonFiniteLoss.append(report.attempt) }
    return true
  }

  mutating func append(_ change: ScaleReport) {
    guard LaneHistory.attempts.contains(change.attempt) else { return }
    let isNewest = scaleChanges.last.map { $0.attempt <= change.attempt } ?? true
    insert(change, into: &scaleChanges) { $0.attempt <= change.attempt }
    if isNewest {
      scalerStart.add(change, at: scaleChanges.count - 1)
    } else {
      scalerStart = ScalerStart()
      for (index, change) in scaleChanges.enumerated() { scalerStart.add(change, at: index) }
    }
  }

  mutating func append(_ change: PrecisionReport) {
    guard LaneHistory.attempts.contains(change.attempt) else { return }
    insert(change, into: &precisionChanges) { $0.attempt <= change.attempt }
  }

  mutating func append(_ fault: FaultReport) {
    guard LaneHistory.attempts.contains(fault.attempt) else { return }
    insert(fault, into: &faults) { $0.attempt <= fault.attempt }
    if faults.count > LaneHistory.faultLimit { faults.removeFirst() }
  }

  /// What can be the index of an attempt; reports in a damaged file may name anything.
  private static let attempts = 0...largestAttempt

  /// Smooths anew with another weight.
  ///
  /// O(attempts): made for a key press, not for an event.
  mutating func smooth(weight: Double) {
    average = DebiasedEMA(weight: weight)
    revision += 1
    bestAverage.removeAll(keepingCapacity: true)
    for index in smoothedLoss.indices {
      smoothedLoss[index] = Float(average.add(Double(loss.samples[index])))
      appendBest(smoothedLoss[index])
    }
  }

  private mutating func appendBest(_ value: Float) {
    let before = bestAverage.last ?? .infinity
    bestAverage.append(value.isFinite ? min(before, value) : before)
  }

  /// Seconds of the lane's own time until its average first was at a loss or below; nil where it never was.
  ///
  /// O(log n).
  func ownSeconds(toLoss target: Float) -> Float? {
    let index = bestAverage.partitionPoint { $0 <= target }
    return index < bestAverage.count ? ownSeconds[index] : nil
  }

  /// Samples trained on within so many seconds of the lane's own time.
  ///
  /// O(log n).
  func samples(within seconds: Float) -> Double {
    sampleCount.before(ownSeconds.partitionPoint { $0 > seconds })
  }

  /// Where a sample lies on the horizontal axis; `trainCount` is the size of the training set.
  func place(of index: Int, unit: ProgressUnit, trainCount: Int) -> Double {
    switch unit {
    case .steps: Double(attempts[index])
    case .samples: sampleCount.before(index)
    case .time: Double(seconds[index])
    case .epochs: sampleCount.before(index) / Double(max(1, trainCount))
    }
  }

  /// Indices of the samples that lie in a stretch of the horizontal axis.
  ///
  /// O(log n).
  func samples(in stretch: Range<Double>, unit: ProgressUnit, trainCount: Int) -> Range<Int> {
    let first = firstIndex(notBelow: stretch.lowerBound, unit, trainCount)
    return first..<max(first, firstIndex(notBelow: stretch.upperBound, unit, trainCount))
  }

  private func firstIndex(notBelow place: Double, _ unit: ProgressUnit, _ trainCount: Int) -> Int {
    var low = 0
    var high = attempts.count
    while low < high {
      let middle = (low + high) / 2
      if self.place(of: middle, unit: unit, trainCount: trainCount) < place { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Index of the first sample, of those from `first` on, that does not lie before each of some places on the horizontal
  /// axis, which ascend.
  ///
  /// O(places) where samples are spread evenly, O(places · log of the samples between two) at most.
  func firstIndices(
    notBelow places: ArraySlice<Double>, unit: ProgressUnit, trainCount: Int, from first: Int = 0
  ) -> [Int] {
    switch unit {
    case .steps: firstIndices(notBelow: places, from: first) { Double(attempts[$0]) }
    case .time: firstIndices(notBelow: places, from: first) { Double(seconds[$0]) }
    case .samples, .epochs:
      firstIndices(notBelow: places, from: first) { place(of: $0, unit: unit, trainCount: trainCount) }
    }
  }

  /// From one place to the next as far as it was to the one before, then on in steps that double, and back by halves.
  @inline(__always)
  private func firstIndices(notBelow places: ArraySlice<Double>, from first: Int, place: (Int) -> Double) -> [Int] {
    let count = attempts.count
    var indices: [Int] = []
    indices.reserveCapacity(places.count)
    var (low, gap) = (first, 0)
    for wanted in places {
      let start = low
      var step = 1
      // Where the guess is right to a few samples, few are looked at, however many lie between two places.
      let (near, far) = (low + gap - gap / 256 - 1, low + gap + gap / 256 + 1)
      if gap > 8, far < count, place(near) < wanted {
        low = near + 1
        if place(far) >= wanted { step = far - near }
      }
      var high = low
      while high < count, place(high) < wanted {
        low = high + 1
        high = low + step
        step *= 2
      }
      high = min(high, count)
      while low < high {
        let middle = (low + high) / 2
        if place(middle) < wanted { low = middle + 1 } else { high = middle }
      }
      indices.append(low)
      gap = low - start
    }
    return indices
  }

  /// Index of the sample of an attempt, or of the last before it; nil before the first.
  ///
  /// O(log n).
  func index(atOrBefore attempt: Int) -> Int? {
    let next = attempts.partitionPoint { $0 > attempt }
    return next > 0 ? next - 1 : nil
  }

  /// Keeps a list ascending: events come in order, so that this is one comparison.
  private func insert<Change>(_ change: Change, into list: inout [Change], where isBefore: (Change) -> Bool) {
    var index = list.count
    while index > 0, !isBefore(list[index - 1]) { index -= 1 }
    list.insert(change, at: index)
  }
}

extension [Int] {
  /// Index of the first element that is not below a value in an ascending list; `count` if there is none.
  ///
  /// O(log n).
  func firstIndex(notBelow value: Int) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// How many elements of an ascending list lie in a range.
  ///
  /// O(log n).
  func count(in range: Range<Int>) -> Int {
    firstIndex(notBelow: range.upperBound) - firstIndex(notBelow: range.lowerBound)
  }
}

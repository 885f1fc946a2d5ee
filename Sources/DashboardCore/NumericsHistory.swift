import DequeModule
import RunStatistics
import TrainingEvents

/// What the dashboard keeps of a lane's numerics reports: the newest of every tensor, in the order of risk, and compact
/// numbers of the last reports for the heat map.
///
/// Taking in a report is O(tensors); the order is made anew only where a tensor's risk changed. Memory: two bytes a tensor
/// and report for at most twice `capacity` reports, whatever the length of the run.
struct NumericsHistory: Sendable {
  /// Reports that the heat map goes back.
  static let capacity = 240
  /// Tensors kept of a report, and over all reports.
  static let tensorLimit = 4096

  /// A report without its tensors.
  struct Look: Sendable, Hashable {
    var attempt: Int
    var scale: Double?
    /// Elements looked at, of all tensors.
    var sampled: Int
    /// Elements of all tensors.
    var count: Int
    /// Share of the step time that counting takes.
    var overhead: Double
  }

  /// The tensors in the order in which the step makes them.
  private(set) var rows: [TensorRow] = []
  /// Indices of the rows, the riskiest first.
  private(set) var order: [Int] = []
  /// The newest report.
  private(set) var newest: Look?
  /// The newest detailed report.
  private(set) var detailed: Look?
  /// Compact numbers of the newest reports of any detail, the oldest first.
  private(set) var columns: Deque<HeatColumn> = []
  /// The same of the detailed reports alone.
  private(set) var detailedColumns: Deque<HeatColumn> = []
  /// Kinds of tensors that the newest report without details named.
  private(set) var countedKinds: Set<TensorReport.Kind> = []
  private var rowOfKey: [TensorKey: Int] = [:]
  private var slotOfKey: [TensorKey: Int] = [:]
  /// Rows of the tensors of the report before, in its order: the next report names the same as a rule.
  private var lastRows: [Int] = []

  /// Takes in a report; one of an older attempt than the newest is ignored.
  mutating func append(_ report: NumericsReport) {
    guard report.attempt >= newest?.attempt ?? 0 else { return }
    let tensors = report.tensors.prefix(NumericsHistory.tensorLimit).map(\.sane)
    makeRoom(for: tensors)
    let look = Look(
      attempt: report.attempt, scale: report.scale, sampled: tensors.reduce(0) { $0 + min($1.sampled, $1.count) },
      count: tensors.reduce(0) { $0 + $1.count }, overhead: report.overhead)
    newest = look
    var isOrderOld = false
    if report.isDetailed {
      detailed = look
      // It has every tensor of the step: what it does not name is gone.
      if !isSame(tensors) || tensors.count != rows.count {
        (rows, rowOfKey, lastRows) = ([], [:], [])
        isOrderOld = true
      }
    }
    let indices = isSame(tensors) ? lastRows : tensors.map { row(of: $0, attempt: report.attempt, &isOrderOld) }
    var (largest, lost) = ([UInt8](), [UInt8]())
    for (tensor, index) in zip(tensors, indices) {
      let before = rows[index].risk
      rows[index].update(tensor, attempt: report.attempt)
      if rows[index].risk != before { isOrderOld = true }
      HeatColumn.set(HeatColumn.position(of: tensor), at: rows[index].slot, in: &largest)
      if report.isDetailed {
        HeatColumn.set(HeatColumn.lost(rows[index].lostShare), at: rows[index].slot, in: &lost)
      }
    }
    lastRows = indices
    let column = HeatColumn(attempt: report.attempt, largest: largest, lost: lost)
    NumericsHistory.append(column, to: &columns)
    if report.isDetailed {
      NumericsHistory.append(column, to: &detailedColumns)
    } else {
      countedKinds = Set(tensors.map(\.kind))
    }
    if isOrderOld { order = rows.indices.sorted { (rows[$0].risk, $0) < (rows[$1].risk, $1) } }
  }

  /// The row of a tensor; nil where no report named it.
  func row(_ key: TensorKey) -> TensorRow? { rowOfKey[key].map { rows[$0] } }

  /// The layers that reports named, each once, in the order of the step.
  var layers: [String] {
    var seen: Set<String> = []
    return rows.compactMap { row in
      let layer = row.report.layer
      return !layer.isEmpty && seen.insert(layer).inserted ? layer : nil
    }
  }

  private func isSame(_ tensors: [TensorReport]) -> Bool {
    tensors.count == lastRows.count
      && zip(tensors, lastRows).allSatisfy { $0.kind == rows[$1].report.kind && $0.name == rows[$1].report.name }
  }

  /// Forgets everything where a report names so many new tensors that memory would grow: no network does.
  private mutating func makeRoom(for tensors: [TensorReport]) {
    guard rows.count + tensors.count > NumericsHistory.tensorLimit, !isSame(tensors) else { return }
    let new = tensors.count { rowOfKey[TensorKey(kind: $0.kind, name: $0.name)] == nil }
    guard rows.count + new > NumericsHistory.tensorLimit || slotOfKey.count + new > 2 * NumericsHistory.tensorLimit
    else { return }
    (rows, rowOfKey, slotOfKey, lastRows) = ([], [:], [:], [])
    (columns, detailedColumns) = ([], [])
  }

  private mutating func row(of tensor: TensorReport, attempt: Int, _ isNew: inout Bool) -> Int {
    let key = TensorKey(kind: tensor.kind, name: tensor.name)
    if let index = rowOfKey[key] { return index }
    isNew = true
    let slot = slotOfKey[key] ?? slotOfKey.count
    slotOfKey[key] = slot
    rows.append(TensorRow(tensor, attempt: attempt, slot: slot))
    rowOfKey[key] = rows.count - 1
    return rows.count - 1
  }

  private static func append(_ column: HeatColumn, to columns: inout Deque<HeatColumn>) {
    columns.append(column)
    if columns.count > capacity { columns.removeFirst() }
  }
}

/// A report in the heat map: two bytes a tensor, at the tensor's slot.
struct HeatColumn: Sendable, Hashable {
  /// The tensor was not looked at.
  static let nothing: UInt8 = 255
  /// It held NaN or infinities.
  static let bad: UInt8 = 254
  /// It held zeros only.
  static let zero: UInt8 = 253

  var attempt: Int
  /// Where the largest magnitude lies between the format's smallest subnormal number (0) and its largest (100).
  var largest: [UInt8]
  /// Percent of the elements that are subnormal in the format, or flushed to zero.
  var lost: [UInt8]

  /// Position of a tensor's largest magnitude in its format, in percent of the powers of two.
  static func position(of tensor: TensorReport) -> UInt8 {
    if tensor.infinities + tensor.nans > 0 { return bad }
    guard tensor.largest > 0 else { return zero }
    let format = tensor.format
    let low = Double(format.lowestSubnormalExponent)
    let span = Double(format.highestExponent + 1) - low
    let place = (Double(tensor.largest.exponent) + (tensor.largest.significand - 1) - low) / span
    return UInt8((min(max(place, 0), 1) * 100).rounded())
  }

  /// A share as percent, rounded up so that little is not nothing.
  static func lost(_ share: Double?) -> UInt8 {
    share.map { UInt8((min(max($0, 0), 1) * 100).rounded(.up)) } ?? nothing
  }

  /// Writes at a slot, with nothing in the slots before that have no value.
  static func set(_ value: UInt8, at slot: Int, in values: inout [UInt8]) {
    while values.count <= slot { values.append(nothing) }
    values[slot] = value
  }

  /// The value at a slot; `nothing` beyond the end.
  static func value(at slot: Int, in values: [UInt8]) -> UInt8 { slot < values.count ? values[slot] : nothing }
}

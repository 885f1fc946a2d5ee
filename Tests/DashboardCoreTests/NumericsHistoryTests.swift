import RunStatistics
import Testing
import TrainingEvents

@testable import DashboardCore

@Suite("What is kept of numerics reports")
struct NumericsHistoryTests {
  private func tensor(
    _ name: String, largest: Double = 1, format: NumericFormat = .fp16, infinities: Int = 0,
    histogram: ExponentHistogram? = nil, kind: TensorReport.Kind = .activationGradient, survival: Double? = nil
  ) -> TensorReport {
    TensorReport(
      name: name, layer: name, kind: kind, format: format, count: 100, sampled: 50, largest: largest, zeros: 10,
      infinities: infinities, nans: 0, histogram: histogram, updateSurvival: survival)
  }

  private func report(_ attempt: Int, _ tensors: [TensorReport], isDetailed: Bool = false) -> NumericsReport {
    NumericsReport(
      lane: LaneID(1), attempt: attempt, scale: 1024, isDetailed: isDetailed, tensors: tensors, overhead: 0.01)
  }

  private func names(_ history: NumericsHistory) -> [String] { history.order.map { history.rows[$0].report.name } }

  @Test("Bad values come first, then what is close to the largest number, then what loses most")
  func risk() {
    var history = NumericsHistory()
    let subnormal = ExponentHistogram(lowest: -20, counts: [30, 0, 0, 0, 0, 0, 0, 0, 0, 10])
    let half = ExponentHistogram(lowest: -20, counts: [10, 0, 0, 0, 0, 0, 0, 0, 0, 30])
    history.append(
      report(
        0,
        [
          tensor("calm"), tensor("half", histogram: half), tensor("most", histogram: subnormal),
          tensor("close", largest: 40_000), tensor("near", largest: 9000), tensor("one", infinities: 1),
          tensor("many", infinities: 40), tensor("nothing", largest: 0),
        ], isDetailed: true))
    #expect(names(history) == ["many", "one", "close", "near", "most", "half", "calm", "nothing"])
  }

  @Test("Counters update what they name and keep the histogram; a detailed report is the whole step")
  func merging() {
    var history = NumericsHistory()
    let histogram = ExponentHistogram(lowest: 0, counts: [40])
    history.append(
      report(
        0, [tensor("a", histogram: histogram), tensor("w", histogram: histogram, kind: .weight, survival: 0.5)],
        isDetailed: true))
    history.append(report(3, [tensor("a", largest: 30_000)]))
    let key = TensorKey(kind: .activationGradient, name: "a")
    #expect(history.row(key)?.report.largest == 30_000 && history.row(key)?.detail?.histogram == histogram)
    #expect(history.row(TensorKey(kind: .weight, name: "w"))?.attempt == 0)
    #expect(history.newest?.attempt == 3 && history.detailed?.attempt == 0 && history.newest?.sampled == 50)
    #expect(history.countedKinds == [.activationGradient])
    history.append(report(4, [tensor("b", histogram: histogram)], isDetailed: true))
    #expect(names(history) == ["b"] && history.row(key) == nil)
    // Rings may deliver an older report late.
    history.append(report(2, [tensor("old")]))
    #expect(names(history) == ["b"] && history.newest?.attempt == 4)
  }

  @Test("The order is kept where nothing became riskier, and changed where something did")
  func order() {
    var history = NumericsHistory()
    for attempt in 0..<5 { history.append(report(attempt, [tensor("a", largest: 1100), tensor("b", largest: 1200)])) }
    #expect(names(history) == ["a", "b"])
    history.append(report(5, [tensor("a", largest: 1110), tensor("b", largest: 50_000)]))
    #expect(names(history) == ["b", "a"])
  }

  @Test("The heat map keeps a fixed number of reports, two bytes a tensor")
  func heat() {
    var history = NumericsHistory()
    for attempt in 0..<1000 {
      history.append(report(attempt, [tensor("a", largest: attempt == 999 ? 65_504 : 0), tensor("b", infinities: 1)]))
    }
    #expect(history.columns.count == NumericsHistory.capacity && history.columns.first?.attempt == 760)
    #expect(history.columns.first?.largest == [HeatColumn.zero, HeatColumn.bad])
    #expect(history.columns.last?.largest == [100, HeatColumn.bad] && history.detailedColumns.isEmpty)
    // The smallest subnormal number of fp16 lies at the lower end of its window.
    #expect(HeatColumn.position(of: tensor("", largest: 0x1p-24)) == 0)
    #expect(HeatColumn.position(of: tensor("", largest: 0x1p-4)) == 50)
    #expect(HeatColumn.lost(0.001) == 1 && HeatColumn.lost(nil) == HeatColumn.nothing)
  }

  @Test("Endless new names do not grow it")
  func newNames() {
    var history = NumericsHistory()
    for attempt in 0..<30 {
      history.append(report(attempt, (0..<1000).map { tensor("\(attempt).\($0)") }))
      #expect(history.rows.count <= NumericsHistory.tensorLimit && history.order.count == history.rows.count)
    }
    history.append(report(99, (0..<9000).map { tensor("many\($0)") }))
    #expect(history.rows.count == NumericsHistory.tensorLimit)
  }

  @Test("Nonsense from a damaged file is taken out")
  func hostile() {
    var history = NumericsHistory()
    let worst = TensorReport(
      name: "", layer: "", kind: .weight, format: .bf16, count: .max, sampled: .max, largest: .nan, zeros: .min,
      infinities: .max, nans: .max, histogram: ExponentHistogram(lowest: .max, counts: [.max, .max, -1]),
      updateSurvival: .infinity)
    history.append(report(0, Array(repeating: worst, count: 300), isDetailed: true))
    history.append(report(.max, [worst], isDetailed: false))
    let row = history.row(TensorKey(kind: .weight, name: ""))
    #expect(row?.report.largest == 0 && row?.fit == nil && row?.detail == nil && row?.report.zeros == 0)
    #expect((row?.badCount ?? 0) > 0 && (history.newest?.count ?? 0) > 0)
  }

  @Test("A what-if scale moves gradients by its distance to the scale they were stored at, and nothing else")
  func whatIf() {
    let whatIf = WhatIf(format: .fp16, log2Scale: 4)
    #expect(whatIf.shift(of: .weightGradient, storedAt: 1024) == -6)
    #expect(whatIf.shift(of: .activationGradient, storedAt: nil) == 4 && whatIf.shift(of: .weight, storedAt: 8) == 0)
    #expect(WhatIf.asStored.shift(of: .weightGradient, storedAt: 1024) == 0)
    #expect(WhatIf.exponent(of: 3.5) == 2 && WhatIf.exponent(of: .infinity) == 0 && WhatIf.exponent(of: -1) == 0)
    var turn = WhatIf.asStored
    var formats: [NumericFormat?] = []
    for _ in 0..<4 {
      turn = turn.nextFormat
      formats.append(turn.format)
    }
    #expect(formats == [.fp16, .bf16, .fp32, nil])
  }

  @Test(
    "Patterns match whole names",
    arguments: [
      ("layers.3.*", "layers.3.mlp", true), ("layers.3.*", "layers.30.mlp", false), ("*norm", "batch_norm", true),
      ("l?", "l1", true), ("l?", "l", false), ("", "", true), ("*", "", true), ("a*b*c", "axxbyybzc", true),
      ("a*b*c", "axxbyybz", false), ("features.0", "features.0", true), ("features.0", "features.01", false),
    ])
  func patterns(pattern: String, name: String, fits: Bool) {
    #expect(NamePattern.matches(pattern, name) == fits)
  }
}

import Foundation
import Testing
import TrainingEvents

@testable import DashboardCore

@Suite("The numerics as a table")
struct TensorTableTests {
  /// A row of the JSON; numbers are doubles.
  private func rows(_ state: DashboardState) throws -> [[String: Any]] {
    let value = try JSONSerialization.jsonObject(with: Data(TensorTable.json(state).text.utf8))
    return try #require(value as? [[String: Any]])
  }

  /// Text keeps the digits of a number, but not always the last bit through a parser of JSON.
  private func isNear(_ found: Any?, _ value: Double) -> Bool {
    (found as? Double).map { abs($0 - value) <= 1e-12 * abs(value) } ?? false
  }

  private func state(_ tensors: [TensorReport], isDetailed: Bool = true, scale: Double? = nil) -> DashboardState {
    let driver = Driver(Fixture.starting)
    driver.receive(
      .numerics(
        NumericsReport(
          lane: LaneID(1), attempt: 7, scale: scale, isDetailed: isDetailed, tensors: tensors, overhead: 0.01)))
    return driver.state
  }

  /// Ten zeros, ten elements of 2^-26, twenty of 2^-20, fifty of 2^-2; and ten that are not finite.
  private func tensor(
    _ name: String, kind: TensorReport.Kind = .weightGradient, survival: Double? = nil, isDetailed: Bool = true
  ) -> TensorReport {
    var counts = [Int](repeating: 0, count: 25)
    (counts[0], counts[6], counts[24]) = (10, 20, 50)
    return TensorReport(
      name: name, layer: "head", kind: kind, format: .fp16, count: 100, sampled: 100, largest: 0.375, zeros: 10,
      infinities: 6, nans: 4, histogram: isDetailed ? ExponentHistogram(lowest: -26, counts: counts) : nil,
      updateSurvival: survival)
  }

  @Test("Exponents, shares of the window, and what is not finite are those of the reports")
  func values() throws {
    let row = try #require(rows(state([tensor("head.weight", survival: 0.25)], scale: 1024)).first)
    #expect(row["lane"] as? String == "B" && row["kind"] as? String == "weightGradient")
    #expect(row["layer"] as? String == "head" && row["tensor"] as? String == "head.weight")
    #expect(row["format"] as? String == "fp16" && row["window"] as? String == "fp16")
    let numbers: [String: Double] = [
      "attempt": 7, "detailed_attempt": 7, "loss_scale": 1024, "elements": 100, "sampled": 100, "amax": 0.375,
      "zero": 0.1, "infinite": 0.06, "nan": 0.04, "exponent_least": -26, "exponent_median": -2,
      "exponent_greatest": -2, "shift": 0, "below": 10.0 / 90, "subnormal": 20.0 / 90, "inside": 50.0 / 90, "above": 0,
      "update_survival": 0.25,
    ]
    for (name, value) in numbers { #expect(isNear(row[name], value), "\(name)") }
    #expect(row.count == 29)
    // From 2^-26 to 2^-2, the ends of the histogram.
    let histogram = try #require(row["histogram"] as? [Int])
    #expect(histogram.count == 25 && histogram[0] == 10 && histogram[6] == 20 && histogram[24] == 50)
    #expect(histogram.reduce(0, +) == 80)
  }

  @Test("A what-if format and scale move the shares, of gradients only, as on the pane")
  func whatIf() throws {
    var state = state([tensor("g"), tensor("w", kind: .weight)], scale: 1024)
    state.whatIf = WhatIf(format: .fp16, log2Scale: 30)
    let rows = try rows(state)
    let gradient = try #require(rows.first { $0["tensor"] as? String == "g" })
    let weight = try #require(rows.first { $0["tensor"] as? String == "w" })
    #expect(gradient["shift"] as? Double == 20 && weight["shift"] as? Double == 0)
    #expect(isNear(gradient["above"], 50.0 / 90) && gradient["below"] as? Double == 0)
    #expect(weight["above"] as? Double == 0 && isNear(weight["below"], 10.0 / 90))
    // The exponents stay those of the elements as they are stored.
    #expect(gradient["exponent_greatest"] as? Double == -2)
  }

  @Test("Without a detailed look the counters are there, and null and nothing for the rest")
  func counters() throws {
    let state = state([tensor("x", isDetailed: false)], isDetailed: false)
    let row = try #require(rows(state).first)
    for name in ["detailed_attempt", "exponent_least", "exponent_median", "below", "above", "update_survival"] {
      #expect(row[name] is NSNull, "\(name)")
    }
    #expect(row["histogram"] is NSNull && row["lost_attempts"] as? [Int] == [])
    #expect(row["zero"] as? Double == 0.1 && row["attempt"] as? Double == 7)
    #expect(
      TensorTable.csv(state).text.contains(
        "B,weightGradient,head,x,fp16,100,7,100,0.375,0.1,0.06,0.04,,,,,,fp16,0,,,,,,,7,bad,,\n"))
    #expect(try rows(Fixture.starting).isEmpty)
    #expect(TensorTable.csv(DashboardState()).text.split(separator: "\n").count == 1)
  }

  @Test("Every tensor of every lane has a row in the order of the pane, as many cells as headings, whatever its name")
  func order() throws {
    let lab = Fixture.lab
    let names = lab.lanes.flatMap { track in track.numerics.order.map { track.numerics.rows[$0].report.name } }
    #expect(try rows(lab).map { $0["tensor"] as? String } == names && names.count > 20)
    for line in TensorTable.csv(lab).text.split(separator: "\n") {
      #expect(line.split(separator: ",", omittingEmptySubsequences: false).count == 29)
    }
    let hostile = "a\"b,\\c\u{1}\nd"
    let state = state([tensor(hostile)])
    #expect(try rows(state).first?["tensor"] as? String == hostile)
    #expect(TensorTable.csv(state).text.contains(",\"a\"\"b,\\c\u{1}\nd\","))
  }

  @Test("The course of a tensor: a place a look, a word for what is not finite or all zeros, a gap where nobody looked")
  func course() throws {
    let driver = Driver(Fixture.starting)
    func look(_ attempt: Int, _ tensors: [TensorReport], isDetailed: Bool) {
      driver.receive(
        .numerics(
          NumericsReport(
            lane: LaneID(1), attempt: attempt, scale: nil, isDetailed: isDetailed, tensors: tensors, overhead: 0)))
    }
    var zeros = tensor("x", isDetailed: false)
    (zeros.largest, zeros.zeros, zeros.infinities, zeros.nans) = (0, 100, 0, 0)
    var largest = tensor("x")
    (largest.largest, largest.infinities, largest.nans) = (65_504, 0, 0)
    look(1, [tensor("x", isDetailed: false), tensor("y", isDetailed: false)], isDetailed: false)
    look(2, [zeros], isDetailed: false)
    look(3, [largest, tensor("y")], isDetailed: true)
    let rows = try rows(driver.state)
    let x = try #require(rows.first { $0["tensor"] as? String == "x" })
    let y = try #require(rows.first { $0["tensor"] as? String == "y" })
    #expect(x["amax_attempts"] as? [Int] == [1, 2, 3] && x["lost_attempts"] as? [Int] == [3])
    let (places, gaps) = (x["amax_course"] as? [Any] ?? [], y["amax_course"] as? [Any] ?? [])
    #expect(places.count == 3 && places[0] as? String == "bad" && places[1] as? String == "zero")
    #expect(places.last as? Int == 100)
    #expect(gaps.count == 3 && gaps[1] is NSNull && gaps[2] as? String == "bad")
    // 30 of the 90 finite elements, 10 flushed and 20 subnormal, as the pane rounds it up.
    #expect((x["lost_course"] as? [Any])?.first as? Int == 34)
    #expect(TensorTable.csv(driver.state).text.contains(",1 2 3,bad zero 100,3,34\n"))
    #expect(TensorTable.csv(driver.state).text.contains(",1 2 3,bad - bad,3,34\n"))
  }
}

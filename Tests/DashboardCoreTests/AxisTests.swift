import Testing

@testable import DashboardCore

@Suite("Axes and numbers")
struct AxisTests {
  @Test("Linear ticks are at 1, 2 or 5 times a power of ten and enclose the values")
  func linear() {
    let axis = ValueAxis(scale: .linear, least: 0.13, greatest: 2.41, rows: 15)
    #expect(axis.ticks.map(\.label) == ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5"])
    #expect((axis.position(0.13) ?? -1) > 0 && (axis.position(2.41) ?? 2) < 1)
    #expect(axis.position(.nan) == nil && axis.position(.infinity) == nil)
  }

  @Test("Logarithmic axes have no place for zero and below")
  func logarithmic() {
    let axis = ValueAxis(scale: .log10, least: 0.03, greatest: 2.4, rows: 20)
    #expect(axis.ticks.map(\.label) == ["0.02", "0.05", "0.1", "0.2", "0.5", "1", "2", "5"])
    #expect(axis.position(0) == nil && axis.position(-1) == nil)
  }

  @Test("A symmetric axis has a tick at zero and labels of at most six columns")
  func symmetric() {
    for size in [0.0, 1e-12, 3e-6, 0.004, 0.05, 0.3, 2, 70, 5e4, 1e30, .infinity, .nan] {
      for rows in [1, 4, 12, 40] {
        let axis = ValueAxis(symmetricTo: size, rows: rows)
        #expect(axis.ticks.contains { $0.value == 0 && $0.label == "0" })
        #expect(axis.position(0) == 0.5 && axis.ticks.count < 200)
        if size >= 1e-5, size <= 1e3 { #expect(axis.ticks.allSatisfy { $0.label.columns <= 6 }, "\(size) \(rows)") }
      }
    }
    #expect(ValueAxis(symmetricTo: 0.004, rows: 12).ticks.map(\.label) == ["-4m", "-2m", "0", "+2m", "+4m"])
  }

  @Test("Progress ticks are at 1, 2 or 5 times a power of ten, time at the divisions of a clock")
  func progressTicks() {
    func labels(_ unit: ProgressUnit, _ total: Double, _ window: ProgressWindow = .all) -> [String] {
      ProgressAxis(unit: unit, total: total, window: window, columns: 100).ticks(spacing: 24).map(\.label)
    }
    #expect(labels(.steps, 1000) == ["0", "500", "1 000"])
    #expect(labels(.steps, 1000, .span(first: 400, length: 100)) == ["400", "450"])
    #expect(labels(.steps, 3) == ["0", "10", "20"])
    #expect(labels(.samples, 2_000_000) == ["0", "1 M", "2 M"])
    #expect(labels(.time, 600) == ["00:00", "05:00", "10:00"])
    #expect(labels(.epochs, 3.2) == ["0", "1", "2", "3"])
    for unit in ProgressUnit.allCases {
      for total in [0.0, 1e-9, 0.3, 7, 1e6, 1e15] { #expect(labels(unit, total).count <= 200) }
    }
  }

  @Test("Loss scales lie on powers of two")
  func powersOfTwo() {
    let axis = ValueAxis(scale: .log2, least: 65536, greatest: 65536, rows: 12)
    #expect(axis.ticks.contains { $0.label == "2^16" })
    #expect(abs((axis.position(65536) ?? 0) - 0.5) < 1e-9)
  }

  @Test("Extreme and equal values make an axis too, with labels of at most seven characters")
  func extremes() {
    let cases: [(Double, Double)] = [
      (0, 0), (1, 1), (-5, -5), (1e-300, 1e-300), (-1e30, 1e30), (3e38, 3.4e38), (1e-45, 3e38), (99_999, 100_001),
      (0.1, 0.100_000_01),
    ]
    for (least, greatest) in cases {
      for scale in [ValueAxis.Scale.linear, .log10, .log2] {
        for rows in [1, 2, 10, 60] {
          let axis = ValueAxis(scale: scale, least: least, greatest: greatest, rows: rows)
          #expect(axis.ticks.allSatisfy { $0.label.count <= 8 }, "\(scale) \(least) \(greatest)")
          #expect(axis.ticks.count <= 80)
        }
      }
    }
  }

  @Test("Numbers are written with fixed decimals, significant digits, units")
  func numbers() {
    #expect(Format.fixed(1.005, decimals: 1) == "1.0" && Format.fixed(-0.04, decimals: 1) == "0.0")
    #expect(Format.fixed(.nan, decimals: 2) == "nan" && Format.fixed(-.infinity, decimals: 2) == "-inf")
    #expect(Format.fixed(1e300, decimals: 2) == "1.0e+300")
    #expect(Format.significant(0.41234) == "0.4123" && Format.significant(12.345) == "12.345")
    #expect(Format.significant(0.000_012) == "1.2e-05" && Format.significant(123_456) == "1.2e+05")
    #expect(Format.scientific(.leastNonzeroMagnitude) == "4.9e-324" && Format.scientific(9.99e9) == "1.0e+10")
    #expect(Format.bytes(0) == "0 B" && Format.bytes(1023) == "1.00 KiB" && Format.bytes(69_670_000) == "66.4 MiB")
    #expect(Format.bytes(Int.max) == "8.00 EiB")
    #expect(Format.grouped(1_234_567) == "1 234 567" && Format.grouped(-12) == "-12" && Format.grouped(100) == "100")
    #expect(Format.short(421_834) == "422 k" && Format.short(1_620_000) == "1.62 M")
    #expect(Format.duration(65) == "01:05" && Format.duration(3725) == "1:02:05" && Format.duration(.nan) == "--:--")
    #expect(Format.scale(65536) == "65 536" && Format.scale(1_073_741_824) == "2^30" && Format.scale(0.5) == "2^-1")
  }

  @Test("Parts of a bar add up to its length, percentages to a hundred")
  func bars() {
    #expect(StackedBar.cells(for: [1, 1, 1], length: 10).reduce(0, +) == 10)
    #expect(StackedBar.percentages(of: [0.335, 0.335, 0.33]).reduce(0, +) == 100)
    #expect(StackedBar.cells(for: [0, 0], length: 10) == [0, 0])
    #expect(StackedBar.cells(for: [1, .infinity], length: 10) == [0, 0])
  }
}

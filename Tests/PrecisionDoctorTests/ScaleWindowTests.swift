import Foundation
import Testing
import TrainingEvents

@testable import PrecisionDoctor

@Suite("The loss scales that fit") struct ScaleWindowTests {
  @Test(
    "The largest scale keeps the largest gradient strictly below half of 65504",
    arguments: [1.0, 0.3, 32752, 32751.9, 40000, 1e-6, 1e9])
  func highest(largest: Double) throws {
    let exponent = try #require(ScaleWindow.highest(largest))
    #expect(scalbn(largest, exponent) < 32752)
    #expect(scalbn(largest, exponent + 1) >= 32752)
  }

  @Test("A largest gradient of zero bounds nothing, and tiny ones stop at the useful scales")
  func extremes() {
    #expect(ScaleWindow.highest(0) == nil)
    #expect(ScaleWindow.highest(1e-40) == 126)
    #expect(ScaleWindow([.at([:])]) == ScaleWindow(lowest: nil, lowestByMagnitude: nil, highest: nil))
    #expect(ScaleWindow([.at([:])]).isOpen)
  }

  @Test("From the lowest scale on less than one hundredth is lost, one below it is not")
  func lowest() throws {
    // 2^-25 rounds up to the smallest subnormal number, 2^-26 becomes 0.
    let gradients = TensorReport.at([-40: 5, -30: 6, -20: 1000, 0: 20])
    let histogram = try #require(gradients.histogram)
    let lowest = try #require(ScaleWindow([gradients]).lowest)
    #expect(lowest == 5)
    #expect(Double(histogram.flushed(in: .fp16, shiftedBy: lowest)) < 0.01 * 1031)
    #expect(Double(histogram.flushed(in: .fp16, shiftedBy: lowest - 1)) >= 0.01 * 1031)
  }

  @Test("The exact hundredth is too much")
  func boundary() {
    #expect(ScaleWindow([.at([-40: 1, 0: 99])]).lowest == 15)
    #expect(ScaleWindow([.at([-40: 1, 0: 100])]).lowest == -25)
  }

  @Test("Looks and layers are taken together")
  func together() {
    let window = ScaleWindow(looks: [[.at([0: 10])], [.at([-30: 10]), .at([3: 10])]])
    #expect(window == ScaleWindow(lowest: 5, lowestByMagnitude: -25, highest: 11))
    #expect(window.isOpen && window.suits(-25) && window.suits(11) && !window.suits(12) && !window.suits(-26))
  }

  @Test("Many small gradients close the window, but are not missed beside a few large ones")
  func magnitude() {
    let window = ScaleWindow([.at([-60: 900, 0: 100])])
    #expect(window == ScaleWindow(lowest: 35, lowestByMagnitude: -25, highest: 14))
    #expect(!window.isOpen && window.suits(14))
  }

  @Test("The largest scale that fp16 bears, if it suits every layer; else the one that suits most")
  func choice() {
    func window(_ lowest: Int?, _ highest: Int?) -> ScaleWindow {
      ScaleWindow(lowest: lowest, lowestByMagnitude: lowest, highest: highest)
    }
    #expect(ScaleChoice(window: window(3, 9), layers: [window(3, 20), window(-5, 9), window(nil, nil)]).exponent == 9)
    #expect(ScaleChoice(window: window(nil, nil), layers: []).exponent == 16)
    let layers = [window(20, 40), window(25, 45), window(-20, 2)]
    #expect(ScaleChoice(window: window(25, 2), layers: layers).exponent == 40)
    let far = [window(120, 126), window(121, 126), window(-100, -90)]
    #expect(ScaleChoice(window: window(121, -90), layers: far).exponent == -90, "fp32 would not bear more")
  }
}

@Suite("What becomes of a range") struct RangePrognosisTests {
  @Test("Headroom is in powers of two, negative beyond the largest number")
  func headroom() throws {
    let fitting = try #require(RangePrognosis([[.at([3: 1])]], in: .fp16))
    #expect(abs((fitting.headroom ?? 0) - log2(65504.0 / 8)) < 1e-12)
    #expect(fitting.risk == .none)
    let near = try #require(RangePrognosis([[.at([15: 1])]], in: .fp16))
    #expect(near.risk == .atRisk)
    let beyond = try #require(RangePrognosis([[.at([16: 1])]], in: .fp16))
    #expect(beyond.headroom ?? 0 < 0)
    #expect(beyond.risk == .overflows)
    #expect(RangePrognosis([[.at([16: 1])]], in: .bf16)?.risk == Risk.none)
    #expect(RangePrognosis([[.at([127: 1])]], in: .bf16)?.risk == .atRisk)
    #expect(RangePrognosis([[]], in: .fp16) == nil)
    #expect(RangePrognosis([[.at([:])]], in: .fp16)?.headroom == nil)
  }

  @Test("Shares are of what is not zero, the worst of the looks, and a scale moves them")
  func shares() throws {
    let looks = [[TensorReport.at([-30: 1, -20: 1, 0: 2])], [.at([-30: 3, 0: 1])]]
    let unscaled = try #require(RangePrognosis(looks, in: .fp16))
    #expect(unscaled.flushed == 0.75 && unscaled.subnormal == 0.25)
    let scaled = try #require(RangePrognosis(looks, in: .fp16, shiftedBy: 10))
    #expect(scaled.flushed == 0 && scaled.subnormal == 0.75 && scaled.largest == 1024)
  }

  @Test("Infinities in fp32 overflow every format")
  func infinities() {
    var report = TensorReport.at([0: 1])
    report.infinities = 1
    #expect(RangePrognosis([[report]], in: .bf16)?.risk == .overflows)
  }
}

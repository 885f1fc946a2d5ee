import Foundation
import RunStatistics
import Testing

@Suite struct GeometricMeanTests {
  @Test("Mean and interval are SciPy's")
  func scipy() throws {
    // scipy.stats.gmean, and exp of the 95 % confidence interval of ttest_1samp of the logarithms, SciPy 1.17.1.
    let mean = try #require(GeometricMean([1.9, 1.2, 2.4, 1.05, 1.6]))
    // A few roundings of logarithms.
    #expect(abs(mean.ratio - 1.5584435436148558) < 1e-13)
    #expect(abs(try #require(mean.low) - 1.0272840884542431) < 1e-12)
    #expect(abs(try #require(mean.high) - 2.3642401414874135) < 1e-12)
    #expect(mean.count == 5)
  }

  @Test("Swapping the sides inverts the mean and its interval")
  func inversion() throws {
    let ratios = [1.9, 1.2, 0.8, 1.05]
    let one = try #require(GeometricMean(ratios))
    let other = try #require(GeometricMean(ratios.map { 1 / $0 }))
    #expect(abs(one.ratio * other.ratio - 1) < 1e-13)
    #expect(abs(try #require(one.low) * (try #require(other.high)) - 1) < 1e-12)
  }

  @Test("One ratio is its own mean, without interval; equal ratios have a point for one")
  func few() throws {
    let one = try #require(GeometricMean([1.7]))
    #expect(one.ratio == 1.7)
    #expect(one.low == nil)
    #expect(one.high == nil)
    #expect(one.count == 1)
    let equal = try #require(GeometricMean([1.7, 1.7, 1.7]))
    #expect(abs(equal.ratio - 1.7) < 1e-14)
    #expect(equal.low == equal.ratio)
    #expect(equal.high == equal.ratio)
  }

  @Test("No ratios, and ratios that are none, give nothing")
  func nothing() {
    #expect(GeometricMean([]) == nil)
    for ratio in [0, -1, .nan, .infinity] {
      #expect(GeometricMean([ratio]) == nil)
      #expect(GeometricMean([1.5, ratio]) == nil)
    }
  }
}

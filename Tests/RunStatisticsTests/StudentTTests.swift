import Testing

@testable import RunStatistics

/// Expected values: `scipy.stats.t` and `scipy.special.betainc` of SciPy 1.17.1, printed with `repr`.
@Suite struct StudentTTests {
  /// Relative tolerance at ν degrees of freedom: three logarithms of gamma functions of about ν/2 · log ν cancel, each
  /// rounded to 1e-16 of itself.
  private func tolerance(_ degreesOfFreedom: Double) -> Double { 1e-13 + 4e-15 * degreesOfFreedom }

  private func isClose(_ value: Double, _ expected: Double, _ relative: Double) -> Bool {
    abs(value - expected) <= relative * abs(expected)
  }

  @Test(
    "The incomplete beta function is SciPy's, on both sides of the crossing",
    arguments: [
      (0.5, 0.5, 0.3, 0.36901011956554536), (5, 0.5, 0.99, 0.7571581091015623), (2, 3, 0.4, 0.5247999999999999),
      (100, 0.5, 0.97, 0.013697876866621621), (0.5, 40, 0.0001, 0.07104992336527761),
      (30, 20, 0.6, 0.4922998003423522), (100_000, 0.5, 0.99999, 0.15729868816242573),
    ])
  func incompleteBeta(a: Double, b: Double, x: Double, expected: Double) {
    // With a of 100 000 the rounding of x = 0.99999 itself moves the result by 1e-11.
    let relative = tolerance(2 * max(a, b)) + max(a, b) * .ulpOfOne
    #expect(isClose(IncompleteBeta.regularized(a, b, x: x, y: 1 - x), expected, relative))
    #expect(isClose(IncompleteBeta.regularized(b, a, x: 1 - x, y: x), 1 - expected, 10 * relative))
  }

  @Test(
    "The distribution function is SciPy's",
    arguments: [
      (1, -40, 0.007956089912025812), (1, 1, 0.75), (2, -2.5, 0.06480586011075541), (2, -1e-8, 0.4999999964644661),
      (2, 0.3, 0.6037571695799112), (3, 6, 0.9953636425538577), (5, -40, 9.205981085886477e-08),
      (9, -2.5, 0.016930913841492867), (9, 6, 0.9998987503389661), (29, -40, 3.173438664864671e-27),
      (29, 0.3, 0.6168414533355161), (100, -40, 1.2310538010700354e-63), (100, 1, 0.8401379221079384),
      (9999, -30, 1.0240140260932965e-189), (9999, -2.5, 0.006217610570010088), (9999, 0.3, 0.6179083040735265),
      (999_999, -2.5, 0.006209744751161049), (999_999, 1, 0.84134462508309),
    ])
  func cumulative(degreesOfFreedom: Double, t: Double, expected: Double) {
    let distribution = StudentT(degreesOfFreedom: degreesOfFreedom)
    #expect(isClose(distribution.cumulative(t), expected, tolerance(degreesOfFreedom)))
    #expect(distribution.upperTail(-t) == distribution.cumulative(t))
  }

  @Test(
    "Quantiles are SciPy's, far out and near the middle",
    arguments: [
      (1, 1e-12, -318309886183.7907), (1, 0.4999, -0.0003141592756945358), (1, 0.975, 12.706204736174694),
      (2, 1e-12, -707106.7811854869), (2, 0.95, 2.9199855803537242), (3, 0.025, -3.1824463052837086),
      (3, 0.9995, 12.923978636687961), (9, 1e-12, -51.41491602328223), (9, 0.4999, -0.00025770877553428137),
      (9, 0.95, 1.833112932656237), (29, 0.975, 2.045229642132703), (9999, 0.95, 1.6450060333112988),
      (9999, 1e-12, -7.04337249187941), (999_999, 0.975, 1.9599663568164791), (999_999, 0.4999, -0.0002506628927537895),
    ])
  func quantile(degreesOfFreedom: Double, probability: Double, expected: Double) {
    let value = StudentT(degreesOfFreedom: degreesOfFreedom).quantile(probability)
    // Near the middle a rounding of the probability, 1e-16, is 1e-12 of its distance from a half.
    let rounding = 1e-16 / abs(probability - 0.5)
    #expect(isClose(value, expected, tolerance(degreesOfFreedom) + 4 * rounding))
  }

  @Test("Quantile and distribution function are inverse to each other")
  func inverse() {
    for degreesOfFreedom in [1.0, 2, 4.5, 17, 300] {
      let distribution = StudentT(degreesOfFreedom: degreesOfFreedom)
      for step in 1..<40 {
        let probability = Double(step) / 40
        let back = distribution.cumulative(distribution.quantile(probability))
        #expect(isClose(back, probability, tolerance(degreesOfFreedom)))
      }
    }
  }

  @Test("One degree of freedom is Cauchy's distribution, known in closed form")
  func cauchy() {
    let distribution = StudentT(degreesOfFreedom: 1)
    #expect(isClose(distribution.quantile(0.75), 1, 1e-13))
    // 1/2 − atan(t)/π is 1/(πt) far out.
    #expect(isClose(distribution.upperTail(1e100), 1 / (.pi * 1e100), 1e-13))
    // 1/2 − t/π near the middle, where SciPy 1.17.1 has eight digits.
    #expect(isClose(distribution.cumulative(-1e-8), 0.5 - 1e-8 / .pi, 1e-15))
  }

  @Test("Ends and arguments without meaning")
  func ends() {
    let distribution = StudentT(degreesOfFreedom: 4)
    #expect(distribution.cumulative(0) == 0.5)
    #expect(distribution.quantile(0.5) == 0)
    #expect(distribution.cumulative(.infinity) == 1)
    #expect(distribution.cumulative(-.infinity) == 0)
    #expect(distribution.quantile(0) == -.infinity)
    #expect(distribution.quantile(1) == .infinity)
    #expect(distribution.quantile(-0.1).isNaN)
    #expect(distribution.quantile(1.1).isNaN)
    #expect(distribution.quantile(.nan).isNaN)
    #expect(distribution.upperTail(.nan).isNaN)
    #expect(StudentT(degreesOfFreedom: 0).cumulative(1).isNaN)
    #expect(StudentT(degreesOfFreedom: -1).quantile(0.5).isNaN)
  }
}

/// The exponential moving average of TensorBoard's scalar charts, without the pull of its zero start.
///
/// After n finite values x₁…xₙ: last ← last·w + (1 − w)·xₙ, and the value is last / (1 − wⁿ), the same correction as
/// in Adam. A non-finite value is passed through and does not enter the average. Source: TensorBoard,
/// `vz_line_chart/line-chart.ts`, `resmoothDataset`.
public struct DebiasedEMA: Sendable, Hashable {
  /// Weight of the past, 0 (no smoothing) to below 1.
  public let weight: Double
  private var last = 0.0
  private var weightToN = 1.0

  /// Largest weight: above it, 1 − wⁿ loses its digits for small n.
  public static let maximumWeight = 0.9999

  /// Creates an empty average.
  ///
  /// A weight outside 0…0.9999 is moved to the nearer end; NaN means no smoothing.
  public init(weight: Double) {
    self.weight = weight.isNaN ? 0 : min(max(weight, 0), DebiasedEMA.maximumWeight)
  }

  /// The average of the finite values so far; nil before the first.
  public var value: Double? {
    weightToN < 1 ? last / (1 - weightToN) : nil
  }

  /// Takes in a value and returns the average after it; a non-finite value is returned as it is.
  ///
  /// Complexity: O(1).
  @discardableResult
  public mutating func add(_ x: Double) -> Double {
    guard x.isFinite else { return x }
    last = last * weight + (1 - weight) * x
    weightToN *= weight
    return last / (1 - weightToN)
  }

  /// The smoothed series, value by value.
  ///
  /// Complexity: O(n).
  public static func smooth(_ values: some Sequence<Double>, weight: Double) -> [Double] {
    var average = DebiasedEMA(weight: weight)
    return values.map { average.add($0) }
  }
}

/// Quantiles of numbers in ascending order.
package enum SortedSample {
  /// The quantile of a sample that is not empty, `fraction` in 0…1, linear between neighbours (Hyndman and Fan 1996,
  /// type 7, the default of NumPy and R).
  ///
  /// Complexity: O(1).
  package static func quantile(_ fraction: Double, of sorted: [Double]) -> Double {
    let position = fraction * Double(sorted.count - 1)
    let below = Int(position)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (position - Double(below)) * (sorted[above] - sorted[below])
  }
}

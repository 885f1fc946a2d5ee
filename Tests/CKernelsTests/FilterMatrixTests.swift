import CKernels
import Testing

extension KernelTests {
  @Suite("Filters as the matrix of a picture")
  struct FilterMatrix {
    /// Taps for places and pixels: one place, a place that sees nothing of a pixel, places that share taps.
    static let shapes: [amp_filter_matrix] = [
      shape(places: 1, pixels: 1, taps: 1, [0]),
      shape(places: 1, pixels: 1, taps: 9, [4]),
      shape(places: 1, pixels: 4, taps: 9, [4, 5, 7, 8]),
      shape(places: 1, pixels: 3, taps: 4, [2, -1, 0]),
      shape(places: 4, pixels: 4, taps: 9, [4, 5, 7, 8, 3, 4, 6, 7, 1, 2, 4, 5, 0, 1, 3, 4]),
      shape(places: 2, pixels: 2, taps: 3, [1, 2, 0, 1]),
      shape(places: 3, pixels: 2, taps: 2, [-1, 0, 0, 1, 1, -1]),
    ]

    private static func shape(places: Int, pixels: Int, taps: Int, _ numbers: [Int8]) -> amp_filter_matrix {
      var shape = amp_filter_matrix()
      (shape.places, shape.pixels, shape.taps) = (places, pixels, taps)
      withUnsafeMutableBytes(of: &shape.tap) { $0.copyBytes(from: numbers.map { UInt8(bitPattern: $0) }) }
      return shape
    }

    private static func tap(_ shape: amp_filter_matrix, place: Int, pixel: Int) -> Int? {
      let number = withUnsafeBytes(of: shape.tap) { Int8(bitPattern: $0[place * shape.pixels + pixel]) }
      return number < 0 ? nil : Int(number)
    }

    /// Calls `body` for every element of the matrix (places · O, pixels · C), in order, with the index of its filter's tap.
    private func forEachElement(
      _ shape: amp_filter_matrix, _ outputs: Int, _ channels: Int, _ body: (_ filter: Int?) -> Void
    ) {
      for place in 0..<shape.places {
        for output in 0..<outputs {
          for pixel in 0..<shape.pixels {
            for channel in 0..<channels {
              body(
                FilterMatrix.tap(shape, place: place, pixel: pixel).map {
                  (output * channels + channel) * shape.taps + $0
                })
            }
          }
        }
      }
    }

    @Test(
      "has a tap wherever a place sees a pixel; that of one place gives the filters back", arguments: 0..<shapes.count,
      [(1, 1), (5, 3), (64, 40)])
    func gathering(_ number: Int, _ sizes: (outputs: Int, channels: Int)) {
      var shape = FilterMatrix.shapes[number]
      let count = sizes.outputs * sizes.channels * shape.taps
      let patterns = (0..<count).map { UInt32($0 % 65_521 + 1) }
      var expected: [UInt32] = []
      var back = [UInt32](repeating: 0, count: count)
      forEachElement(shape, sizes.outputs, sizes.channels) { filter in
        expected.append(filter.map { patterns[$0] } ?? 0)
        if let filter { back[filter] = patterns[filter] }
      }
      for dtype in KernelTests.dtypes {
        for threads: Int32 in [1, 2] {
          let filters = Tensor(dtype, patterns: patterns)
          var matrix = Tensor(dtype, count: expected.count)
          amp_filters_to_matrix(
            threads, dtype, filters.bytes, &shape, sizes.outputs, sizes.channels, &matrix.bytes)
          #expect(matrix.patterns == expected && matrix.isGuardIntact, "\(dtype), \(threads)")
          guard shape.places == 1 else { continue }
          var found = Tensor(dtype, count: count)
          amp_matrix_to_filters(
            threads, dtype, matrix.bytes, &shape, sizes.outputs, sizes.channels, &found.bytes)
          #expect(found.patterns == back && found.isGuardIntact, "\(dtype), \(threads)")
        }
      }
    }

    @Test(
      "Filters get the sums of what the matrix has at their taps", arguments: 0..<shapes.count,
      [(1, 1), (5, 3), (64, 40)])
    func sums(_ number: Int, _ sizes: (outputs: Int, channels: Int)) {
      var shape = FilterMatrix.shapes[number]
      // Whole numbers: their sums are exact in any order.
      var values: [Float] = []
      var expected = [Float](repeating: 0, count: sizes.outputs * sizes.channels * shape.taps)
      forEachElement(shape, sizes.outputs, sizes.channels) { filter in
        values.append(Float(values.count % 8191 + 1))
        if let filter { expected[filter] += values[values.count - 1] }
      }
      for threads: Int32 in [1, 2] {
        var (matrix, found) = (values, [Float](repeating: .nan, count: expected.count))
        amp_matrix_sums_to_filters(threads, &matrix, &shape, sizes.outputs, sizes.channels, &found)
        #expect(found == expected, "\(threads)")
      }
    }
  }
}

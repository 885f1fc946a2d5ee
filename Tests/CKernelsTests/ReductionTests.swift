import CKernels
import Testing

extension KernelTests {
  @Suite("Reductions")
  struct Reductions {
    static func columnSum(_ x: Tensor, into outType: amp_dtype, rows: Int, columns: Int, threads: Int32) -> Tensor {
      var out = Tensor(outType, count: columns)
      var scratch = [UInt8](repeating: 0xFF, count: amp_column_sum_scratch(threads, rows, columns) + Tensor.guardCount)
      amp_column_sum(threads, x.dtype, x.bytes, outType, &out.bytes, rows, columns, &scratch)
      #expect(out.isGuardIntact)
      #expect(scratch.suffix(Tensor.guardCount).allSatisfy { $0 == 0xFF }, "scratch is larger than announced")
      return out
    }

    @Test("Column sums of every shape and format, to fp32 and back to the format, the same bits every time")
    func columnSums() {
      var random = Randomness(seed: 8)
      for (rows, columns) in [(0, 3), (1, 1), (7, 15), (8, 16), (17, 10), (700, 33), (1200, 130)] {
        let values = random.floats(rows * columns)
        for dtype in KernelTests.dtypes {
          let x = Tensor(dtype, values)
          var (expected, magnitudes) = ([Double](repeating: 0, count: columns), [Double](repeating: 0, count: columns))
          for (index, value) in x.floats.enumerated() {
            expected[index % columns] += Double(value)
            magnitudes[index % columns] += Double(value.magnitude)
          }
          // Each sum is a chain of at most 128 + rows / 128 fp32 additions; half an ulp of the magnitudes for each is
          // the worst case.
          let steps = Double(128 + rows / 128)
          let absolute = steps * 0x1p-24 * (magnitudes.max() ?? 0)
          KernelTests.onEveryKernelSet { isa, threads in
            for outType in Set([AMP_F32.rawValue, dtype.rawValue]).map(amp_dtype.init(rawValue:)) {
              let sum = Reductions.columnSum(x, into: outType, rows: rows, columns: columns, threads: threads)
              let difference = firstDifference(
                sum.floats, expected, relative: unit(of: outType) / 2, absolute: absolute + smallestError(of: outType))
              #expect(difference == nil, "\(isa) \(threads) \(rows)x\(columns) \(dtype)")
              let again = Reductions.columnSum(x, into: outType, rows: rows, columns: columns, threads: threads)
              #expect(again.patterns == sum.patterns, "\(isa) \(threads) \(rows)x\(columns) \(dtype)")
            }
          }
        }
      }
    }

    @Test("Many rows do not wear the sum down: 2^18 times 0.1 in fp32")
    func longColumns() {
      let rows = 1 << 18
      let x = Tensor(AMP_F32, Array(repeating: 0.1, count: rows))
      let expected = [Double(Float(0.1)) * Double(rows)]
      KernelTests.onEveryKernelSet { isa, threads in
        let sum = Reductions.columnSum(x, into: AMP_F32, rows: rows, columns: 1, threads: threads)
        // Adding equal terms rounds the same way every time. A plain fp32 loop is off by 2.5e-3 here.
        #expect(firstDifference(sum.floats, expected, relative: 5e-5) == nil, "\(isa) \(threads)")
      }
    }

    @Test("The gradient scan counts NaN and infinity before unscaling and sums the squares of the rest in fp64")
    func gradientScan() {
      var random = Randomness(seed: 9)
      for size in KernelTests.sizes {
        for values in [random.floats(size), random.awkwardFloats(size)] {
          for dtype in KernelTests.dtypes {
            let gradient = Tensor(dtype, values)
            for inverseScale: Float in [1, 1 / 65536, 0.3] {
              let finite = gradient.floats.filter(\.isFinite).map { $0 * inverseScale }
              let squares = finite.reduce(0.0) { $0 + Double($1) * Double($1) }
              let largest = finite.map(\.magnitude).max() ?? 0
              KernelTests.onEveryKernelSet { isa, threads in
                var found = amp_gradient_statistics()
                amp_gradient_scan(threads, dtype, gradient.bytes, size, inverseScale, &found)
                let place = "\(isa) \(threads) \(size) \(dtype) \(inverseScale)"
                #expect(found.non_finite == UInt64(size - finite.count), "\(place)")
                #expect(Reductions.kinds(found) == Reductions.kinds(of: gradient.floats), "\(place)")
                #expect(found.largest == largest, "\(place)")
                // The squares are positive: every order of fp64 additions stays within count * 2^-53.
                #expect((found.sum_of_squares - squares).magnitude <= squares * Double(size) * 0x1p-53, "\(place)")
                var again = amp_gradient_statistics()
                amp_gradient_scan(threads, dtype, gradient.bytes, size, inverseScale, &again)
                #expect(again.sum_of_squares == found.sum_of_squares, "\(place)")
              }
            }
          }
        }
      }
    }

    static func kinds(_ found: amp_gradient_statistics) -> [UInt64] { [found.zeros, found.infinities, found.nans] }

    static func kinds(of values: [Float]) -> [UInt64] {
      [values.count(where: \.isZero), values.count(where: \.isInfinite), values.count(where: \.isNaN)].map(UInt64.init)
    }

    @Test("A subnormal gradient is no zero, also where it is flushed to zero or vanishes in unscaling")
    func subnormal() {
      let values: [Float] = [0, -0.0, 0x1p-149, -0x1p-130, 0x1p-126, .nan, -.infinity] + Array(repeating: 0, count: 20)
      KernelTests.onEveryKernelSet { isa, threads in
        amp_flush_denormals(threads, true)
        defer { amp_flush_denormals(threads, false) }
        var found = amp_gradient_statistics()
        amp_gradient_scan(threads, AMP_F32, values, values.count, 0x1p-60, &found)
        #expect(Reductions.kinds(found) == [22, 1, 1] && found.non_finite == 2, "\(isa) \(threads)")
      }
    }

    @Test("One NaN or infinity anywhere is counted once")
    func singleNonFinite() {
      for size in [1, 15, 16, 17, 40] {
        for place in 0..<size {
          for culprit: Float in [.nan, -.nan, .infinity, -.infinity] {
            var values = [Float](repeating: 1, count: size)
            values[place] = culprit
            for dtype in KernelTests.dtypes {
              let gradient = Tensor(dtype, values)
              KernelTests.onEveryKernelSet { isa, threads in
                var found = amp_gradient_statistics()
                amp_gradient_scan(threads, dtype, gradient.bytes, size, 0.5, &found)
                #expect(
                  found.non_finite == 1 && found.sum_of_squares == Double(size - 1) / 4, "\(isa) \(size) \(place)")
                #expect(Reductions.kinds(found) == (culprit.isNaN ? [0, 0, 1] : [0, 1, 0]), "\(isa) \(size) \(place)")
              }
            }
          }
        }
      }
    }

    @Test("Global average pooling takes means over space and spreads gradients evenly")
    func pooling() {
      var random = Randomness(seed: 10)
      for (n, spatial, channels) in [(0, 4, 3), (1, 1, 1), (3, 49, 17), (2, 5, 10), (4, 64, 100), (9, 64, 32)] {
        let (values, gradients) = (random.floats(n * spatial * channels), random.floats(n * channels))
        for dtype in KernelTests.dtypes {
          let (x, dy) = (Tensor(dtype, values), Tensor(dtype, gradients))
          let (input, output) = (x.floats, dy.floats)
          var means = [Double](repeating: 0, count: n * channels)
          var shares = [Float](repeating: 0, count: input.count)
          for index in input.indices {
            let target = index / (spatial * channels) * channels + index % channels
            means[target] += Double(input[index]) / Double(spatial)
            shares[index] = Tensor.rounded(output[target] / Float(spatial), to: dtype)
          }
          KernelTests.onEveryKernelSet { isa, threads in
            var (y, dx) = (Tensor(dtype, count: n * channels), Tensor(dtype, count: input.count))
            amp_global_average_pool(threads, dtype, x.bytes, &y.bytes, n, spatial, channels)
            amp_global_average_pool_backward(threads, dtype, dy.bytes, &dx.bytes, n, spatial, channels)
            // At most 64 additions of values up to 4, half an ulp each, on a mean that loses the factor again.
            let difference = firstDifference(
              y.floats, means, relative: unit(of: dtype) / 2, absolute: 64 * 4 * 0x1p-24 + smallestError(of: dtype))
            #expect(difference == nil, "\(isa) \(threads) (\(n), \(spatial), \(channels)) \(dtype)")
            #expect(
              firstDifference(dx.floats, shares) == nil, "\(isa) \(threads) (\(n), \(spatial), \(channels)) \(dtype)")
            #expect(y.isGuardIntact && dx.isGuardIntact)
          }
        }
      }
    }
  }
}

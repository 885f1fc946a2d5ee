import CKernels
import Testing

extension KernelTests {
  @Suite("Layer normalisation")
  struct LayerNorm {
    /// (rows, columns): no rows, one column, tails of every kind, every number of strands, several blocks of rows and
    /// several chunks.
    static let shapes = [
      (0, 3), (3, 1), (2, 2), (5, 7), (33, 16), (7, 33), (3, 64), (9, 130), (300, 50), (2, 1_000), (700, 24),
    ]
    static let eps: Float = 1e-5

    struct Normalized {
      var y: Tensor
      var mean: [Float]
      var rstd: [Float]
    }

    /// Forward, y written over x where `inPlace`.
    static func normalize(
      _ x: Tensor, weight: [Float], bias: [Float], columns: Int, eps: Float = eps, threads: Int32, inPlace: Bool = false
    ) -> Normalized {
      let rows = x.count / columns
      let zeros = [Float](repeating: 0, count: rows)
      var result = Normalized(y: inPlace ? x : Tensor(x.dtype, count: x.count), mean: zeros, rstd: zeros)
      result.y.bytes.withUnsafeMutableBytes { y in
        x.bytes.withUnsafeBytes { source in
          let from = inPlace ? UnsafeRawPointer(y.baseAddress) : source.baseAddress
          amp_layer_norm(
            threads, x.dtype, from, weight, bias, eps, y.baseAddress, &result.mean, &result.rstd, rows, columns)
        }
      }
      #expect(result.y.isGuardIntact)
      return result
    }

    @Test("Rows get mean 0 and variance 1, then weight and bias; the same bits for every team and in place")
    func forward() {
      var random = Randomness(seed: 40)
      for (rows, columns) in LayerNorm.shapes {
        let values = random.floats(rows * columns)
        let (weight, bias) = (random.floats(columns, in: 0.5...2), random.floats(columns))
        for dtype in KernelTests.dtypes {
          let x = Tensor(dtype, values)
          let reference = LayerNormReference(x.floats, columns: columns, eps: LayerNorm.eps)
          let expected = reference.output(weight: weight, bias: bias)
          var ofOneThread: [UInt32] = []
          KernelTests.onEveryKernelSet { isa, threads in
            let found = LayerNorm.normalize(x, weight: weight, bias: bias, columns: columns, threads: threads)
            let place = "\(isa) \(threads) \(rows)x\(columns) \(dtype)"
            // The mean is found twice: what is left is its own rounding, of numbers up to 4. Squares are summed in
            // chains of at most 1000 / 32 + 5 additions that all round the same way at worst.
            #expect(firstDifference(found.mean, reference.mean, relative: 0, absolute: 4 * 0x1p-23) == nil, "\(place)")
            #expect(firstDifference(found.rstd, reference.rstd, relative: 40 * 0x1p-24) == nil, "\(place)")
            // Against the mean's error stands at worst rstd = 1 / sqrt(eps) = 316, in rows of equal values.
            let meanError = 2 * 4 * 0x1p-23 * Double(found.rstd.max() ?? 0)
            let difference = firstDifference(
              found.y.floats, expected, relative: unit(of: dtype) / 2 + 64 * 0x1p-24,
              absolute: meanError + 64 * 8 * 0x1p-24 + smallestError(of: dtype))
            #expect(difference == nil, "\(place)")
            if threads == 1 { ofOneThread = found.y.patterns }
            #expect(found.y.patterns == ofOneThread, "\(place)")
            let inPlace = LayerNorm.normalize(
              x, weight: weight, bias: bias, columns: columns, threads: threads, inPlace: true)
            #expect(inPlace.y.patterns == ofOneThread, "\(place)")
          }
        }
      }
    }

    @Test("A mean far from zero does not cancel the variance; a constant row has none")
    func farMean() {
      var random = Randomness(seed: 41)
      let columns = 3_001
      let x = Tensor(AMP_F32, random.floats(columns, in: 999...1001) + Array(repeating: 1234.5, count: columns))
      let reference = LayerNormReference(x.floats, columns: columns, eps: LayerNorm.eps)
      let (weight, bias) = ([Float](repeating: 1, count: columns), [Float](repeating: 0.25, count: columns))
      KernelTests.onEveryKernelSet { isa, threads in
        let found = LayerNorm.normalize(x, weight: weight, bias: bias, columns: columns, threads: threads)
        // Numbers near 1000 are 2^-14 apart. The deviations from any fp32 number near the mean are exact.
        #expect(firstDifference(found.mean, reference.mean, relative: 0x1p-24) == nil, "\(isa) \(threads)")
        #expect(firstDifference(found.rstd, reference.rstd, relative: 100 * 0x1p-24) == nil, "\(isa) \(threads)")
        #expect(found.y.floats.suffix(columns).allSatisfy { $0 == 0.25 }, "\(isa) \(threads)")
      }
    }

    @Test(
      "In a row of equal numbers, whose sum rounds the same way every time, the mean is exact and the variance zero")
    func constantRow() {
      let columns = 15_717
      let values: [Float] = [0.1, 0.9, 1.3]
      let x = Tensor(AMP_F32, values.flatMap { Array(repeating: $0, count: columns) })
      let (weight, bias) = ([Float](repeating: 1, count: columns), [Float](repeating: 0.25, count: columns))
      KernelTests.onEveryKernelSet { isa, threads in
        func run(_ eps: Float) -> Normalized {
          LayerNorm.normalize(x, weight: weight, bias: bias, columns: columns, eps: eps, threads: threads)
        }
        // A plain fp32 mean is off by 2e-7 and more here: its square is a variance of 4e-14 and more.
        let found = run(1e-14)
        #expect(found.mean == values, "\(isa) \(threads)")
        #expect(!found.y.floats.contains { $0 != 0.25 }, "\(isa) \(threads)")
        #expect(firstDifference(found.rstd, values.map { _ in 1e7 }, relative: 1e-3) == nil, "\(isa) \(threads)")
        // Beside this eps the rounding of the variance shows, which falls below zero in the second row.
        #expect(!run(1e-30).rstd.contains { !($0 > 1e7) }, "\(isa) \(threads)")
      }
    }

    @Test("NaN and infinity make their own row NaN and no other")
    func nonFinite() {
      let columns = 37
      let (weight, bias) = ([Float](repeating: 1, count: columns), [Float](repeating: 0, count: columns))
      for culprit: Float in [.nan, .infinity, -.infinity] {
        for place in [0, 15, 36] {
          var values = (0..<3 * columns).map { Float($0 % 7) }
          values[columns + place] = culprit
          for dtype in KernelTests.dtypes {
            let x = Tensor(dtype, values)
            KernelTests.onEveryKernelSet { isa, threads in
              let found = LayerNorm.normalize(x, weight: weight, bias: bias, columns: columns, threads: threads)
              let isBad = found.y.floats.map(\.isNaN)
              #expect(isBad == (0..<3 * columns).map { $0 / columns == 1 }, "\(isa) \(dtype) \(culprit) \(place)")
              #expect(found.rstd.map(\.isNaN) == [false, true, false], "\(isa) \(dtype) \(culprit) \(place)")
            }
          }
        }
      }
    }

    /// One backward pass, dx written over dy.
    static func gradients(
      dy: Tensor, x: Tensor, weight: [Float], mean: [Float], rstd: [Float], columns: Int, threads: Int32
    ) -> (dx: Tensor, dweight: [Float], dbias: [Float]) {
      let rows = x.count / columns
      var (dx, dweight, dbias) = (dy, weight, weight)
      var scratch = [UInt8](repeating: 0xFF, count: amp_layer_norm_scratch(threads, rows, columns) + 64)
      dx.bytes.withUnsafeMutableBytes {
        amp_layer_norm_backward(
          threads, x.dtype, $0.baseAddress, x.bytes, weight, mean, rstd, $0.baseAddress, &dweight, &dbias, rows,
          columns, &scratch)
      }
      #expect(dx.isGuardIntact && scratch.suffix(64).allSatisfy { $0 == 0xFF })
      return (dx, dweight, dbias)
    }

    @Test("Gradients follow the formulas, in place too, the same bits every time")
    func backward() {
      var random = Randomness(seed: 42)
      for (rows, columns) in LayerNorm.shapes where columns > 2 {
        let (values, gradients) = (random.floats(rows * columns), random.floats(rows * columns))
        let weight = random.floats(columns, in: 0.5...2)
        for dtype in KernelTests.dtypes {
          let (x, dy) = (Tensor(dtype, values), Tensor(dtype, gradients))
          let reference = LayerNormReference(x.floats, columns: columns, eps: LayerNorm.eps)
          let expected = reference.gradients(dy: dy.floats, weight: weight)
          let (mean, rstd) = (reference.mean.map(Float.init), reference.rstd.map(Float.init))
          let (largest, scale) = (reference.normalized.map(\.magnitude).max() ?? 0, reference.rstd.max() ?? 0)
          KernelTests.onEveryKernelSet { isa, threads in
            let place = "\(isa) \(threads) \(rows)x\(columns) \(dtype)"
            func run() -> (dx: Tensor, dweight: [Float], dbias: [Float]) {
              LayerNorm.gradients(
                dy: dy, x: x, weight: weight, mean: mean, rstd: rstd, columns: columns, threads: threads)
            }
            let found = run()
            // Blocks of 128 rows, then their sums: half an ulp of the magnitudes for each addition, and 8 roundings of
            // a term itself.
            let sums = Double(136 + rows / 128) * 0x1p-24 * expected.magnitude
            #expect(firstDifference(found.dbias, expected.dbias, relative: 0, absolute: sums) == nil, "\(place)")
            #expect(firstDifference(found.dweight, expected.dweight, relative: 0, absolute: sums) == nil, "\(place)")
            // Both averages are of terms up to 4 * 2 (times the normalised value), summed in chains of at most
            // columns / 32 + 5 additions; one of them is multiplied by a normalised value.
            let steps = Double(columns / 32 + 16)
            let absolute = scale * 8 * steps * 0x1p-24 * (1 + largest) * (1 + largest)
            let difference = firstDifference(
              found.dx.floats, expected.dx, relative: unit(of: dtype) / 2, absolute: absolute + smallestError(of: dtype)
            )
            #expect(difference == nil, "\(place)")
            let again = run()
            #expect(again.dx.bytes == found.dx.bytes && again.dweight == found.dweight, "\(place)")
          }
        }
      }
    }

    @Test("Many rows do not wear the sums down: 2^16 times 0.1 in fp32")
    func longColumns() {
      let (rows, columns) = (1 << 16, 3)
      // Normalised values are 0.1 too.
      let x = Tensor(AMP_F32, Array(repeating: 0.1, count: rows * columns))
      let (zeros, ones) = ([Float](repeating: 0, count: rows), [Float](repeating: 1, count: rows))
      KernelTests.onEveryKernelSet { isa, threads in
        let found = LayerNorm.gradients(
          dy: x, x: x, weight: [1, 1, 1], mean: zeros, rstd: ones, columns: columns, threads: threads)
        // A plain fp32 loop is off by more than 1e-3 here.
        let sum = Double(rows) * Double(Float(0.1))
        #expect(
          firstDifference(found.dbias, [sum, sum, sum], relative: 5e-5) == nil, "\(isa) \(threads)")
        let product = sum * Double(Float(0.1))
        #expect(
          firstDifference(found.dweight, [product, product, product], relative: 5e-5) == nil, "\(isa) \(threads)")
      }
    }

    @Test("A NaN in dy reaches its row of dx, and its column of the other gradients")
    func nonFiniteGradient() {
      let (rows, columns) = (4, 21)
      var random = Randomness(seed: 43)
      let values = random.floats(rows * columns)
      var gradients = [Float](repeating: 1, count: rows * columns)
      gradients[2 * columns + 20] = .nan
      let weight = [Float](repeating: 1, count: columns)
      for dtype in KernelTests.dtypes {
        let (x, dy) = (Tensor(dtype, values), Tensor(dtype, gradients))
        KernelTests.onEveryKernelSet { isa, threads in
          let zeros = [Float](repeating: 0, count: rows)
          let found = LayerNorm.gradients(
            dy: dy, x: x, weight: weight, mean: zeros, rstd: zeros.map { _ in 1 }, columns: columns, threads: threads)
          #expect(found.dx.floats.map(\.isNaN) == (0..<rows * columns).map { $0 / columns == 2 }, "\(isa) \(dtype)")
          #expect(found.dbias.map(\.isNaN) == (0..<columns).map { $0 == 20 }, "\(isa) \(dtype)")
          #expect(found.dweight.map(\.isNaN) == (0..<columns).map { $0 == 20 }, "\(isa) \(dtype)")
        }
      }
    }
  }
}

import CKernels
import Foundation
import Testing

extension KernelTests {
  @Suite("GELU")
  struct Gelu {
    /// Distribution function of the standard normal.
    static func distribution(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }

    static func slope(_ x: Double) -> Double {
      distribution(x) + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot()
    }

    /// Dense around zero and out to where the fp32 tail becomes subnormal.
    static let points = (-13_000...13_000).map { Float($0) * 0x1p-10 } + [1e-30, -1e-30, 0, 30, 3e38]

    @Test("Phi is within 2 ulp of one, and within 8 of its own on the negative side down to -12")
    func accuracy() {
      let x = Tensor(AMP_F32, Gelu.points)
      KernelTests.onEveryKernelSet { isa, threads in
        var y = Tensor(AMP_F32, count: x.count)
        amp_gelu(threads, AMP_F32, x.bytes, &y.bytes, x.count)
        for (point, value) in zip(Gelu.points, y.floats) where point != 0 {
          let phi = Gelu.distribution(Double(point))
          let error = (Double(value) / Double(point) - phi).magnitude
          // Half an ulp more for the product with x.
          #expect(error <= 2 * 0x1p-23 + 0x1p-24, "\(isa) \(threads) gelu(\(point))")
          if point >= -12 { #expect(error <= 8 * 0x1p-23 * phi, "\(isa) \(threads) gelu(\(point))") }
        }
      }
    }

    @Test("The gradient is within 3 ulp of one")
    func gradient() {
      let x = Tensor(AMP_F32, Gelu.points.filter { $0.magnitude < 100 })
      let dy = Tensor(AMP_F32, Array(repeating: 1, count: x.count))
      let expected = x.floats.map { Gelu.slope(Double($0)) }
      KernelTests.onEveryKernelSet { isa, threads in
        var dx = Tensor(AMP_F32, count: x.count)
        amp_gelu_backward(threads, AMP_F32, dy.bytes, x.bytes, &dx.bytes, x.count)
        let difference = firstDifference(dx.floats, expected, relative: 0, absolute: 3 * 0x1p-23)
        #expect(difference == nil, "\(isa) \(threads)")
      }
    }

    @Test("Every format and length, in place for the gradient; 16-bit results are the rounded value or its neighbour")
    func formats() {
      var random = Randomness(seed: 6)
      for size in KernelTests.sizes {
        let (values, gradients) = (random.floats(size), random.floats(size))
        for dtype in KernelTests.dtypes {
          let (x, dy) = (Tensor(dtype, values), Tensor(dtype, gradients))
          let output = x.floats.map { Double($0) * Gelu.distribution(Double($0)) }
          let gradient = zip(x.floats, dy.floats).map { Gelu.slope(Double($0)) * Double($1) }
          // One ulp of a 16-bit format covers its rounding; the fp32 error is 8 ulp at most, relative to Phi, and for
          // the gradient 3 ulp of one times dy.
          let relative = dtype == AMP_F32 ? 8 * unit(of: dtype) : unit(of: dtype)
          KernelTests.onEveryKernelSet { isa, threads in
            var (y, dx) = (Tensor(dtype, count: size), dy)
            amp_gelu(threads, dtype, x.bytes, &y.bytes, size)
            dx.bytes.withUnsafeMutableBytes {
              amp_gelu_backward(threads, dtype, $0.baseAddress, x.bytes, $0.baseAddress, size)
            }
            let small = smallestError(of: dtype)
            #expect(
              firstDifference(y.floats, output, relative: relative, absolute: small) == nil,
              "\(isa) \(threads) \(dtype)")
            #expect(
              firstDifference(dx.floats, gradient, relative: relative, absolute: 12 * 0x1p-23 + small) == nil,
              "\(isa) \(threads) \(dtype)")
            #expect(y.isGuardIntact && dx.isGuardIntact)
          }
        }
      }
    }

    @Test("Every 16-bit number gives the rounded value or its neighbour, a slope of 1/2 at zero")
    func everyPattern() {
      for dtype in [AMP_F16, AMP_BF16] {
        let x = Tensor(dtype, patterns: Casts.everyPattern)
        let points = x.floats.map(Double.init)
        let finite = points.indices.filter { points[$0].isFinite }
        let ones = Tensor(dtype, Array(repeating: 1, count: x.count))
        KernelTests.onEveryKernelSet(threads: [2]) { isa, threads in
          var (y, dx) = (Tensor(dtype, count: x.count), Tensor(dtype, count: x.count))
          amp_gelu(threads, dtype, x.bytes, &y.bytes, x.count)
          amp_gelu_backward(threads, dtype, ones.bytes, x.bytes, &dx.bytes, x.count)
          let (values, slopes) = (y.floats, dx.floats)
          #expect(zip(points, values).allSatisfy { !$0.isNaN || $1.isNaN }, "\(isa) \(dtype)")
          #expect(zip(points, slopes).allSatisfy { !$0.isNaN || $1.isNaN }, "\(isa) \(dtype)")
          #expect(zip(points, slopes).allSatisfy { $0 != 0 || $1 == 0.5 }, "\(isa) \(dtype)")
          // The error of fp32 before the rounding, absolute for a slope, which may be near zero.
          let small = smallestError(of: dtype) * 1.01
          for (found, function, error) in [
            (values, { $0 * Gelu.distribution($0) }, 0), (slopes, Gelu.slope, 12 * 0x1p-23),
          ] as [([Float], (Double) -> Double, Double)] {
            let expected = finite.map { function(points[$0]) }
            let difference = firstDifference(
              finite.map { found[$0] }, expected, relative: unit(of: dtype) / 2 + 0x1p-20, absolute: small + error)
            #expect(difference == nil, "\(isa) \(dtype)")
          }
        }
      }
    }

    @Test("NaN stays NaN, +infinity stays, and -infinity gives NaN as in torch")
    func specials() {
      let x = Tensor(AMP_F32, [.nan, .infinity, -.infinity])
      KernelTests.onEveryKernelSet { isa, threads in
        var y = Tensor(AMP_F32, count: 3)
        amp_gelu(threads, AMP_F32, x.bytes, &y.bytes, 3)
        #expect(firstDifference(y.floats, [.nan, .infinity, .nan]) == nil, "\(isa)")
      }
    }
  }
}

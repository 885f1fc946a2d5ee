import CKernels
import Foundation
import Testing

extension KernelTests {
  @Suite("Sigmoid, tanh and SiLU")
  struct SmoothActivations {
    typealias Unary = @Sendable (Int32, amp_dtype, UnsafeRawPointer?, UnsafeMutableRawPointer?, Int) -> Void
    typealias Binary =
      @Sendable (Int32, amp_dtype, UnsafeRawPointer?, UnsafeRawPointer?, UnsafeMutableRawPointer?, Int) -> Void

    /// An activation with its values in Double.
    struct Activation: Sendable {
      let name: String
      let forward: Unary
      let backward: Binary
      let value: @Sendable (Double) -> Double
      /// Of the input where `readsOutput` is false, else of the output.
      let slope: @Sendable (Double) -> Double
      let readsOutput: Bool
      /// Units in the last place that the fp32 value may be off by.
      let ulps: Double
      /// What counts as a unit in the last place of results too small to have their own.
      var smallestUlp = 0x1p-149
      /// The same of the slope, in units in the last place of one.
      let slopeUlps: Double
    }

    @Sendable static func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

    static let all = [
      Activation(
        name: "sigmoid", forward: amp_sigmoid, backward: amp_sigmoid_backward, value: logistic,
        slope: { $0 * (1 - $0) }, readsOutput: true, ulps: 3, slopeUlps: 1),
      Activation(
        name: "tanh", forward: amp_tanh, backward: amp_tanh_backward, value: { tanh($0) }, slope: { 1 - $0 * $0 },
        readsOutput: true, ulps: 2.5, slopeUlps: 1),
      // Half a unit more for the product with x. Where the logistic function is subnormal it is off by half of its
      // smallest number, times x, which is at least -104 there.
      Activation(
        name: "silu", forward: amp_silu, backward: amp_silu_backward, value: { $0 * logistic($0) },
        slope: { logistic($0) * (1 + $0 * (1 - logistic($0))) }, readsOutput: false, ulps: 3.5, smallestUlp: 0x1p-144,
        slopeUlps: 4),
    ]

    /// All exponents, subnormals, both signs, and 250 numbers between neighbouring powers of two.
    static let points: [Float] = stride(from: UInt32(0), to: 0x7F80_0000, by: 32_771).flatMap {
      [Float(bitPattern: $0), -Float(bitPattern: $0)]
    }

    static func apply(_ function: Unary, _ x: Tensor, threads: Int32) -> Tensor {
      var y = Tensor(x.dtype, count: x.count)
      x.bytes.withUnsafeBytes { from in
        y.bytes.withUnsafeMutableBytes { function(threads, x.dtype, from.baseAddress, $0.baseAddress, x.count) }
      }
      #expect(y.isGuardIntact)
      return y
    }

    static func applyInPlace(_ function: Unary, _ x: Tensor, threads: Int32) -> Tensor {
      var y = x
      y.bytes.withUnsafeMutableBytes { function(threads, x.dtype, $0.baseAddress, $0.baseAddress, x.count) }
      #expect(y.isGuardIntact)
      return y
    }

    /// The gradient, written over `dy`.
    static func gradient(_ function: Binary, _ dy: Tensor, _ saved: Tensor, threads: Int32) -> Tensor {
      var dx = dy
      saved.bytes.withUnsafeBytes { other in
        dx.bytes.withUnsafeMutableBytes {
          function(threads, dy.dtype, $0.baseAddress, other.baseAddress, $0.baseAddress, dy.count)
        }
      }
      #expect(dx.isGuardIntact)
      return dx
    }

    @Test("fp32 values stay within the stated units in the last place over all magnitudes")
    func accuracy() {
      let x = Tensor(AMP_F32, SmoothActivations.points)
      for activation in SmoothActivations.all {
        let expected = SmoothActivations.points.map { activation.value(Double($0)) }
        KernelTests.onEveryKernelSet(threads: [2]) { isa, threads in
          let found = SmoothActivations.apply(activation.forward, x, threads: threads).floats
          let errors = zip(found, expected).map { found, expected in
            (Double(found) - expected).magnitude / max(Double(Float(expected).ulp), activation.smallestUlp)
          }
          #expect(errors.allSatisfy { $0 <= activation.ulps }, "\(isa) \(threads) \(activation.name)")
        }
      }
    }

    @Test("Every 16-bit number gives the rounded value or its neighbour")
    func everyPattern() {
      for dtype in [AMP_F16, AMP_BF16] {
        let x = Tensor(dtype, patterns: Casts.everyPattern)
        for activation in SmoothActivations.all {
          let expected = x.floats.map { activation.value(Double($0)) }
          KernelTests.onEveryKernelSet(threads: [2]) { isa, threads in
            let y = SmoothActivations.apply(activation.forward, x, threads: threads)
            let difference = firstDifference(
              y.floats, expected, relative: unit(of: dtype) / 2 + 4 * 0x1p-23, absolute: smallestError(of: dtype) * 1.01
            )
            #expect(difference == nil, "\(isa) \(threads) \(activation.name) \(dtype)")
          }
        }
      }
    }

    @Test("Gradients of every format and length follow the formulas, also over dy")
    func gradients() {
      var random = Randomness(seed: 30)
      for size in KernelTests.sizes {
        let (inputs, gradients) = (random.floats(size, in: -12...12), random.floats(size))
        for dtype in KernelTests.dtypes {
          let dy = Tensor(dtype, gradients)
          for activation in SmoothActivations.all {
            let x = Tensor(dtype, inputs)
            let saved =
              activation.readsOutput ? Tensor(dtype, x.floats.map { Float(activation.value(Double($0))) }) : x
            let expected = zip(dy.floats, saved.floats).map { Double($0) * activation.slope(Double($1)) }
            KernelTests.onEveryKernelSet { isa, threads in
              let dx = SmoothActivations.gradient(activation.backward, dy, saved, threads: threads)
              // |dy| is at most 4; the slope is off by so many units of one, and the format rounds once.
              let difference = firstDifference(
                dx.floats, expected, relative: unit(of: dtype) / 2 + 0x1p-23,
                absolute: 4 * activation.slopeUlps * 0x1p-23 + smallestError(of: dtype))
              #expect(difference == nil, "\(isa) \(threads) \(size) \(activation.name) \(dtype)")
            }
          }
        }
      }
    }

    @Test("Forward works in place, and every length gives what a longer one gives")
    func lengths() {
      var random = Randomness(seed: 31)
      let values = random.awkwardFloats(16_411)
      for dtype in KernelTests.dtypes {
        for activation in SmoothActivations.all {
          KernelTests.onEveryKernelSet { isa, threads in
            let whole = SmoothActivations.apply(activation.forward, Tensor(dtype, values), threads: threads).patterns
            for size in KernelTests.sizes {
              let x = Tensor(dtype, Array(values.prefix(size)))
              let y = SmoothActivations.applyInPlace(activation.forward, x, threads: threads)
              #expect(y.patterns == Array(whole.prefix(size)), "\(isa) \(threads) \(activation.name) \(dtype) \(size)")
            }
          }
        }
      }
    }

    @Test("The gradients of sigmoid and tanh are the same bits in every kernel set")
    func sameBits() {
      var random = Randomness(seed: 32)
      let (gradients, outputs) = (random.awkwardFloats(16_411), random.awkwardFloats(16_411))
      for dtype in KernelTests.dtypes {
        let (dy, y) = (Tensor(dtype, gradients), Tensor(dtype, outputs))
        for activation in SmoothActivations.all where activation.readsOutput {
          var first: [Float]?
          KernelTests.onEveryKernelSet { isa, threads in
            let dx = SmoothActivations.gradient(activation.backward, dy, y, threads: threads).floats
            #expect(firstDifference(dx, first ?? dx) == nil, "\(isa) \(threads) \(activation.name) \(dtype)")
            first = first ?? dx
          }
        }
      }
    }

    @Test("NaN stays NaN in both passes; infinities go to the limits, SiLU's at -infinity being NaN as in torch")
    func specials() {
      let limits: [(String, [Float])] = [
        ("sigmoid", [.nan, 1, 0, 0.5, 0.5]), ("tanh", [.nan, 1, -1, 0, -0.0]),
        ("silu", [.nan, .infinity, .nan, 0, -0.0]),
      ]
      let one: [Float] = [1, 1, 1, 1, 1]
      for dtype in KernelTests.dtypes {
        let x = Tensor(dtype, [.nan, .infinity, -.infinity, 0, -0.0])
        for (activation, (name, expected)) in zip(SmoothActivations.all, limits) {
          #expect(activation.name == name)
          KernelTests.onEveryKernelSet { isa, threads in
            let y = SmoothActivations.apply(activation.forward, x, threads: threads)
            #expect(firstDifference(y.floats, expected) == nil, "\(isa) \(name) \(dtype)")
            let ofNaN = SmoothActivations.gradient(activation.backward, x, Tensor(dtype, one), threads: threads).floats
            #expect(ofNaN[0].isNaN && !ofNaN[1].isFinite && ofNaN[3] == 0, "\(isa) \(name) \(dtype)")
            let savedNaN = SmoothActivations.gradient(activation.backward, Tensor(dtype, one), x, threads: threads)
            #expect(savedNaN.floats[0].isNaN, "\(isa) \(name) \(dtype)")
          }
        }
      }
    }
  }
}

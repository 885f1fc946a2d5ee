import CKernels
import Foundation
import Testing

extension KernelTests {
  @Suite("Clipping, Nesterov and Adam")
  struct OptimizerVariants {
    struct Weights {
      var weight: [Float]
      var first: [Float]
      var second: [Float]

      static func random(_ count: Int, _ random: inout Randomness) -> Weights {
        Weights(
          weight: random.floats(count), first: random.floats(count), second: random.floats(count, in: 0...1))
      }
    }

    struct Clipping {
      var factor: Float = 1
      var value: Float = .infinity
    }

    static let inverseScale: Float = 1 / 1024
    static let decay: Float = 0.01
    static let clippings = [
      Clipping(), Clipping(factor: 0.3), Clipping(value: 0.5), Clipping(factor: 0.7, value: 0.25),
    ]

    static func sgd(
      _ state: inout Weights, _ gradient: Tensor, _ clipping: Clipping, nesterov: Bool, first: Bool, threads: Int32
    ) -> amp_update_statistics {
      let settings = amp_sgd_settings(
        lr: 0.1, momentum: 0.9, weight_decay: decay, inverse_scale: inverseScale, clip_factor: clipping.factor,
        clip_value: clipping.value, nesterov: nesterov, first_step: first, dry_run: false)
      return sgdUpdate(threads, settings, gradient, &state.weight, &state.first)
    }

    static func adam(
      _ state: inout Weights, _ gradient: Tensor, _ clipping: Clipping, decoupled: Bool, step: Int64, threads: Int32
    ) -> amp_update_statistics {
      let settings = amp_adam_settings(
        lr: 0.01, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: decay, inverse_scale: inverseScale,
        clip_factor: clipping.factor, clip_value: clipping.value, step: step, decoupled: decoupled, dry_run: false)
      return adamUpdate(threads, settings, gradient, &state.weight, &state.first, &state.second)
    }

    /// Unscaled and clipped as torch.nn.utils does it.
    static func clipped(_ gradient: Float, _ clipping: Clipping) -> Double {
      let value = Double(gradient) * Double(inverseScale) * Double(clipping.factor)
      return max(-Double(clipping.value), min(Double(clipping.value), value))
    }

    @Test("Two clipped SGD steps, plain and by Nesterov, follow torch's formulas")
    func sgdSteps() {
      var random = Randomness(seed: 56)
      for size in [1, 17, 1000] {
        let start = Weights.random(size, &random)
        let gradients = (0..<2).map { _ in random.floats(size, in: -1000...1000) }
        for dtype in KernelTests.dtypes {
          let steps = gradients.map { Tensor(dtype, $0) }
          for clipping in OptimizerVariants.clippings {
            for nesterov in [false, true] {
              var (weight, buffer) = (start.weight.map(Double.init), [Double](repeating: 0, count: size))
              for (step, gradient) in steps.enumerated() {
                for (index, value) in gradient.floats.enumerated() {
                  let g =
                    OptimizerVariants.clipped(value, clipping) + Double(OptimizerVariants.decay) * weight[index]
                  buffer[index] = step == 0 ? g : Double(Float(0.9)) * buffer[index] + g
                  let change = nesterov ? g + Double(Float(0.9)) * buffer[index] : buffer[index]
                  weight[index] -= Double(Float(0.1)) * change
                }
              }
              KernelTests.onEveryKernelSet { isa, threads in
                var state = start
                for (step, gradient) in steps.enumerated() {
                  _ = OptimizerVariants.sgd(
                    &state, gradient, clipping, nesterov: nesterov, first: step == 0, threads: threads)
                }
                let place = "\(isa) \(threads) \(size) \(dtype) \(clipping) \(nesterov)"
                // Weights and buffers are below 4: two steps of six roundings of half an ulp each.
                let absolute = 12 * 2 * 0x1p-23
                #expect(firstDifference(state.weight, weight, relative: 0, absolute: absolute) == nil, "\(place)")
                #expect(firstDifference(state.first, buffer, relative: 0, absolute: absolute) == nil, "\(place)")
              }
            }
          }
        }
      }
    }

    @Test("Three clipped steps of Adam add the decay to the gradient, of AdamW take it from the weight")
    func adamSteps() {
      var random = Randomness(seed: 57)
      for size in [1, 17, 1000] {
        let weights = random.floats(size)
        let gradients = (0..<3).map { _ in random.floats(size, in: -1000...1000) }
        for dtype in KernelTests.dtypes {
          let steps = gradients.map { Tensor(dtype, $0) }
          for clipping in OptimizerVariants.clippings {
            for decoupled in [false, true] {
              let expected = OptimizerVariants.adamInDouble(
                weights, steps.map(\.floats), clipping, decoupled: decoupled)
              KernelTests.onEveryKernelSet { isa, threads in
                let zeros = [Float](repeating: 0, count: size)
                var state = Weights(weight: weights, first: zeros, second: zeros)
                for (step, gradient) in steps.enumerated() {
                  _ = OptimizerVariants.adam(
                    &state, gradient, clipping, decoupled: decoupled, step: Int64(step + 1), threads: threads)
                }
                let place = "\(isa) \(threads) \(size) \(dtype) \(clipping) \(decoupled)"
                // A weight below 4 rounds twice a step; it moves by about lr, which an error of the moments relative to
                // themselves changes little, unless the gradients nearly cancel: then by 1e-2 * 2^-20 at most.
                #expect(
                  firstDifference(state.weight, expected.weight, relative: 0, absolute: 6 * 4 * 0x1p-23) == nil,
                  "\(place)")
                #expect(
                  firstDifference(state.first, expected.first, relative: 0, absolute: 8 * 0x1p-23) == nil, "\(place)")
                #expect(
                  firstDifference(state.second, expected.second, relative: 32 * 0x1p-23, absolute: 0x1p-40) == nil,
                  "\(place)")
              }
            }
          }
        }
      }
    }

    static func adamInDouble(
      _ weights: [Float], _ gradients: [[Float]], _ clipping: Clipping, decoupled: Bool
    ) -> (weight: [Double], first: [Double], second: [Double]) {
      let (lr, decay, eps) = (Double(Float(0.01)), Double(decay), Double(Float(1e-8)))
      var weight = weights.map(Double.init)
      var first = [Double](repeating: 0, count: weights.count)
      var second = first
      for (index, gradient) in gradients.enumerated() {
        let (correction1, correction2) = (1 - pow(0.9, Double(index + 1)), 1 - pow(0.999, Double(index + 1)))
        for (i, value) in gradient.enumerated() {
          let g = clipped(value, clipping) + (decoupled ? 0 : decay * weight[i])
          if decoupled { weight[i] *= 1 - lr * decay }
          first[i] = 0.9 * first[i] + 0.1 * g
          second[i] = 0.999 * second[i] + 0.001 * g * g
          weight[i] -= lr / correction1 * first[i] / ((second[i] / correction2).squareRoot() + eps)
        }
      }
      return (weight, first, second)
    }

    @Test("A factor of 1 and no value give the bits of the formulas without clipping")
    func withoutClipping() {
      var random = Randomness(seed: 58)
      let size = 1_003
      let start = Weights.random(size, &random)
      let gradient = Tensor(AMP_F32, random.awkwardFloats(size).map { $0 * 500 })
      var expected = start
      for (index, value) in gradient.floats.enumerated() {
        let g = value * OptimizerVariants.inverseScale + OptimizerVariants.decay * start.weight[index]
        expected.first[index] = 0.9 * start.first[index] + g
        expected.weight[index] = start.weight[index] - 0.1 * expected.first[index]
      }
      KernelTests.onEveryKernelSet { isa, threads in
        var state = start
        _ = OptimizerVariants.sgd(&state, gradient, Clipping(), nesterov: false, first: false, threads: threads)
        #expect(firstDifference(state.weight, expected.weight) == nil, "\(isa) \(threads)")
        #expect(firstDifference(state.first, expected.first) == nil, "\(isa) \(threads)")
      }
    }

    @Test("Every form gives the same bits in every kernel set and team; NaN is never clipped away")
    func sameBits() {
      var random = Randomness(seed: 59)
      let size = 16_411
      let start = Weights.random(size, &random)
      let gradient = Tensor(AMP_F16, random.awkwardFloats(size).map { $0 * 300 })
      let culprits = UInt64(gradient.floats.filter(\.isNaN).count)
      for clipping in OptimizerVariants.clippings {
        for flag in [false, true] {
          var first: [Weights] = []
          KernelTests.onEveryKernelSet { isa, threads in
            let place = "\(isa) \(threads) \(clipping) \(flag)"
            var results = [start, start]
            let sgd = OptimizerVariants.sgd(
              &results[0], gradient, clipping, nesterov: flag, first: false, threads: threads)
            let adam = OptimizerVariants.adam(
              &results[1], gradient, clipping, decoupled: flag, step: 2, threads: threads)
            if clipping.value.isFinite {
              // Infinities are clipped, NaN reaches the weight and every state.
              #expect(sgd.non_finite == 2 * culprits && adam.non_finite == 3 * culprits, "\(place)")
            } else {
              #expect(sgd.non_finite > 2 * culprits && adam.non_finite > 3 * culprits, "\(place)")
            }
            if first.isEmpty { first = results }
            for (found, expected) in zip(results, first) {
              #expect(firstDifference(found.weight, expected.weight) == nil, "\(place)")
              #expect(firstDifference(found.first, expected.first) == nil, "\(place)")
              #expect(firstDifference(found.second, expected.second) == nil, "\(place)")
            }
          }
        }
      }
    }
  }
}

import CKernels
import Foundation
import Testing

extension KernelTests {
  @Suite("Optimizers")
  struct Optimizers {
    /// What the steps below change, and what the last step reported.
    struct Training: Equatable {
      var weight: [Float]
      var first: [Float]
      var second: [Float]
      var copy: [UInt32] = []
      var nonFinite: UInt64 = 0
      var largest: [Float] = []
    }

    static let sizes = [0, 1, 7, 15, 16, 17, 1000, 16_411]
    static let inverseScale: Float = 1 / 1024

    static func sgd(
      _ state: inout Training, gradient: Tensor, copyType: amp_dtype, step: Int, threads: Int32, dryRun: Bool = false,
      learningRate: Float = 0.1
    ) {
      let settings = amp_sgd_settings(
        lr: learningRate, momentum: 0.9, weight_decay: 1e-4, inverse_scale: inverseScale, clip_factor: 1,
        clip_value: .infinity, nesterov: false, first_step: step == 1, dry_run: dryRun)
      var copy = Tensor(copyType, count: gradient.count)
      let found = sgdUpdate(threads, settings, gradient, &state.weight, &state.first, copy: &copy.bytes, in: copyType)
      note(found, copy, in: &state)
    }

    static func adamW(
      _ state: inout Training, gradient: Tensor, copyType: amp_dtype, step: Int, threads: Int32, dryRun: Bool = false,
      eps: Float = 1e-8
    ) {
      let settings = amp_adam_settings(
        lr: 1e-2, beta1: 0.9, beta2: 0.999, eps: eps, weight_decay: 0.01, inverse_scale: inverseScale,
        clip_factor: 1, clip_value: .infinity, step: Int64(step), decoupled: true, dry_run: dryRun)
      var copy = Tensor(copyType, count: gradient.count)
      let found = adamUpdate(
        threads, settings, gradient, &state.weight, &state.first, &state.second, copy: &copy.bytes, in: copyType)
      note(found, copy, in: &state)
    }

    static func note(_ found: amp_update_statistics, _ copy: Tensor, in state: inout Training) {
      #expect(copy.isGuardIntact)
      state.copy = copy.patterns
      state.nonFinite = found.non_finite
      state.largest = [found.largest_weight, found.largest_state.0, found.largest_state.1]
    }

    static func largest(_ values: [Float]) -> Float { values.map(\.magnitude).max() ?? 0 }

    @Test("Three SGD steps follow torch's formula, write the rounded copy, and report the largest magnitudes")
    func sgdSteps() {
      var random = Randomness(seed: 17)
      for size in Optimizers.sizes {
        let weights = random.floats(size)
        let gradients = (0..<3).map { _ in random.floats(size, in: -1000...1000) }
        for (dtype, copyType) in [(AMP_F32, AMP_BF16), (AMP_F16, AMP_F16), (AMP_BF16, AMP_F32)] {
          let steps = gradients.map { Tensor(dtype, $0) }
          var (weight, buffer) = (weights.map(Double.init), [Double](repeating: 0, count: size))
          for (step, gradient) in steps.enumerated() {
            for (index, value) in gradient.floats.enumerated() {
              let g = Double(value) * Double(Optimizers.inverseScale) + Double(Float(1e-4)) * weight[index]
              buffer[index] = step == 0 ? g : Double(Float(0.9)) * buffer[index] + g
              weight[index] -= Double(Float(0.1)) * buffer[index]
            }
          }
          KernelTests.onEveryKernelSet { isa, threads in
            // The old buffer of the first step is garbage on purpose.
            var state = Training(weight: weights, first: Array(repeating: .nan, count: size), second: [])
            for (step, gradient) in steps.enumerated() {
              Optimizers.sgd(&state, gradient: gradient, copyType: copyType, step: step + 1, threads: threads)
            }
            let place = "\(isa) \(threads) \(size) \(dtype)"
            // Weights are below 8: three steps with four roundings of half an ulp each.
            #expect(firstDifference(state.weight, weight, relative: 0, absolute: 12 * 4 * 0x1p-23) == nil, "\(place)")
            #expect(firstDifference(state.first, buffer, relative: 0, absolute: 12 * 4 * 0x1p-23) == nil, "\(place)")
            #expect(state.copy == state.weight.map { Tensor.pattern(of: $0, in: copyType) }, "\(place)")
            #expect(state.nonFinite == 0, "\(place)")
            #expect(
              state.largest == [Optimizers.largest(state.weight), Optimizers.largest(state.first), 0], "\(place)")
          }
        }
      }
    }

    @Test("Four AdamW steps follow torch's formula, write the rounded copy, and report the largest magnitudes")
    func adamWSteps() {
      var random = Randomness(seed: 18)
      for size in Optimizers.sizes {
        let weights = random.floats(size)
        let gradients = (0..<4).map { _ in random.floats(size, in: -1000...1000) }
        for (dtype, copyType) in [(AMP_F32, AMP_BF16), (AMP_F16, AMP_F16), (AMP_BF16, AMP_F32)] {
          let steps = gradients.map { Tensor(dtype, $0) }
          let expected = Optimizers.adamWInDouble(weights, steps.map(\.floats))
          KernelTests.onEveryKernelSet { isa, threads in
            let zeros = [Float](repeating: 0, count: size)
            var state = Training(weight: weights, first: zeros, second: zeros)
            for (step, gradient) in steps.enumerated() {
              Optimizers.adamW(&state, gradient: gradient, copyType: copyType, step: step + 1, threads: threads)
            }
            let place = "\(isa) \(threads) \(size) \(dtype)"
            // Weights are below 8 and move by about lr: the roundings of the weight itself dominate.
            #expect(
              firstDifference(state.weight, expected.weight, relative: 0, absolute: 8 * 4 * 0x1p-23) == nil, "\(place)")
            #expect(firstDifference(state.first, expected.first, relative: 0, absolute: 8 * 0x1p-23) == nil, "\(place)")
            #expect(firstDifference(state.second, expected.second, relative: 16 * 0x1p-23) == nil, "\(place)")
            #expect(state.copy == state.weight.map { Tensor.pattern(of: $0, in: copyType) }, "\(place)")
            #expect(state.nonFinite == 0, "\(place)")
            #expect(
              state.largest == [state.weight, state.first, state.second].map(Optimizers.largest), "\(place)")
          }
        }
      }
    }

    static func adamWInDouble(
      _ weights: [Float], _ gradients: [[Float]]
    ) -> (weight: [Double], first: [Double], second: [Double]) {
      let (lr, decay, eps) = (Double(Float(1e-2)), Double(Float(0.01)), Double(Float(1e-8)))
      let (beta1, beta2) = (0.9, 0.999)
      var weight = weights.map(Double.init)
      var first = [Double](repeating: 0, count: weights.count)
      var second = first
      for (index, gradient) in gradients.enumerated() {
        let step = Double(index + 1)
        for (i, value) in gradient.enumerated() {
          let g = Double(value) * Double(inverseScale)
          first[i] = beta1 * first[i] + (1 - beta1) * g
          second[i] = beta2 * second[i] + (1 - beta2) * g * g
          let denominator = second[i].squareRoot() / (1 - pow(beta2, step)).squareRoot() + eps
          weight[i] = weight[i] * (1 - lr * decay) - lr / (1 - pow(beta1, step)) * first[i] / denominator
        }
      }
      return (weight, first, second)
    }

    @Test("Every kernel set and team size gives the same bits")
    func sameBits() {
      var random = Randomness(seed: 19)
      let size = 16_411
      let start = Training(
        weight: random.floats(size), first: random.floats(size), second: random.floats(size, in: 0...1))
      let gradient = Tensor(AMP_F16, random.awkwardFloats(size))
      var results: [[Training]] = []
      KernelTests.onEveryKernelSet { _, threads in
        var (sgd, adamW) = (start, start)
        Optimizers.sgd(&sgd, gradient: gradient, copyType: AMP_BF16, step: 2, threads: threads)
        Optimizers.adamW(&adamW, gradient: gradient, copyType: AMP_BF16, step: 2, threads: threads)
        results.append([sgd, adamW])
      }
      for result in results {
        for (found, expected) in zip(result, results[0]) {
          #expect(firstDifference(found.weight, expected.weight) == nil)
          #expect(firstDifference(found.first, expected.first) == nil)
          #expect(firstDifference(found.second, expected.second) == nil)
          #expect(found.nonFinite == expected.nonFinite && found.nonFinite > 0)
          #expect(found.largest == expected.largest && found.copy == expected.copy)
        }
      }
    }

    @Test("A dry run reports what a real one would and writes nothing")
    func dryRun() {
      var random = Randomness(seed: 20)
      for size in Optimizers.sizes {
        let start = Training(
          weight: random.floats(size), first: random.floats(size), second: random.floats(size, in: 0...1))
        let gradient = Tensor(AMP_BF16, random.floats(size).map { $0 > 3.9 ? .infinity : $0 })
        KernelTests.onEveryKernelSet { isa, threads in
          let untouched = Tensor(AMP_F16, count: size).patterns
          for run in [Optimizers.runSGD, Optimizers.runAdamW] {
            var (dry, real) = (start, start)
            run(&dry, gradient, threads, true)
            run(&real, gradient, threads, false)
            #expect(
              dry.weight == start.weight && dry.first == start.first && dry.second == start.second, "\(isa) \(size)")
            #expect(dry.copy == untouched, "\(isa) \(size)")
            #expect(dry.nonFinite == real.nonFinite && dry.largest == real.largest, "\(isa) \(threads) \(size)")
          }
        }
      }
    }

    static func runSGD(_ state: inout Training, _ gradient: Tensor, _ threads: Int32, _ dryRun: Bool) {
      sgd(&state, gradient: gradient, copyType: AMP_F16, step: 2, threads: threads, dryRun: dryRun)
    }

    static func runAdamW(_ state: inout Training, _ gradient: Tensor, _ threads: Int32, _ dryRun: Bool) {
      adamW(&state, gradient: gradient, copyType: AMP_F16, step: 2, threads: threads, dryRun: dryRun)
    }

    @Test("Every weight and state that is not finite is counted, also where a finite gradient overflows")
    func overflow() {
      KernelTests.onEveryKernelSet { isa, threads in
        var state = Training(weight: [1, 3e38, 1, 1, 1], first: [0, 0, 3e38, 0, 0], second: [0, 0, 0, 0, 0])
        let gradient = Tensor(AMP_F32, [0, 0, 3e38 * 1024, .nan, 5])
        // Element 2: infinite gradient, so buffer and weight; element 3: NaN in both.
        Optimizers.sgd(&state, gradient: gradient, copyType: AMP_F16, step: 2, threads: threads)
        #expect(state.nonFinite == 4, "\(isa)")
        // Infinity is counted, not compared: the largest is the decayed finite weight.
        #expect((2.9999e38...3e38).contains(state.largest[0]), "\(isa)")
        // eps = 0 makes 0 / 0 of an element without a gradient; lanes past the end of a vector must not count.
        var adam = Training(weight: [1], first: [0], second: [0])
        Optimizers.adamW(&adam, gradient: Tensor(AMP_F32, [0]), copyType: AMP_F16, step: 1, threads: threads, eps: 0)
        #expect(adam.nonFinite == 1 && adam.largest == [0, 0, 0], "\(isa)")
      }
    }

    @Test("Without a copy only weights and states change")
    func withoutCopy() {
      KernelTests.onEveryKernelSet { isa, threads in
        let settings = amp_sgd_settings(
          lr: 0.5, momentum: 0, weight_decay: 0, inverse_scale: 1, clip_factor: 1, clip_value: .infinity,
          nesterov: false, first_step: true, dry_run: false)
        var (weight, buffer): ([Float], [Float]) = ([1, 2, 3], [0, 0, 0])
        _ = sgdUpdate(threads, settings, Tensor(AMP_F32, [2, 2, 2]), &weight, &buffer, in: AMP_F16)
        #expect(weight == [0, 1, 2] && buffer == [2, 2, 2], "\(isa)")
      }
    }
  }
}

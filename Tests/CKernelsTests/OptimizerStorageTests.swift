import CKernels
import Testing

extension KernelTests {
  @Suite("Optimizers in any storage format")
  struct OptimizerStorage {
    /// Weight and states in one format, with a copy in another.
    struct State {
      var weight: Tensor
      var first: Tensor
      var second: Tensor
      var copy: Tensor

      init(_ dtype: amp_dtype, copy copyType: amp_dtype, count: Int, _ random: inout Randomness) {
        weight = Tensor(dtype, random.floats(count))
        first = Tensor(dtype, random.floats(count))
        second = Tensor(dtype, random.floats(count, in: 0...1))
        copy = Tensor(copyType, weight.floats)
      }

      var tensors: [Tensor] { [weight, first, second, copy] }
      var isGuardIntact: Bool { tensors.allSatisfy(\.isGuardIntact) }
      var bytes: [[UInt8]] { tensors.map(\.bytes) }
    }

    static let pairs = [
      (AMP_F16, AMP_F16), (AMP_BF16, AMP_BF16), (AMP_F16, AMP_BF16), (AMP_BF16, AMP_F32), (AMP_F32, AMP_BF16),
      (AMP_F32, AMP_F16), (AMP_F32, AMP_F32),
    ]

    static func step(
      _ state: inout State, isAdam: Bool, _ gradient: Tensor, threads: Int32, storage: UpdateStorage,
      dryRun: Bool = false, learningRate: Float = 0.01
    ) -> amp_update_statistics {
      if isAdam {
        let settings = amp_adam_settings(
          lr: learningRate, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.01, inverse_scale: 0.5,
          clip_factor: 1, clip_value: .infinity, step: 3, decoupled: true, dry_run: dryRun)
        return adamUpdate(
          threads, settings, gradient, &state.weight.bytes, &state.first.bytes, &state.second.bytes,
          copy: &state.copy.bytes, in: state.copy.dtype, storage: storage)
      }
      let settings = amp_sgd_settings(
        lr: learningRate, momentum: 0.9, weight_decay: 0.01, inverse_scale: 0.5, clip_factor: 1, clip_value: .infinity,
        nesterov: true, first_step: false, dry_run: dryRun)
      return sgdUpdate(
        threads, settings, gradient, &state.weight.bytes, &state.first.bytes, copy: &state.copy.bytes,
        in: state.copy.dtype, storage: storage)
    }

    /// The same step: on the widened values, in fp32 without blocks, every result rounded once by other means.
    static func expectation(
      _ start: State, isAdam: Bool, _ gradient: Tensor, learningRate: Float
    ) -> (state: State, nonFinite: UInt64, largest: [Float]) {
      let dtype = start.weight.dtype
      var wide = start
      wide.weight = Tensor(AMP_F32, start.weight.floats)
      wide.first = Tensor(AMP_F32, start.first.floats)
      wide.second = Tensor(AMP_F32, start.second.floats)
      _ = step(
        &wide, isAdam: isAdam, gradient, threads: 1, storage: UpdateStorage(), learningRate: learningRate)
      var result = start
      result.weight = Tensor(dtype, wide.weight.floats)
      result.first = Tensor(dtype, wide.first.floats)
      if isAdam { result.second = Tensor(dtype, wide.second.floats) }
      result.copy = Tensor(start.copy.dtype, result.weight.floats)
      let judged = result.tensors.prefix(isAdam ? 3 : 2).map(\.floats)
      let nonFinite = judged.map { $0.filter { !$0.isFinite }.count }.reduce(0, +)
      var largest = judged.map { $0.filter(\.isFinite).map(\.magnitude).max() ?? 0 }
      if !isAdam { largest.append(0) }
      return (result, UInt64(nonFinite), largest)
    }

    @Test("An update computes in fp32 and rounds once, judges what is stored, and counts the bits that change")
    func updates() {
      var random = Randomness(seed: 401)
      for size in [0, 1, 17, 513, 8_211] {
        let gradients = [AMP_F32, AMP_F16, AMP_BF16].map { Tensor($0, random.awkwardFloats(size)) }
        for (index, (dtype, copyType)) in OptimizerStorage.pairs.enumerated() {
          let start = State(dtype, copy: copyType, count: size, &random)
          let gradient = gradients[index % gradients.count]
          for (isAdam, learningRate) in [(false, Float(0.01)), (true, 1e-3), (false, 1e-5)] {
            let expected = OptimizerStorage.expectation(start, isAdam: isAdam, gradient, learningRate: learningRate)
            KernelTests.onEveryKernelSet { isa, threads in
              for countsChanges in [false, true] {
                var state = start
                let found = OptimizerStorage.step(
                  &state, isAdam: isAdam, gradient, threads: threads,
                  storage: UpdateStorage(dtype: dtype, countsChanges: countsChanges), learningRate: learningRate)
                let place = "\(isa) \(threads) \(size) \(dtype) \(copyType) \(isAdam) \(countsChanges)"
                for (tensor, other) in zip(state.tensors, expected.state.tensors) {
                  #expect(
                    tensor.bytes == other.bytes || firstDifference(tensor.floats, other.floats) == nil, "\(place)")
                }
                #expect(state.isGuardIntact, "\(place)")
                #expect(found.non_finite == expected.nonFinite, "\(place)")
                let largest = [found.largest_weight, found.largest_state.0, found.largest_state.1]
                #expect(largest == expected.largest, "\(place)")
                let changes = [(state.weight, start.weight), (state.copy, start.copy)].map { after, before in
                  UInt64(zip(after.patterns, before.patterns).count { $0 != $1 })
                }
                #expect(
                  [found.changed_weights, found.changed_copies] == (countsChanges ? changes : [0, 0]), "\(place)")
              }
            }
          }
        }
      }
    }

    @Test("Small steps change few 16-bit weights, and the fp32 weights under every copy")
    func changes() {
      let size = 1_000
      let ones = [Float](repeating: 1, count: size)
      let gradient = Tensor(AMP_F32, [Float](repeating: 1, count: size))
      for (dtype, weights, copies) in [(AMP_F32, UInt64(size), UInt64(0)), (AMP_BF16, 0, 0)] {
        KernelTests.onEveryKernelSet { isa, threads in
          // 1e-4 is a twentieth of the distance to the next bf16 below 1.
          let settings = amp_sgd_settings(
            lr: 1e-4, momentum: 0, weight_decay: 0, inverse_scale: 1, clip_factor: 1, clip_value: .infinity,
            nesterov: false, first_step: true, dry_run: false)
          var (weight, buffer, copy) = (Tensor(dtype, ones), Tensor(dtype, ones), Tensor(AMP_BF16, ones))
          let found = sgdUpdate(
            threads, settings, gradient, &weight.bytes, &buffer.bytes, copy: &copy.bytes, in: AMP_BF16,
            storage: UpdateStorage(dtype: dtype, countsChanges: true))
          #expect(found.changed_weights == weights && found.changed_copies == copies, "\(isa) \(threads) \(dtype)")
        }
      }
    }

    @Test("A dry run reports what a real one would and writes nothing, in every format")
    func dryRun() {
      var random = Randomness(seed: 402)
      let size = 16_411
      let gradient = Tensor(AMP_F16, random.awkwardFloats(size))
      for (dtype, copyType) in OptimizerStorage.pairs {
        let start = State(dtype, copy: copyType, count: size, &random)
        for rounding in [AMP_ROUND_NEAREST, AMP_ROUND_STOCHASTIC] {
          let storage = UpdateStorage(dtype: dtype, rounding: rounding, seed: 5, attempt: 6, countsChanges: true)
          for isAdam in [false, true] {
            KernelTests.onEveryKernelSet { isa, threads in
              var (real, dry) = (start, start)
              let written = OptimizerStorage.step(
                &real, isAdam: isAdam, gradient, threads: threads, storage: storage)
              let judged = OptimizerStorage.step(
                &dry, isAdam: isAdam, gradient, threads: threads, storage: storage, dryRun: true)
              let place = "\(isa) \(threads) \(dtype) \(copyType) \(isAdam)"
              #expect(dry.bytes == start.bytes, "\(place)")
              #expect(real.bytes != start.bytes, "\(place)")
              #expect(judged.non_finite == written.non_finite && written.non_finite > 0, "\(place)")
              #expect(judged.largest_weight == written.largest_weight, "\(place)")
              #expect(judged.largest_state == written.largest_state, "\(place)")
              #expect(judged.changed_weights == written.changed_weights && written.changed_weights > 0, "\(place)")
              #expect(judged.changed_copies == written.changed_copies, "\(place)")
            }
          }
        }
      }
    }

    @Test("A finite result that rounds to infinity is not finite: weights and states, fp16 and bf16")
    func overflow() {
      for (dtype, largest) in [(AMP_F16, Float(65504)), (AMP_BF16, Tensor.value(of: 0x7F7F, in: AMP_BF16))] {
        // Three quarters of the way to the next power of two.
        let beyond = dtype == AMP_F16 ? 65528 : largest.nextUp + (Float.greatestFiniteMagnitude - largest) * 0.75
        #expect(beyond.isFinite)
        KernelTests.onEveryKernelSet { isa, threads in
          let settings = amp_sgd_settings(
            lr: 1, momentum: 0, weight_decay: 0, inverse_scale: 1, clip_factor: 1, clip_value: .infinity,
            nesterov: false, first_step: true, dry_run: false)
          var (weight, buffer) = (Tensor(dtype, [0, 0, 0]), Tensor(dtype, [0, 0, 0]))
          let found = sgdUpdate(
            threads, settings, Tensor(AMP_F32, [-beyond, -largest, 2]), &weight.bytes, &buffer.bytes,
            storage: UpdateStorage(dtype: dtype))
          #expect(weight.floats == [.infinity, largest, -2], "\(isa) \(dtype)")
          #expect(found.non_finite == 2, "\(isa) \(dtype)")
          #expect(found.largest_weight == largest && found.largest_state.0 == largest, "\(isa) \(dtype)")
        }
      }
    }
  }
}

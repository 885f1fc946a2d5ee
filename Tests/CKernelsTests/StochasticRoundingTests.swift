import CKernels
import Testing

extension KernelTests {
  @Suite("Stochastic rounding of weights")
  struct StochasticRounding {
    static let formats = [AMP_F16, AMP_BF16]

    static func storage(_ dtype: amp_dtype, seed: UInt64 = 7, attempt: UInt64 = 0, stream: UInt32 = 3) -> UpdateStorage
    {
      UpdateStorage(dtype: dtype, rounding: AMP_ROUND_STOCHASTIC, seed: seed, attempt: attempt, stream: stream)
    }

    /// `values` rounded by an update: 0 - 1 * (-value) is the value.
    static func rounded(_ values: [Float], threads: Int32 = 1, _ storage: UpdateStorage) -> Tensor {
      let settings = amp_sgd_settings(
        lr: 1, momentum: 0, weight_decay: 0, inverse_scale: 1, clip_factor: 1, clip_value: .infinity, nesterov: false,
        first_step: true, dry_run: false)
      let zeros = [Float](repeating: 0, count: values.count)
      var (weight, buffer) = (Tensor(storage.dtype, zeros), Tensor(storage.dtype, zeros))
      _ = sgdUpdate(
        threads, settings, Tensor(AMP_F32, values.map { -$0 }), &weight.bytes, &buffer.bytes, storage: storage)
      #expect(weight.isGuardIntact)
      #expect(firstDifference(buffer.floats, values.map { Tensor.rounded(-$0 + 0, to: storage.dtype) }) == nil)
      return weight
    }

    /// The distance between the numbers of a format around `value`.
    static func spacing(_ value: Float, in dtype: amp_dtype) -> Double {
      let (bits, smallest) = dtype == AMP_F16 ? (10, -14) : (7, -126)
      let exponent = value == 0 ? smallest : max(Int(Double(value).exponent), smallest)
      return Double(sign: .plus, exponent: exponent - bits, significand: 1)
    }

    /// The specification, in fp64: up where the fraction of the spacing and the random fraction make a whole.
    static func expected(_ value: Float, _ draw: UInt32, in dtype: amp_dtype) -> Float {
      guard value.isFinite else { return value }
      let unit = spacing(value, in: dtype)
      let units = Double(value).magnitude / unit
      let isSubnormalHalf = dtype == AMP_F16 && value.magnitude < 0x1p-14
      let bits = dtype == AMP_BF16 ? 16 : isSubnormalHalf ? 32 : 13
      let scale = Double(sign: .plus, exponent: bits, significand: 1)
      let fraction = ((units - units.rounded(.down)) * scale).rounded(.down)
      let up = fraction + Double(draw >> UInt32(32 - bits)) >= scale
      let magnitude = (units.rounded(.down) + (up ? 1 : 0)) * unit
      // fp16 ends at 2^16; converting to fp32 ends bf16 at 2^128.
      let result = dtype == AMP_F16 && magnitude >= 65536 ? .infinity : Float(magnitude)
      return value < 0 ? -result : result
    }

    /// Numbers of every size that a format or fp32 has, and the borders.
    static func values(_ count: Int, _ random: inout Randomness) -> [Float] {
      let borders: [Float] = [
        65504, 65505, 65519, 65520, 65535, 65536, 70000, 1e38, .greatestFiniteMagnitude, 0x1p-14, 0x1p-24, 0x1p-25,
        0x1p-60, 0x1p-149, 0x1.fffp-15, 0x1.fffffep-15, 0x1.8p-24, .infinity, .nan, 0,
      ]
      return (0..<count).map { index in
        let small = Float(sign: .plus, exponent: Int.random(in: -32...20, using: &random), significand: 1)
        let any = Float(bitPattern: UInt32.random(in: 0...0x7F7F_FFFF, using: &random))
        let magnitude =
          switch index % 3 {
          case 0: borders[index / 3 % borders.count]
          case 1: Float.random(in: 1..<2, using: &random) * small
          default: any
          }
        return Bool.random(using: &random) ? magnitude : -magnitude
      }
    }

    @Test("Every element is rounded as its own draw says, in every kernel set and team")
    func specification() {
      var random = Randomness(seed: 501)
      let (seed, attempt, stream): (UInt64, UInt64, UInt32) = (0x0123_4567_89AB_CDEF, 0x2_0000_0007, 11)
      for size in [1, 7, 17, 33, 511, 516, 1_000, 16_411] {
        let values = StochasticRounding.values(size, &random)
        let draws = (0..<(size + 3) / 4).flatMap {
          Dropout.words(
            key: seed,
            [UInt32($0), UInt32(truncatingIfNeeded: attempt), UInt32(truncatingIfNeeded: attempt >> 32), stream])
        }
        for dtype in StochasticRounding.formats {
          let expected = zip(values, draws).map { StochasticRounding.expected($0, $1, in: dtype) + 0 }
          let storage = StochasticRounding.storage(dtype, seed: seed, attempt: attempt, stream: stream)
          KernelTests.onEveryKernelSet { isa, threads in
            let found = StochasticRounding.rounded(values, threads: threads, storage)
            #expect(firstDifference(found.floats.map { $0 + 0 }, expected) == nil, "\(isa) \(threads) \(size) \(dtype)")
          }
        }
      }
    }

    @Test("The mean over many keys is the number itself")
    func isUnbiased() {
      var random = Randomness(seed: 502)
      let keys = 4_096
      // Normal numbers of both formats, and for fp16 subnormal ones.
      for (dtype, exponents) in [(AMP_F16, -24 ... -15), (AMP_F16, -14...14), (AMP_BF16, -30...30)] {
        let values = (0..<64).map { index in
          let size = Float(sign: .plus, exponent: Int.random(in: exponents, using: &random), significand: 1)
          return Float.random(in: 1..<2, using: &random) * (index % 2 == 0 ? size : -size)
        }
        let units = values.map { StochasticRounding.spacing($0, in: dtype) }
        KernelTests.onEveryKernelSet(threads: [1]) { isa, _ in
          var sums = [Double](repeating: 0, count: values.count)
          for key in 0..<keys {
            let storage = StochasticRounding.storage(dtype, seed: UInt64(key / 64), attempt: UInt64(key % 64))
            for (index, value) in StochasticRounding.rounded(values, storage).floats.enumerated() {
              sums[index] += Double(value) - Double(values[index])
            }
          }
          var total = 0.0
          for (index, sum) in sums.enumerated() {
            let error = sum / Double(keys) / units[index]
            // One rounding is up or down: its deviation is at most half a unit. Five deviations of the mean.
            #expect(error.magnitude <= 5 * 0.5 / Double(keys).squareRoot(), "\(isa) \(dtype) \(values[index])")
            total += error
          }
          #expect(
            (total / Double(values.count)).magnitude <= 5 * 0.5 / Double(keys * values.count).squareRoot(),
            "\(isa) \(dtype)")
        }
      }
    }

    @Test("Numbers of the format never move, and only what lies beyond them becomes infinite")
    func exactNumbers() {
      for dtype in StochasticRounding.formats {
        let all = Tensor(dtype, patterns: (0...0xFFFF).map { UInt32($0) }).floats.filter { !$0.isNaN }
        let largest: Float = dtype == AMP_F16 ? 65504 : Tensor.value(of: 0x7F7F, in: AMP_BF16)
        let beyond: Float = dtype == AMP_F16 ? 65520 : largest.nextUp + (.greatestFiniteMagnitude - largest) / 2
        KernelTests.onEveryKernelSet(threads: [2]) { isa, threads in
          for attempt: UInt64 in 0..<4 {
            let storage = StochasticRounding.storage(dtype, attempt: attempt)
            let found = StochasticRounding.rounded(all, threads: threads, storage).floats
            #expect(found == all, "\(isa) \(dtype)")
          }
          let halves = StochasticRounding.rounded(
            Array(repeating: beyond, count: 4_096), threads: threads, StochasticRounding.storage(dtype)
          ).floats
          let infinite = halves.count { $0 == .infinity }
          #expect(halves.allSatisfy { $0 == .infinity || $0 == largest }, "\(isa) \(dtype)")
          // Binomial with mean 2048 and deviation 32: five deviations.
          #expect((1888...2208).contains(infinite), "\(isa) \(dtype)")
        }
      }
    }

    @Test("Seed, attempt and stream each choose other draws; weights in fp32 are not rounded")
    func keys() {
      var random = Randomness(seed: 503)
      let values = random.floats(1_000)
      KernelTests.onEveryKernelSet(threads: [1]) { isa, _ in
        for dtype in StochasticRounding.formats {
          let storages = [
            StochasticRounding.storage(dtype), StochasticRounding.storage(dtype, seed: 8),
            StochasticRounding.storage(dtype, attempt: 1), StochasticRounding.storage(dtype, attempt: 1 << 32),
            StochasticRounding.storage(dtype, stream: 4),
          ]
          let results = storages.map { StochasticRounding.rounded(values, $0).patterns }
          #expect(Set(results).count == storages.count, "\(isa) \(dtype)")
          #expect(StochasticRounding.rounded(values, storages[0]).patterns == results[0], "\(isa) \(dtype)")
        }
        #expect(StochasticRounding.rounded(values, StochasticRounding.storage(AMP_F32)).floats == values, "\(isa)")
      }
    }
  }
}

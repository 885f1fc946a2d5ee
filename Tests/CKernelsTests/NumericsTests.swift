import CKernels
import Testing

extension KernelTests {
  @Suite("Kinds of numbers")
  struct Numerics {
    struct Counters: Equatable {
      var lookedAt = 0
      var zeros = 0
      var infinities = 0
      var nans = 0
      var largest: UInt32 = 0

      init(_ found: amp_tensor_counters) {
        lookedAt = Int(found.looked_at)
        zeros = Int(found.zeros)
        infinities = Int(found.infinities)
        nans = Int(found.nans)
        largest = found.largest.bitPattern
      }

      /// Counted from the bits, by the standard library's classes.
      init(_ values: some Sequence<Float>) {
        for value in values {
          lookedAt += 1
          if value.isNaN {
            nans += 1
          } else if value.isInfinite {
            infinities += 1
          } else {
            zeros += value.isZero ? 1 : 0
            largest = max(largest, value.magnitude.bitPattern)
          }
        }
      }
    }

    static func count(_ x: Tensor, threads: Int32) -> Counters {
      var found = amp_tensor_counters()
      amp_tensor_count(threads, x.dtype, x.bytes, x.count, &found)
      return Counters(found)
    }

    static func histogram(_ x: Tensor, threads: Int32) -> (counters: Counters, bins: [Int]) {
      var found = amp_tensor_counters()
      var bins = [UInt64](repeating: 99, count: Int(AMP_EXPONENT_BINS))
      amp_exponent_histogram(threads, x.dtype, x.bytes, x.count, &found, &bins)
      return (Counters(found), bins.map { Int($0) })
    }

    static func bins(_ values: [Float]) -> [Int] {
      var bins = [Int](repeating: 0, count: Int(AMP_EXPONENT_BINS))
      for value in values where value.isFinite && !value.isZero { bins[Int(value.exponent) + 149] += 1 }
      return bins
    }

    static func values(_ count: Int, _ random: inout Randomness) -> [[Float]] {
      let anyBits = (0..<count).map { _ in Float(bitPattern: UInt32.random(in: .min ... .max, using: &random)) }
      let subnormal = (0..<count).map { _ in Float(bitPattern: UInt32.random(in: 0...0x007F_FFFF, using: &random)) }
      return [random.awkwardFloats(count), anyBits, subnormal, Array(repeating: -0.0, count: count)]
    }

    @Test(
      "Counters and histograms are those of the bits, in every format, set and team, with and without flush-to-zero")
    func everyElement() {
      var random = Randomness(seed: 601)
      for size in [0, 1, 7, 15, 16, 17, 33, 1_000, 8_211] {
        for values in Numerics.values(size, &random) {
          for dtype in KernelTests.dtypes {
            let x = Tensor(dtype, values)
            let (expected, bins) = (Counters(x.floats), Numerics.bins(x.floats))
            KernelTests.onEveryKernelSet { isa, threads in
              for flush in [false, true] {
                amp_flush_denormals(threads, flush)
                defer { amp_flush_denormals(threads, false) }
                let found = Numerics.count(x, threads: threads)
                let (counters, histogram) = Numerics.histogram(x, threads: threads)
                let place = "\(isa) \(threads) \(size) \(dtype) \(flush)"
                #expect(found == expected && counters == expected, "\(place)")
                #expect(histogram == bins, "\(place)")
              }
            }
          }
        }
      }
    }

    @Test("Every number that 16 bits can hold falls in its bin")
    func everyPattern() {
      for dtype in [AMP_F16, AMP_BF16] {
        let x = Tensor(dtype, patterns: (0...0xFFFF).map { UInt32($0) })
        let (expected, bins) = (Counters(x.floats), Numerics.bins(x.floats))
        KernelTests.onEveryKernelSet { isa, threads in
          let (counters, histogram) = Numerics.histogram(x, threads: threads)
          #expect(counters == expected && histogram == bins, "\(isa) \(threads) \(dtype)")
          #expect(counters.zeros == 2 && counters.infinities == 2, "\(isa) \(threads) \(dtype)")
        }
      }
    }

    /// The elements that a sample has to look at, block by block.
    static func sampledBlocks(count: Int, blocks: Int, phase: Int) -> [[Int]] {
      (0..<blocks).map { block in
        let begin = block * (count / blocks) + min(block, count % blocks) + phase * 64
        return (begin..<begin + 64).map { $0 % count }
      }
    }

    @Test("A sample looks at blocks of 64, evenly spread; its phases in a row look at every element")
    func samples() {
      for (count, blocks) in [(65, 1), (1_000, 3), (4_099, 16), (8_191, 7), (640, 9), (16_411, 256)] {
        let phases = ((count + blocks - 1) / blocks + 63) / 64
        KernelTests.onEveryKernelSet(threads: [1]) { isa, _ in
          var looks = [Int](repeating: 0, count: count)
          for phase in 0..<phases {
            let expected = Numerics.sampledBlocks(count: count, blocks: blocks, phase: phase)
            for index in expected.joined() { looks[index] += 1 }
            #expect(Set(expected.joined()).count == 64 * blocks)
            // All that is looked at is marked: in all blocks, and then in one after the other.
            for marked in [Array(expected.joined())] + expected.prefix(8) {
              var values = [Float](repeating: 1, count: count)
              for index in marked { values[index] = .nan }
              var found = amp_tensor_counters()
              amp_tensor_sample(AMP_BF16, Tensor(AMP_BF16, values).bytes, count, blocks, phase, &found)
              let place = "\(isa) \(count) \(blocks) \(phase)"
              #expect(found.nans == UInt64(marked.count) && found.looked_at == UInt64(64 * blocks), "\(place)")
            }
          }
          #expect(looks.allSatisfy { $0 > 0 }, "\(isa) \(count) \(blocks)")
        }
      }
    }

    @Test("A sample of few elements looks at all, of no blocks at none; it counts like the whole")
    func smallSamples() {
      var random = Randomness(seed: 602)
      for size in [0, 1, 63, 64, 65, 640] {
        for dtype in KernelTests.dtypes {
          let x = Tensor(dtype, random.awkwardFloats(size))
          KernelTests.onEveryKernelSet(threads: [1]) { isa, _ in
            for phase in [0, 3, Int.max] {
              var (all, none) = (
                amp_tensor_counters(), amp_tensor_counters(looked_at: 9, zeros: 9, infinities: 9, nans: 9, largest: 9)
              )
              amp_tensor_sample(dtype, x.bytes, size, 10, phase, &all)
              #expect(Counters(all) == Counters(x.floats), "\(isa) \(size) \(dtype)")
              amp_tensor_sample(dtype, x.bytes, size, 0, phase, &none)
              #expect(Counters(none) == Counters([]), "\(isa) \(size) \(dtype)")
            }
          }
        }
      }
    }
  }
}

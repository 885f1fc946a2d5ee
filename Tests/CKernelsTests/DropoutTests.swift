import CKernels
import Testing

extension KernelTests {
  @Suite("Dropout")
  struct Dropout {
    static func words(key: UInt64, _ counter: [UInt32]) -> [UInt32] {
      var out: [UInt32] = [0, 0, 0, 0]
      amp_philox4x32(key, counter, &out)
      return out
    }

    @Test("Philox 4x32-10 gives the published words (Random123, kat_vectors)")
    func knownAnswers() {
      #expect(
        Dropout.words(key: 0, [0, 0, 0, 0]) == [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8])
      #expect(
        Dropout.words(key: .max, [.max, .max, .max, .max]) == [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD])
      #expect(
        Dropout.words(key: 0x299F_31D0_A409_3822, [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344])
          == [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1])
    }

    @Test("An element is kept iff its own draw is at least p * 2^32, then scaled; in place too")
    func draws() {
      var random = Randomness(seed: 7)
      let (seed, attempt, operation): (UInt64, UInt64, UInt32) = (0x0123_4567_89AB_CDEF, 0x1_0000_0005, 9)
      for size in KernelTests.sizes {
        let values = random.floats(size)
        let draws = (0..<(size + 3) / 4).flatMap {
          Dropout.words(
            key: seed,
            [UInt32($0), UInt32(truncatingIfNeeded: attempt), UInt32(truncatingIfNeeded: attempt >> 32), operation])
        }
        for (dtype, p): (amp_dtype, Float) in [(AMP_F32, 0), (AMP_F32, 0.1), (AMP_F16, 0.5), (AMP_BF16, 0.999)] {
          let x = Tensor(dtype, values)
          let scale = Float(1 / (1 - Double(p)))
          let expected = zip(x.floats, draws).map { value, draw in
            Double(draw) >= Double(p) * 0x1p32 ? Tensor.rounded(value * scale, to: dtype) : 0
          }
          KernelTests.onEveryKernelSet { isa, threads in
            var (y, inPlace) = (Tensor(dtype, count: size), x)
            amp_dropout(threads, dtype, x.bytes, &y.bytes, size, p, seed, attempt, operation)
            inPlace.bytes.withUnsafeMutableBytes {
              amp_dropout(threads, dtype, $0.baseAddress, $0.baseAddress, size, p, seed, attempt, operation)
            }
            for found in [y, inPlace] {
              #expect(firstDifference(found.floats, expected) == nil, "\(isa) \(threads) \(size) \(dtype) \(p)")
              #expect(found.isGuardIntact)
            }
          }
        }
      }
    }

    @Test("A dropped element is zero whatever it was; a kept NaN stays")
    func nonFinite() {
      let x = Tensor(AMP_F32, Array(repeating: .nan, count: 4096))
      KernelTests.onEveryKernelSet { isa, threads in
        var y = Tensor(AMP_F32, count: 4096)
        amp_dropout(threads, AMP_F32, x.bytes, &y.bytes, 4096, 0.25, 1, 2, 3)
        let kept = y.floats.filter(\.isNaN).count
        #expect(y.floats.filter { $0 == 0 }.count == 4096 - kept, "\(isa)")
        // Binomial with mean 3072 and deviation 28: five deviations.
        #expect((2932...3212).contains(kept), "\(isa)")
      }
    }
  }
}

import CKernels
import Testing

extension KernelTests {
  @Suite("Conversions")
  struct Casts {
    static let everyPattern = (0..<UInt32(65_536)).map(\.self)

    static func cast(_ source: Tensor, to dtype: amp_dtype, threads: Int32) -> Tensor {
      var result = Tensor(dtype, count: source.count)
      amp_cast(threads, source.dtype, source.bytes, dtype, &result.bytes, source.count)
      #expect(result.isGuardIntact)
      return result
    }

    @Test("Every fp16 and bf16 value widens exactly, and NaN becomes quiet with its sign and payload kept")
    func widening() {
      for dtype in [AMP_F16, AMP_BF16] {
        let source = Tensor(dtype, patterns: Casts.everyPattern)
        let fractionBits: UInt32 = dtype == AMP_F16 ? 10 : 7
        let expected = Casts.everyPattern.map { pattern in
          let value = Tensor.value(of: pattern, in: dtype)
          guard value.isNaN else { return value.bitPattern }
          let fraction = (pattern & (1 << fractionBits - 1)) << (23 - fractionBits)
          return (pattern & 0x8000) << 16 | 0x7FC0_0000 | fraction
        }
        KernelTests.onEveryKernelSet { isa, threads in
          let found = Casts.cast(source, to: AMP_F32, threads: threads)
          #expect(found.patterns == expected, "\(isa) \(threads) \(dtype)")
        }
      }
    }

    @Test("Every fp16 and bf16 value comes back from fp32 unchanged, NaN made quiet")
    func roundTrip() {
      for dtype in [AMP_F16, AMP_BF16] {
        let source = Tensor(dtype, patterns: Casts.everyPattern)
        let quietBit: UInt32 = dtype == AMP_F16 ? 0x200 : 0x40
        let expected = Casts.everyPattern.map { Tensor.value(of: $0, in: dtype).isNaN ? $0 | quietBit : $0 }
        KernelTests.onEveryKernelSet { isa, threads in
          let wide = Casts.cast(source, to: AMP_F32, threads: threads)
          let back = Casts.cast(wide, to: dtype, threads: threads)
          #expect(back.patterns == expected, "\(isa) \(threads) \(dtype)")
          #expect(Casts.cast(source, to: dtype, threads: threads).patterns == Casts.everyPattern)
        }
      }
    }

    @Test("Narrowing rounds to nearest, ties to even: at every 16-bit value, every midpoint, and beside them")
    func narrowing() {
      for dtype in [AMP_F16, AMP_BF16] {
        var values: [Float] = []
        let largest: UInt32 = dtype == AMP_F16 ? 0x7BFF : 0x7F7F
        for pattern in 0...largest {
          let value = Tensor.value(of: pattern, in: dtype)
          // Above the largest value lies the power of two that the format would hold next: the overflow threshold.
          let next = pattern < largest ? Tensor.value(of: pattern + 1, in: dtype) : value + value.ulp * 0x1p12
          let middle = value / 2 + next / 2
          for point in [value, middle] { values += [point.nextDown, point, point.nextUp, -point] }
        }
        values += [65519.996, 65520, 65536, 3.4e38, .greatestFiniteMagnitude, .infinity, 0x1p-25, 0x1p-26, 0x1p-149]
        let source = Tensor(AMP_F32, values)
        let expected = values.map { Tensor.pattern(of: $0, in: dtype) }
        KernelTests.onEveryKernelSet { isa, threads in
          #expect(Casts.cast(source, to: dtype, threads: threads).patterns == expected, "\(isa) \(threads) \(dtype)")
        }
      }
    }

    @Test("fp16 and bf16 convert into each other with a single rounding")
    func betweenHalves() {
      for (from, to) in [(AMP_F16, AMP_BF16), (AMP_BF16, AMP_F16)] {
        let source = Tensor(from, patterns: Casts.everyPattern)
        let expected = source.floats.map { Tensor.rounded($0, to: to) }
        KernelTests.onEveryKernelSet { isa, threads in
          let found = Casts.cast(source, to: to, threads: threads)
          #expect(firstDifference(found.floats, expected) == nil, "\(isa) \(threads) \(from)")
        }
      }
    }

    @Test("Flush-to-zero on the team changes no conversion")
    func flushToZero() {
      let subnormals = (0..<UInt32(0x400)).map(\.self)
      KernelTests.onEveryKernelSet { isa, threads in
        amp_flush_denormals(threads, true)
        defer { amp_flush_denormals(threads, false) }
        for dtype in [AMP_F16, AMP_BF16] {
          let wide = Casts.cast(Tensor(dtype, patterns: subnormals), to: AMP_F32, threads: threads)
          #expect(Casts.cast(wide, to: dtype, threads: threads).patterns == subnormals, "\(isa) \(threads) \(dtype)")
        }
      }
    }

    @Test("Every length converts, and nothing after the end is written")
    func lengths() {
      var random = Randomness(seed: 1)
      for size in KernelTests.sizes {
        let values = random.awkwardFloats(size)
        for from in KernelTests.dtypes {
          let source = Tensor(from, values)
          for to in KernelTests.dtypes {
            let expected = source.floats.map { Tensor.rounded($0, to: to) }
            KernelTests.onEveryKernelSet { isa, threads in
              let found = Casts.cast(source, to: to, threads: threads)
              #expect(firstDifference(found.floats, expected) == nil, "\(isa) \(threads) \(size) \(from) -> \(to)")
            }
          }
        }
      }
    }
  }
}

import CKernels
import Testing

extension KernelTests {
  @Suite("Memory order")
  struct Layout {
    @Test("Channels move first and back, element by element")
    func transposition() {
      for (n, channels, spatial) in [(0, 3, 4), (1, 1, 1), (2, 3, 49), (3, 17, 16), (5, 64, 81), (1, 130, 33)] {
        for dtype in KernelTests.dtypes {
          let patterns = (0..<n * channels * spatial).map { UInt32($0 % 65_521) }
          let last = Tensor(dtype, patterns: patterns)
          var expected = patterns
          for sample in 0..<n {
            for place in 0..<spatial {
              for channel in 0..<channels {
                expected[(sample * channels + channel) * spatial + place] =
                  patterns[(sample * spatial + place) * channels + channel]
              }
            }
          }
          for threads: Int32 in [1, 2] {
            var first = Tensor(dtype, count: patterns.count)
            amp_channels_last_to_first(threads, dtype, last.bytes, &first.bytes, n, channels, spatial)
            #expect(first.patterns == expected, "\(threads) (\(n), \(channels), \(spatial)) \(dtype)")
            var back = Tensor(dtype, count: patterns.count)
            amp_channels_first_to_last(threads, dtype, first.bytes, &back.bytes, n, channels, spatial)
            #expect(back.patterns == patterns, "\(threads) (\(n), \(channels), \(spatial)) \(dtype)")
            #expect(first.isGuardIntact && back.isGuardIntact)
          }
        }
      }
    }
  }
}

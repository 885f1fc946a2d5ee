import CKernels
import Testing

extension KernelTests {
  @Suite("Windows of a convolution")
  struct ConvolutionWindows {
    /// Pictures and windows: sides, filters that overlap and that do not, windows that lie outside altogether.
    static let cases: [amp_windows] = [
      windows(3, (5, 7), (3, 3), stride: (1, 1), padding: (1, 1)),
      windows(1, (5, 7), (3, 3), stride: (1, 1), padding: (1, 1)),
      windows(1, (28, 28), (3, 5), stride: (1, 1), padding: (0, 2)),
      windows(17, (4, 4), (1, 1), stride: (1, 1), padding: (0, 0)),
      windows(2, (7, 5), (3, 2), stride: (2, 3), padding: (2, 1)),
      windows(1, (7, 5), (3, 2), stride: (2, 3), padding: (2, 1)),
      windows(5, (8, 6), (4, 2), stride: (4, 2), padding: (0, 0)),
      windows(1, (8, 6), (4, 3), stride: (4, 3), padding: (0, 0)),
      windows(2, (2, 1), (1, 1), stride: (1, 1), padding: (2, 1)),
      windows(1, (2, 1), (2, 1), stride: (1, 1), padding: (3, 2)),
      windows(1, (1, 1), (1, 1), stride: (5, 5), padding: (0, 0)),
    ]

    private static func windows(
      _ channels: Int, _ size: (Int, Int), _ kernel: (Int, Int), stride: (Int, Int), padding: (Int, Int)
    ) -> amp_windows {
      amp_windows(
        channels: channels, height: size.0, width: size.1, kernel_height: kernel.0, kernel_width: kernel.1,
        stride_height: stride.0, stride_width: stride.1, padding_height: padding.0, padding_width: padding.1,
        output_height: (size.0 + 2 * padding.0 - kernel.0) / stride.0 + 1,
        output_width: (size.1 + 2 * padding.1 - kernel.1) / stride.1 + 1)
    }

    /// The bits that pixel (row, column) of window (oh, ow) of a sample holds, by the definition; 0 outside.
    private func pixel(
      _ x: [UInt32], _ w: amp_windows, sample: Int, window: (Int, Int), at: (Int, Int), channel: Int
    ) -> UInt32 {
      let row = window.0 * w.stride_height + at.0 - w.padding_height
      let column = window.1 * w.stride_width + at.1 - w.padding_width
      guard 0..<w.height ~= row, 0..<w.width ~= column else { return 0 }
      return x[((sample * w.height + row) * w.width + column) * w.channels + channel]
    }

    @Test("are rows and, of a single channel, columns", arguments: 0..<cases.count, [1, 3])
    func unfolding(_ number: Int, samples: Int) {
      let w = ConvolutionWindows.cases[number]
      let count = samples * w.height * w.width * w.channels
      let patterns = (0..<count).map { UInt32($0 % 65_521 + 1) }
      let places = samples * w.output_height * w.output_width
      let taps = w.kernel_height * w.kernel_width
      var (rows, columns) = ([UInt32](), [UInt32](repeating: 0, count: taps * places))
      for place in 0..<places {
        let (sample, rest) = place.quotientAndRemainder(dividingBy: w.output_height * w.output_width)
        let window = rest.quotientAndRemainder(dividingBy: w.output_width)
        for tap in 0..<taps {
          let at = tap.quotientAndRemainder(dividingBy: w.kernel_width)
          for channel in 0..<w.channels {
            let bits = pixel(
              patterns, w, sample: sample, window: (window.quotient, window.remainder),
              at: (at.quotient, at.remainder), channel: channel)
            rows.append(bits)
            columns[tap * places + place] = bits
          }
        }
      }
      for dtype in KernelTests.dtypes {
        let x = Tensor(dtype, patterns: patterns)
        var found = Tensor(dtype, count: rows.count)
        withUnsafePointer(to: w) { amp_im2row(dtype, x.bytes, $0, samples, &found.bytes) }
        #expect(found.patterns == rows && found.isGuardIntact, "\(dtype)")
        guard w.channels == 1 else { continue }
        found = Tensor(dtype, count: columns.count)
        withUnsafePointer(to: w) { amp_im2col(dtype, x.bytes, $0, samples, &found.bytes) }
        #expect(found.patterns == columns && found.isGuardIntact, "\(dtype)")
      }
    }

    @Test(
      "Rows of a single channel are filled up with zeros", arguments: cases.indices.filter { cases[$0].channels == 1 },
      [1, 3])
    func filling(_ number: Int, samples: Int) {
      let w = ConvolutionWindows.cases[number]
      let count = samples * w.height * w.width
      let patterns = (0..<count).map { UInt32($0 % 65_521 + 1) }
      let (places, taps) = (w.output_height * w.output_width, w.kernel_height * w.kernel_width)
      let span = Int(amp_window_span)
      for row in [taps, taps + 1, taps + 2 * span + 3] {
        var expected: [UInt32] = []
        for place in 0..<samples * places {
          let (oh, ow) = (place % places).quotientAndRemainder(dividingBy: w.output_width)
          for tap in 0..<taps {
            let at = tap.quotientAndRemainder(dividingBy: w.kernel_width)
            expected.append(
              pixel(
                patterns, w, sample: place / places, window: (oh, ow), at: (at.quotient, at.remainder), channel: 0))
          }
          expected += [UInt32](repeating: 0, count: row - taps)
        }
        for dtype in KernelTests.dtypes {
          let x = Tensor(dtype, patterns: patterns)
          var picture = Tensor(
            dtype, count: (w.height + 2 * w.padding_height) * (w.width + 2 * w.padding_width) + span)
          var found = Tensor(dtype, count: expected.count + span)
          withUnsafePointer(to: w) {
            amp_im2row_filled(dtype, x.bytes, $0, samples, row, &picture.bytes, &found.bytes)
          }
          #expect(Array(found.patterns.prefix(expected.count)) == expected, "\(dtype), \(row)")
          #expect(found.isGuardIntact && picture.isGuardIntact, "\(dtype), \(row)")
        }
      }
    }

    @Test("Filters are turned, outputs and channels exchanged, on one thread and on two")
    func turning() {
      for (outputs, channels, spatial) in [(1, 1, 1), (3, 2, 9), (5, 7, 4), (64, 40, 9)] {
        let patterns = (0..<outputs * channels * spatial).map { UInt32($0 % 65_521) }
        var expected: [UInt32] = []
        for channel in 0..<channels {
          for output in 0..<outputs {
            for place in (0..<spatial).reversed() {
              expected.append(patterns[(output * channels + channel) * spatial + place])
            }
          }
        }
        for dtype in KernelTests.dtypes {
          let filters = Tensor(dtype, patterns: patterns)
          for threads: Int32 in [1, 2] {
            var flipped = Tensor(dtype, count: patterns.count)
            amp_flip_filters(threads, dtype, filters.bytes, &flipped.bytes, outputs, channels, spatial)
            #expect(flipped.patterns == expected && flipped.isGuardIntact, "\(dtype), \(threads)")
          }
        }
      }
    }
  }
}

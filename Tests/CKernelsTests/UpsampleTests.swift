import CKernels
import Testing

extension KernelTests {
  @Suite("Enlargement")
  struct Upsample {
    static func shape(_ n: Int, _ h: Int, _ w: Int, _ channels: Int, scale: Int, bilinear: Bool) -> amp_upsample_shape {
      amp_upsample_shape(n: n, h: h, w: w, channels: channels, scale: scale, bilinear: bilinear)
    }

    /// Scales of 1, even and odd; one row, one column, one pixel; fewer channels than lanes and several tiles of them;
    /// enough work for three threads.
    static let shapes = [false, true].flatMap { bilinear in
      [
        (1, 1, 1, 1, 1), (2, 3, 4, 5, 1), (1, 1, 1, 3, 4), (2, 3, 2, 17, 2), (1, 1, 5, 2, 3), (1, 6, 1, 2, 2),
        (2, 5, 7, 16, 3), (1, 4, 3, 130, 2), (3, 6, 6, 33, 2), (1, 3, 4, 70, 5),
      ].map { shape($0, $1, $2, $3, scale: $4, bilinear: bilinear) }
    }

    /// The pixels that enlarged pixel `o` is made of, along one dimension, as torch has it: the source coordinate is
    /// (o + 0.5) / scale - 0.5, at least 0, and the pixel after the last one is the last one.
    static func sources(of o: Int, size: Int, scale: Int, bilinear: Bool) -> [(pixel: Int, share: Double)] {
      guard bilinear else { return [(o / scale, 1)] }
      let coordinate = max(0, (Double(o) + 0.5) / Double(scale) - 0.5)
      let first = Int(coordinate.rounded(.down))
      let share = coordinate - Double(first)
      return [(first, 1 - share), (min(first + 1, size - 1), share)]
    }

    /// Calls `body` with the place of every pair of a pixel in x and an enlarged pixel in y, and the share.
    static func forEachPair(_ shape: amp_upsample_shape, _ body: (_ x: Int, _ y: Int, _ share: Double) -> Void) {
      let (oh, ow) = (shape.h * shape.scale, shape.w * shape.scale)
      for position in 0..<shape.n * oh * ow {
        let (column, row, sample) = (position % ow, position / ow % oh, position / (ow * oh))
        for down in sources(of: row, size: shape.h, scale: shape.scale, bilinear: shape.bilinear) {
          for right in sources(of: column, size: shape.w, scale: shape.scale, bilinear: shape.bilinear) {
            let pixel = (sample * shape.h + down.pixel) * shape.w + right.pixel
            for channel in 0..<shape.channels {
              body(pixel * shape.channels + channel, position * shape.channels + channel, down.share * right.share)
            }
          }
        }
      }
    }

    static func xCount(_ shape: amp_upsample_shape) -> Int { shape.n * shape.h * shape.w * shape.channels }
    static func yCount(_ shape: amp_upsample_shape) -> Int { xCount(shape) * shape.scale * shape.scale }

    static func enlarge(_ x: Tensor, _ shape: amp_upsample_shape, threads: Int32) -> Tensor {
      var (y, shape) = (Tensor(x.dtype, count: yCount(shape)), shape)
      amp_upsample(threads, x.dtype, x.bytes, &y.bytes, &shape)
      #expect(y.isGuardIntact)
      return y
    }

    static func gradient(_ dy: Tensor, _ shape: amp_upsample_shape, threads: Int32) -> Tensor {
      var (dx, shape) = (Tensor(dy.dtype, count: xCount(shape)), shape)
      amp_upsample_backward(threads, dy.dtype, dy.bytes, &dx.bytes, &shape)
      #expect(dx.isGuardIntact)
      return dx
    }

    @Test("Enlarged pixels are torch's, the same bits in every kernel set and team", arguments: shapes)
    func forward(_ shape: amp_upsample_shape) {
      var random = Randomness(seed: 44)
      let values = random.floats(Upsample.xCount(shape))
      for dtype in KernelTests.dtypes {
        let x = Tensor(dtype, values)
        var expected = [Double](repeating: 0, count: Upsample.yCount(shape))
        let source = x.floats
        Upsample.forEachPair(shape) { expected[$1] += $2 * Double(source[$0]) }
        var first: [UInt32]?
        KernelTests.onEveryKernelSet { isa, threads in
          let y = Upsample.enlarge(x, shape, threads: threads)
          // Shares are rounded to fp32 and six operations follow, on values up to 4.
          let difference = firstDifference(
            y.floats, expected, relative: unit(of: dtype) / 2,
            absolute: (shape.bilinear ? 8 * 4 * 0x1p-24 : 0) + smallestError(of: dtype))
          #expect(difference == nil, "\(isa) \(threads) \(dtype)")
          #expect(y.patterns == first ?? y.patterns, "\(isa) \(threads) \(dtype): not the bits of the reference")
          first = first ?? y.patterns
        }
      }
    }

    @Test("Gradients go back by the same shares, the same bits in every kernel set and team", arguments: shapes)
    func backward(_ shape: amp_upsample_shape) {
      var random = Randomness(seed: 45)
      let gradients = random.floats(Upsample.yCount(shape))
      for dtype in KernelTests.dtypes {
        let dy = Tensor(dtype, gradients)
        var expected = [Double](repeating: 0, count: Upsample.xCount(shape))
        var magnitudes = expected
        let source = dy.floats
        Upsample.forEachPair(shape) {
          expected[$0] += $2 * Double(source[$1])
          magnitudes[$0] += $2 * Double(source[$1].magnitude)
        }
        var first: [UInt32]?
        KernelTests.onEveryKernelSet { isa, threads in
          let dx = Upsample.gradient(dy, shape, threads: threads)
          // At most (2 scale)^2 additions, and four roundings of each share.
          let steps = Double(4 * shape.scale * shape.scale + 4)
          let difference = firstDifference(
            dx.floats, expected, relative: unit(of: dtype) / 2,
            absolute: steps * 0x1p-24 * (magnitudes.max() ?? 0) + smallestError(of: dtype))
          #expect(difference == nil, "\(isa) \(threads) \(dtype)")
          #expect(dx.patterns == first ?? dx.patterns, "\(isa) \(threads) \(dtype): not the bits of the reference")
          first = first ?? dx.patterns
        }
      }
    }

    @Test("The nearest pixel is copied, whatever it is; a NaN reaches all that it has a share in")
    func nonFinite() {
      var random = Randomness(seed: 46)
      for dtype in KernelTests.dtypes {
        let nearest = Upsample.shape(1, 3, 4, 19, scale: 2, bilinear: false)
        let x = Tensor(dtype, random.awkwardFloats(Upsample.xCount(nearest)))
        var expected = [Float](repeating: 0, count: Upsample.yCount(nearest))
        let source = x.floats
        Upsample.forEachPair(nearest) { x, y, _ in expected[y] = source[x] }
        let bilinear = Upsample.shape(1, 3, 4, 19, scale: 2, bilinear: true)
        var culprits = [Float](repeating: 1, count: Upsample.xCount(bilinear))
        culprits[5 * 19 + 18] = .nan
        var reached = [Bool](repeating: false, count: Upsample.yCount(bilinear))
        Upsample.forEachPair(bilinear) { x, y, _ in reached[y] = reached[y] || x == 5 * 19 + 18 }
        KernelTests.onEveryKernelSet { isa, threads in
          let copied = Upsample.enlarge(x, nearest, threads: threads)
          #expect(firstDifference(copied.floats, expected) == nil, "\(isa) \(threads) \(dtype)")
          let y = Upsample.enlarge(Tensor(dtype, culprits), bilinear, threads: threads)
          #expect(y.floats.map(\.isNaN) == reached, "\(isa) \(threads) \(dtype)")
          let ones = reached.map { $0 ? Float.nan : 1 }
          let dx = Upsample.gradient(Tensor(dtype, ones), bilinear, threads: threads)
          #expect(dx.floats[5 * 19 + 18].isNaN && !dx.floats[5 * 19 + 17].isNaN, "\(isa) \(threads) \(dtype)")
        }
      }
    }
  }
}

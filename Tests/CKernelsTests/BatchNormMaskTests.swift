import CKernels
import Testing

extension KernelTests.BatchNorm {
  /// Backward finds from x what relu let through.
  ///
  /// It has to find what forward stored, to the last bit.
  @Suite("The mask of a fused relu")
  struct Mask {
    /// Channels whose results are a constant near what a format rounds to 0, and channels whose results straddle it.
    private static let channels: [(weight: Float, bias: Float)] =
      [
        0, -0.0, 1, -1, .nan, .infinity, 0x1p-25, Float(0x1p-25).nextUp, -0x1p-25, 0x1p-26, 0x1p-24, 0x1p-134,
        Float(0x1p-134).nextUp, Float(0x1p-134).nextDown, 0x1p-149, 0x1p-126,
      ].map { (0, $0) }
      + [(0x1p-25, 0x1p-25), (0x1p-24, 0), (-0x1p-26, 0x1p-25), (0x1p-133, 0x1p-134), (1, 0), (2, -0.5), (0.5, 0.25)]

    @Test("lets a gradient through exactly where forward stored more than 0, in both passes of backward")
    func mask() {
      var random = Randomness(seed: 15)
      let (rows, channels) = (300, Mask.channels.count)
      let (weight, bias) = (Mask.channels.map(\.weight), Mask.channels.map(\.bias))
      var values = random.floats(rows * channels)
      // The last two channels: one of whose inputs is not a number, one that is infinite.
      values[8 * channels - 1] = .nan
      values[9 * channels - 2] = .infinity
      let gradients = random.floats(rows * channels)
      for dtype in KernelTests.dtypes {
        let (x, dy) = (Tensor(dtype, values), Tensor(dtype, gradients))
        KernelTests.onEveryKernelSet { isa, threads in
          func train(_ x: Tensor) -> Trained {
            KernelTests.BatchNorm.train(
              x, weight: weight, bias: bias, relu: true, rows: rows, channels: channels, threads: threads)
          }
          let forward = train(x)
          let stored = forward.y.floats
          let passing = Tensor(dtype, zip(dy.floats, stored).map { $1 > 0 ? $0 : 0 })
          func backward(_ dy: Tensor, bias: [Float]?) -> (dx: Tensor, dweight: [Float], dbias: [Float]) {
            Backward(dy: dy, x: x, weight: weight, bias: bias, mean: forward.mean, rstd: forward.rstd)
              .gradients(threads: threads)
          }
          let (found, expected) = (backward(dy, bias: bias), backward(passing, bias: nil))
          let place = "\(isa) \(threads) \(dtype)"
          #expect(firstDifference(found.dx.floats, expected.dx.floats) == nil, "\(place)")
          #expect(firstDifference(found.dweight, expected.dweight) == nil, "\(place)")
          #expect(firstDifference(found.dbias, expected.dbias) == nil, "\(place)")

          // The same numbers in fp32 are what is rounded: some are above 0 and stored as 0.
          let unrounded = train(Tensor(AMP_F32, x.floats)).y.floats
          let vanished = zip(unrounded, stored).count { $0 > 0 && $1 == 0 }
          #expect(dtype == AMP_F32 ? vanished == 0 : vanished >= rows, "\(place)")
          #expect(stored.contains { $0 > 0 && $0 < 0x1p-23 } && stored.contains { $0.isNaN }, "\(place)")
        }
      }
    }

    @Test("The largest number that rounds to 0 does, and its neighbour does not")
    func threshold() {
      for (dtype, largest) in [(AMP_F16, Float(0x1p-25)), (AMP_BF16, 0x1p-134)] {
        KernelTests.onEveryKernelSet(threads: [1]) { isa, _ in
          let y = KernelTests.BatchNorm.train(
            Tensor(dtype, [1, 1, 2, 2]), weight: [0, 0], bias: [largest, largest.nextUp], relu: true, rows: 2,
            channels: 2,
            threads: 1
          ).y.floats
          #expect(y[0] == 0 && y[1] > 0, "\(isa) \(dtype)")
        }
      }
    }
  }
}

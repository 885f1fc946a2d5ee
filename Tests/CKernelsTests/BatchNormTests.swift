import CKernels
import Testing

extension KernelTests {
  @Suite("Batch normalisation")
  struct BatchNorm {
    /// (rows, channels): tails of every kind, one channel, fewer channels than lanes, several blocks and two chunks.
    static let shapes = [(2, 1), (5, 3), (33, 16), (40, 17), (300, 32), (257, 50), (80, 130), (3000, 3)]

    static let eps = Float(BatchNormReference.eps)

    struct Trained {
      var y: Tensor
      var mean: [Float]
      var rstd: [Float]
      var runningMean: [Float]
      var runningVariance: [Float]
    }

    static func train(
      _ x: Tensor, weight: [Float], bias: [Float], relu: Bool, rows: Int, channels: Int, threads: Int32
    ) -> Trained {
      let zeros = [Float](repeating: 0, count: channels)
      let (oldMean, oldVariance) = ([Float](repeating: 0.5, count: channels), [Float](repeating: 2, count: channels))
      var result = Trained(
        y: Tensor(x.dtype, count: x.count), mean: zeros, rstd: zeros, runningMean: zeros, runningVariance: zeros)
      var scratch = [UInt8](repeating: 0xFF, count: amp_batch_norm_scratch(threads, rows, channels) + Tensor.guardCount)
      amp_batch_norm_train(
        threads, x.dtype, x.bytes, weight, bias, oldMean, oldVariance, 0.1, eps, relu, &result.y.bytes, &result.mean,
        &result.rstd, &result.runningMean, &result.runningVariance, rows, channels, &scratch)
      #expect(result.y.isGuardIntact)
      #expect(scratch.suffix(Tensor.guardCount).allSatisfy { $0 == 0xFF }, "scratch is larger than announced")
      return result
    }

    @Test("Training normalises with the batch's statistics and proposes running ones, the same bits every time")
    func training() {
      var random = Randomness(seed: 11)
      for (rows, channels) in BatchNorm.shapes {
        let values = random.floats(rows * channels)
        let (weight, bias) = (random.floats(channels, in: 0.5...2), random.floats(channels))
        for dtype in KernelTests.dtypes {
          let x = Tensor(dtype, values)
          let reference = BatchNormReference(x.floats, rows: rows, channels: channels)
          let unbiased = reference.variance.map { $0 * Double(rows) / Double(rows - 1) }
          for relu in [false, true] {
            let expected = reference.output(weight: weight, bias: bias, relu: relu)
            KernelTests.onEveryKernelSet { isa, threads in
              let found = BatchNorm.train(
                x, weight: weight, bias: bias, relu: relu, rows: rows, channels: channels, threads: threads)
              let place = "\(isa) \(threads) \(rows)x\(channels) \(dtype)"
              // Blocks of at most 256 rows: chains of 40 additions; 16 ulp is four times what they lose in the mean.
              let small = 16 * 0x1p-23
              #expect(firstDifference(found.mean, reference.mean, relative: 0, absolute: 4 * small) == nil, "\(place)")
              #expect(firstDifference(found.rstd, reference.rstd, relative: small) == nil, "\(place)")
              let nextMean = reference.mean.map { 0.45 + 0.1 * $0 }
              let nextVariance = unbiased.map { 1.8 + 0.1 * $0 }
              #expect(firstDifference(found.runningMean, nextMean, relative: small, absolute: small) == nil, "\(place)")
              #expect(firstDifference(found.runningVariance, nextVariance, relative: small) == nil, "\(place)")
              #expect(
                firstDifference(
                  found.y.floats, expected, relative: unit(of: dtype) / 2 + small,
                  absolute: 16 * small + smallestError(of: dtype)) == nil, "\(place) relu \(relu)")
              let again = BatchNorm.train(
                x, weight: weight, bias: bias, relu: relu, rows: rows, channels: channels, threads: threads)
              #expect(again.y.bytes == found.y.bytes, "\(place)")
              #expect(again.runningVariance == found.runningVariance, "\(place)")
            }
          }
        }
      }
    }

    @Test("A mean far from zero does not cancel the variance")
    func farMean() {
      var random = Randomness(seed: 12)
      let (rows, channels) = (5000, 5)
      let x = Tensor(AMP_F32, random.floats(rows * channels, in: 999...1001))
      let reference = BatchNormReference(x.floats, rows: rows, channels: channels)
      let (weight, bias) = ([Float](repeating: 1, count: channels), [Float](repeating: 0, count: channels))
      KernelTests.onEveryKernelSet { isa, threads in
        let found = BatchNorm.train(
          x, weight: weight, bias: bias, relu: false, rows: rows, channels: channels, threads: threads)
        // The mean itself is only known to 6e-5 in fp32; the sum of squares minus squared mean would give noise.
        #expect(firstDifference(found.rstd, reference.rstd, relative: 1e-5) == nil, "\(isa) \(threads)")
      }
    }

    @Test("Inference uses the running statistics, also beyond one tile of channels")
    func inference() {
      var random = Randomness(seed: 13)
      for (rows, channels) in BatchNorm.shapes + [(3, 1100)] {
        let values = random.floats(rows * channels)
        let (weight, bias) = (random.floats(channels), random.floats(channels))
        let (mean, variance) = (random.floats(channels), random.floats(channels, in: 0.1...3))
        for dtype in KernelTests.dtypes {
          let x = Tensor(dtype, values)
          let expected = x.floats.enumerated().map { index, value in
            let channel = index % channels
            let scale = Double(weight[channel]) / (Double(variance[channel]) + Double(BatchNorm.eps)).squareRoot()
            return max(0, (Double(value) - Double(mean[channel])) * scale + Double(bias[channel]))
          }
          KernelTests.onEveryKernelSet { isa, threads in
            var y = Tensor(dtype, count: x.count)
            amp_batch_norm_infer(
              threads, dtype, x.bytes, weight, bias, mean, variance, BatchNorm.eps, true, &y.bytes, rows, channels)
            // Three fp32 roundings of terms below 8 * 4 / sqrt(0.1) = 101, then the format's.
            let difference = firstDifference(
              y.floats, expected, relative: unit(of: dtype) / 2, absolute: 2 * 101 * 0x1p-24 + smallestError(of: dtype))
            #expect(difference == nil, "\(isa) \(threads) \(rows)x\(channels) \(dtype)")
            #expect(y.isGuardIntact)
          }
        }
      }
    }

    @Test("Gradients follow the formulas, with and without fused relu, in place too, the same bits every time")
    func backward() {
      var random = Randomness(seed: 14)
      for (rows, channels) in BatchNorm.shapes where rows > 2 {
        let (values, gradients) = (random.floats(rows * channels), random.floats(rows * channels))
        let (weight, bias) = (random.floats(channels, in: 0.5...2), random.floats(channels))
        for dtype in KernelTests.dtypes {
          let (x, dy) = (Tensor(dtype, values), Tensor(dtype, gradients))
          let reference = BatchNormReference(x.floats, rows: rows, channels: channels)
          // No result lies so near to 0 that fp32 and Double disagree about its sign.
          let outputs = reference.output(weight: weight, bias: bias, relu: false)
          for hasRelu in [false, true] {
            let expected = reference.gradients(
              dy: dy.floats, passes: outputs.map { !hasRelu || $0 > 0 }, weight: weight)
            KernelTests.onEveryKernelSet { isa, threads in
              let place = "\(isa) \(threads) \(rows)x\(channels) \(dtype) relu \(hasRelu)"
              let run = BatchNorm.Backward(
                dy: dy, x: x, weight: weight, bias: hasRelu ? bias : nil, mean: reference.mean.map(Float.init),
                rstd: reference.rstd.map(Float.init))
              let found = run.gradients(threads: threads)
              // Sums of `rows` terms of size 4 * 2 in blocks: the error of the blocks' chains of 128 at most.
              let sums = Double(rows) * 8 * 8 * 0x1p-23
              #expect(firstDifference(found.dbias, expected.dbias, relative: 0, absolute: sums) == nil, "\(place)")
              #expect(firstDifference(found.dweight, expected.dweight, relative: 0, absolute: sums) == nil, "\(place)")
              let scale = Double(reference.rstd.max() ?? 0) * 2
              let difference = firstDifference(
                found.dx.floats, expected.dx, relative: unit(of: dtype) / 2,
                absolute: scale * 64 * 0x1p-23 + smallestError(of: dtype))
              #expect(difference == nil, "\(place)")
              #expect(run.gradients(threads: threads).dx.bytes == found.dx.bytes, "\(place)")
            }
          }
        }
      }
    }

    /// One backward pass, dx written over dy.
    struct Backward {
      var dy: Tensor
      var x: Tensor
      var weight: [Float]
      /// Nil where no relu was fused.
      var bias: [Float]?
      var mean: [Float]
      var rstd: [Float]

      func gradients(threads: Int32) -> (dx: Tensor, dweight: [Float], dbias: [Float]) {
        let (rows, channels) = (x.count / weight.count, weight.count)
        var (dx, dweight, dbias) = (dy, weight, weight)
        var scratch = [UInt8](repeating: 0xFF, count: amp_batch_norm_scratch(threads, rows, channels) + 64)
        dx.bytes.withUnsafeMutableBytes {
          amp_batch_norm_backward(
            threads, x.dtype, $0.baseAddress, x.bytes, weight, bias, mean, rstd, $0.baseAddress, &dweight, &dbias,
            rows, channels, &scratch)
        }
        #expect(dx.isGuardIntact && scratch.suffix(64).allSatisfy { $0 == 0xFF })
        return (dx, dweight, dbias)
      }
    }
  }
}

import CKernels
import Testing

extension KernelTests {
  @Suite("Max pooling")
  struct MaxPool {
    /// Windows side by side and overlapping, padded, with a remainder, with gaps between them, wider than the vectors
    /// of every set, with more positions than a byte holds, and enough work for two threads.
    static let shapes = [
      amp_pool_shape((1, 1, 1, 1), kernel: (1, 1), stride: (1, 1)),
      amp_pool_shape((2, 4, 6, 1), kernel: (2, 2), stride: (2, 2)),
      amp_pool_shape((3, 7, 5, 17), kernel: (2, 2), stride: (2, 2)),
      amp_pool_shape((3, 14, 14, 32), kernel: (2, 2), stride: (2, 2)),
      amp_pool_shape((2, 9, 8, 33), kernel: (3, 3), stride: (2, 2), padding: (1, 1)),
      amp_pool_shape((1, 7, 5, 10), kernel: (3, 2), stride: (2, 1), padding: (1, 1)),
      amp_pool_shape((2, 6, 7, 5), kernel: (3, 3), stride: (1, 1), padding: (1, 1)),
      amp_pool_shape((2, 8, 9, 3), kernel: (2, 1), stride: (3, 4)),
      amp_pool_shape((2, 5, 5, 8), kernel: (2, 2), stride: (2, 2), padding: (1, 1)),
      amp_pool_shape((1, 20, 18, 7), kernel: (16, 16), stride: (3, 2), padding: (8, 0)),
      amp_pool_shape((1, 40, 17, 16), kernel: (15, 17), stride: (16, 17)),
      amp_pool_shape((1, 40, 20, 64), kernel: (20, 13), stride: (20, 13)),
    ]

    @Test("Maxima and their positions are those of torch's comparison, element by element", arguments: shapes)
    func forward(_ shape: amp_pool_shape) {
      var random = Randomness(seed: 20)
      let count = shape.inputCount
      // Seventeen different values tie often; awkward values bring NaN, infinities, both zeros and subnormals.
      let ties = random.floats(count).map { ($0 * 2).rounded() / 16 }
      for values in [ties, random.awkwardFloats(count), Array(repeating: -.infinity, count: count)] {
        for dtype in KernelTests.dtypes {
          let x = Tensor(dtype, values)
          let (maxima, positions) = MaxPool.expected(x.floats, shape)
          KernelTests.onEveryKernelSet { isa, threads in
            let found = MaxPool.pool(x, shape, threads: threads)
            #expect(firstDifference(found.y.floats, maxima) == nil, "\(isa) \(threads) \(dtype)")
            #expect(found.positions == positions, "\(isa) \(threads) \(dtype)")
          }
        }
      }
    }

    @Test("A NaN wins wherever it stands in the window, the last among several")
    func notANumber() {
      let shape = amp_pool_shape((1, 2, 2, 19), kernel: (2, 2), stride: (2, 2))
      for dtype in KernelTests.dtypes {
        for culprits in [[0], [1], [2], [3], [0, 1], [0, 3], [1, 2], [0, 1, 2, 3]] {
          var values = [Float](repeating: .infinity, count: shape.inputCount)
          for pixel in culprits { values[pixel * shape.channels + 18] = .nan }
          let x = Tensor(dtype, values)
          KernelTests.onEveryKernelSet { isa, threads in
            let found = MaxPool.pool(x, shape, threads: threads)
            #expect(found.y.floats.map(\.isNaN) == (0..<19).map { $0 == 18 }, "\(isa) \(dtype) \(culprits)")
            #expect(found.positions.last == culprits.last, "\(isa) \(dtype) \(culprits)")
          }
        }
      }
    }

    @Test("Gradients go to the winners; where windows overlap, their fp32 sum is rounded once", arguments: shapes)
    func backward(_ shape: amp_pool_shape) {
      var random = Randomness(seed: 21)
      let values = random.floats(shape.inputCount)
      var gradients = random.floats(shape.outputCount)
      for index in stride(from: 0, to: gradients.count, by: 5) { gradients[index] = -0.0 }
      // Every pixel lies in at most `overlap` windows: that many fp32 additions of gradients up to 4 at most.
      let overlap = ((shape.kernel_h - 1) / shape.stride_h + 1) * ((shape.kernel_w - 1) / shape.stride_w + 1)
      let sumError = overlap == 1 ? 0 : Double(overlap * overlap) * 4 * 0x1p-24
      for dtype in KernelTests.dtypes {
        let (x, dy) = (Tensor(dtype, values), Tensor(dtype, gradients))
        let (_, positions) = MaxPool.expected(x.floats, shape)
        let expected = MaxPool.expectedGradient(dy.floats, positions, shape)
        var first: [UInt32]?
        KernelTests.onEveryKernelSet { isa, threads in
          let dx = MaxPool.gradient(dy, MaxPool.pool(x, shape, threads: threads).bytes, shape, threads: threads)
          let difference = firstDifference(
            dx.floats, expected, relative: unit(of: dtype) / 2, absolute: sumError + smallestError(of: dtype))
          #expect(difference == nil, "\(isa) \(threads) \(dtype)")
          #expect(dx.patterns == first ?? dx.patterns, "\(isa) \(threads) \(dtype): not the bits of the reference")
          first = first ?? dx.patterns
        }
      }
    }

    @Test("A pixel that wins several windows gets what a single rounding gives, where rounding each sum does not")
    func singleRounding() {
      // One pixel of 3 x 3 lies in all four windows of 2 x 2. In bf16, 1 + 2^-8 is a tie that goes to 1: rounded after
      // each addition the sum stays 1; the whole sum is 1 + 3 * 2^-8, which rounds to 1 + 2^-6. In fp16 likewise.
      let shape = amp_pool_shape((1, 3, 3, 5), kernel: (2, 2), stride: (1, 1))
      for (dtype, half) in [(AMP_BF16, Float(0x1p-8)), (AMP_F16, 0x1p-11), (AMP_F32, 0x1p-11)] {
        var values = [Float](repeating: 0, count: shape.inputCount)
        var gradients = [Float](repeating: half, count: shape.outputCount)
        for channel in 0..<5 {
          values[4 * 5 + channel] = 1
          gradients[channel] = 1
        }
        let (x, dy) = (Tensor(dtype, values), Tensor(dtype, gradients))
        let sum: Float = dtype == AMP_F32 ? 1 + 3 * half : 1 + 4 * half
        KernelTests.onEveryKernelSet { isa, threads in
          let dx = MaxPool.gradient(dy, MaxPool.pool(x, shape, threads: threads).bytes, shape, threads: threads)
          #expect(dx.floats == values.map { $0 * sum }, "\(isa) \(threads) \(dtype)")
        }
      }
    }

    @Test("NaN and infinity in a gradient reach the winner and no other pixel")
    func nonFiniteGradient() {
      for shape in [
        amp_pool_shape((1, 4, 4, 3), kernel: (2, 2), stride: (2, 2)),
        amp_pool_shape((1, 5, 5, 3), kernel: (3, 3), stride: (2, 2), padding: (1, 1)),
      ] {
        var random = Randomness(seed: 22)
        let values = random.floats(shape.inputCount)
        for dtype in KernelTests.dtypes {
          for culprit: Float in [.nan, .infinity] {
            var gradients = [Float](repeating: 1, count: shape.outputCount)
            gradients[4] = culprit
            let (x, dy) = (Tensor(dtype, values), Tensor(dtype, gradients))
            KernelTests.onEveryKernelSet { isa, threads in
              let dx = MaxPool.gradient(dy, MaxPool.pool(x, shape, threads: threads).bytes, shape, threads: threads)
              #expect(dx.floats.filter { !$0.isFinite }.count == 1, "\(isa) \(threads) \(dtype) \(culprit)")
            }
          }
        }
      }
    }

    @Test("A position takes a byte up to 255 elements in a window, and four bytes beyond")
    func positionSize() {
      func size(_ height: Int, _ width: Int) -> Int {
        var shape = amp_pool_shape((1, 99, 99, 1), kernel: (height, width), stride: (1, 1))
        return amp_pool_position_size(&shape)
      }
      #expect(size(1, 1) == 1 && size(15, 17) == 1 && size(16, 16) == 4 && size(33, 33) == 4)
    }
  }
}

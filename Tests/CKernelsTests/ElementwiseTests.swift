import CKernels
import Testing

extension KernelTests {
  @Suite("Elementwise")
  struct Elementwise {
    /// Zero below zero; NaN and -0 stay.
    static func relu(_ value: Float) -> Float { value < 0 ? 0 : value }

    @Test("relu keeps NaN, infinity and -0 and is exact, out of place and in place")
    func relu() {
      var random = Randomness(seed: 2)
      for size in KernelTests.sizes {
        let values = random.awkwardFloats(size)
        for dtype in KernelTests.dtypes {
          let x = Tensor(dtype, values)
          let expected = x.floats.map(Elementwise.relu)
          KernelTests.onEveryKernelSet { isa, threads in
            var (y, inPlace) = (Tensor(dtype, count: size), x)
            amp_relu(threads, dtype, x.bytes, &y.bytes, size)
            inPlace.bytes.withUnsafeMutableBytes { amp_relu(threads, dtype, $0.baseAddress, $0.baseAddress, size) }
            for found in [y, inPlace] {
              #expect(firstDifference(found.floats, expected) == nil, "\(isa) \(threads) \(size) \(dtype)")
              #expect(found.isGuardIntact)
            }
          }
        }
      }
    }

    @Test("The gradient of relu passes where the output is positive, also in place")
    func reluBackward() {
      var random = Randomness(seed: 3)
      for size in KernelTests.sizes {
        let (gradients, outputs) = (random.awkwardFloats(size), random.awkwardFloats(size))
        for dtype in KernelTests.dtypes {
          let (dy, y) = (Tensor(dtype, gradients), Tensor(dtype, outputs))
          let expected = zip(dy.floats, y.floats).map { $1 > 0 ? $0 : 0 }
          KernelTests.onEveryKernelSet { isa, threads in
            var (dx, inPlace) = (Tensor(dtype, count: size), dy)
            amp_relu_backward(threads, dtype, dy.bytes, y.bytes, &dx.bytes, size)
            inPlace.bytes.withUnsafeMutableBytes {
              amp_relu_backward(threads, dtype, $0.baseAddress, y.bytes, $0.baseAddress, size)
            }
            for found in [dx, inPlace] {
              #expect(firstDifference(found.floats, expected) == nil, "\(isa) \(threads) \(size) \(dtype)")
              #expect(found.isGuardIntact)
            }
          }
        }
      }
    }

    @Test("A sum is rounded once, onto either operand too")
    func add() {
      var random = Randomness(seed: 4)
      for size in KernelTests.sizes {
        let (first, second) = (random.awkwardFloats(size), random.floats(size))
        for dtype in KernelTests.dtypes {
          let (x, y) = (Tensor(dtype, first), Tensor(dtype, second))
          let expected = zip(x.floats, y.floats).map { Tensor.rounded($0 + $1, to: dtype) }
          KernelTests.onEveryKernelSet { isa, threads in
            var (z, onX, onY) = (Tensor(dtype, count: size), x, y)
            amp_add(threads, dtype, x.bytes, y.bytes, &z.bytes, size)
            onX.bytes.withUnsafeMutableBytes {
              amp_add(threads, dtype, $0.baseAddress, y.bytes, $0.baseAddress, size)
            }
            onY.bytes.withUnsafeMutableBytes {
              amp_add(threads, dtype, x.bytes, $0.baseAddress, $0.baseAddress, size)
            }
            for found in [z, onX, onY] {
              #expect(firstDifference(found.floats, expected) == nil, "\(isa) \(threads) \(size) \(dtype)")
              #expect(found.isGuardIntact)
            }
          }
        }
      }
    }

    @Test("Bias and relu follow a product of any format and round once")
    func biasActivation() {
      var random = Randomness(seed: 5)
      for (rows, columns) in [(0, 5), (1, 1), (3, 7), (5, 17), (64, 10), (130, 129)] {
        let (values, biases) = (random.awkwardFloats(rows * columns), random.floats(columns))
        for (from, biasType, to) in Elementwise.epilogues {
          let (x, bias) = (Tensor(from, values), Tensor(biasType, biases))
          let addends = bias.floats
          for (hasBias, hasRelu) in [(true, true), (true, false), (false, true), (false, false)] {
            let expected = x.floats.enumerated().map { index, value in
              let sum = hasBias ? value + addends[index % columns] : value
              return Tensor.rounded(hasRelu ? Elementwise.relu(sum) : sum, to: to)
            }
            KernelTests.onEveryKernelSet { isa, threads in
              var y = Tensor(to, count: x.count)
              amp_bias_activation(
                threads, from, x.bytes, biasType, hasBias ? bias.bytes : nil, hasRelu, to, &y.bytes, rows, columns)
              #expect(
                firstDifference(y.floats, expected) == nil,
                "\(isa) \(threads) \(rows)x\(columns) \(from) \(to) bias \(hasBias) relu \(hasRelu)")
              #expect(y.isGuardIntact)
            }
          }
        }
      }
    }

    static let epilogues = [
      (AMP_F32, AMP_F32, AMP_F32), (AMP_F32, AMP_BF16, AMP_BF16), (AMP_F32, AMP_F16, AMP_F16),
      (AMP_F16, AMP_F16, AMP_F16), (AMP_BF16, AMP_BF16, AMP_BF16), (AMP_BF16, AMP_F32, AMP_BF16),
    ]
  }
}

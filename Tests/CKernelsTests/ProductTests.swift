import CKernels
import Testing

extension KernelTests {
  @Suite("Products, broadcast sums and accumulation")
  struct Products {
    @Test("A product is rounded once, onto either operand too")
    func multiply() {
      var random = Randomness(seed: 33)
      for size in KernelTests.sizes {
        let (first, second) = (random.awkwardFloats(size), random.floats(size))
        for dtype in KernelTests.dtypes {
          let (x, y) = (Tensor(dtype, first), Tensor(dtype, second))
          let expected = zip(x.floats, y.floats).map { Tensor.rounded($0 * $1, to: dtype) }
          KernelTests.onEveryKernelSet { isa, threads in
            var (z, onX, onY) = (Tensor(dtype, count: size), x, y)
            amp_multiply(threads, dtype, x.bytes, y.bytes, &z.bytes, size)
            onX.bytes.withUnsafeMutableBytes {
              amp_multiply(threads, dtype, $0.baseAddress, y.bytes, $0.baseAddress, size)
            }
            onY.bytes.withUnsafeMutableBytes {
              amp_multiply(threads, dtype, x.bytes, $0.baseAddress, $0.baseAddress, size)
            }
            for found in [z, onX, onY] {
              #expect(firstDifference(found.floats, expected) == nil, "\(isa) \(threads) \(size) \(dtype)")
              #expect(found.isGuardIntact)
            }
          }
        }
      }
    }

    @Test("A row is added to every row, however the work is cut, also in place")
    func addBroadcast() {
      var random = Randomness(seed: 34)
      // One row cut among threads, rows cut in the middle, many short rows, one column.
      let shapes = [(0, 5), (3, 0), (1, 1), (1, 20_011), (3, 5_003), (2, 4_096), (1_501, 11), (130, 129), (9_000, 1)]
      for (rows, columns) in shapes {
        let (values, addends) = (random.awkwardFloats(rows * columns), random.floats(columns))
        for dtype in KernelTests.dtypes {
          let (x, y) = (Tensor(dtype, values), Tensor(dtype, addends))
          let row = y.floats
          let expected = x.floats.enumerated().map { Tensor.rounded($1 + row[$0 % columns], to: dtype) }
          KernelTests.onEveryKernelSet { isa, threads in
            var (z, inPlace) = (Tensor(dtype, count: x.count), x)
            amp_add_broadcast(threads, dtype, x.bytes, y.bytes, &z.bytes, rows, columns)
            inPlace.bytes.withUnsafeMutableBytes {
              amp_add_broadcast(threads, dtype, $0.baseAddress, y.bytes, $0.baseAddress, rows, columns)
            }
            for found in [z, inPlace] {
              #expect(firstDifference(found.floats, expected) == nil, "\(isa) \(threads) \(rows)x\(columns) \(dtype)")
              #expect(found.isGuardIntact)
            }
          }
        }
      }
    }

    @Test("Gradients of several batches add up in fp32; the first one does not read the accumulator")
    func accumulate() {
      var random = Randomness(seed: 35)
      for size in KernelTests.sizes {
        let batches = (0..<3).map { _ in random.awkwardFloats(size) }
        for dtype in KernelTests.dtypes {
          let gradients = batches.map { Tensor(dtype, $0) }
          var expected = gradients[0].floats
          for gradient in gradients.dropFirst() { expected = zip(expected, gradient.floats).map { $0 + $1 } }
          KernelTests.onEveryKernelSet { isa, threads in
            var accumulator = Tensor(AMP_F32, Array(repeating: .nan, count: size))
            for (index, gradient) in gradients.enumerated() {
              accumulator.bytes.withUnsafeMutableBytes {
                amp_accumulate(
                  threads, dtype, gradient.bytes, $0.assumingMemoryBound(to: Float.self).baseAddress, size, index == 0)
              }
            }
            #expect(firstDifference(accumulator.floats, expected) == nil, "\(isa) \(threads) \(size) \(dtype)")
            #expect(accumulator.isGuardIntact)
          }
        }
      }
    }
  }
}

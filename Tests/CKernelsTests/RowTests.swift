import CKernels
import Testing

extension KernelTests {
  @Suite("Moves of rows")
  struct Rows {
    @Test("Rows of bytes go where the strides say, and nothing between them is written")
    func copyRows() {
      // (rows, bytes, gap in src, gap in dst): dense on both sides, a slice, a concatenation, one byte, long rows cut
      // among threads.
      let shapes = [
        (0, 8, 0, 0), (3, 0, 4, 4), (1, 1, 0, 0), (7, 12, 0, 0), (5, 6, 10, 0), (5, 6, 0, 10), (300, 1, 2, 3),
        (2, 100_003, 5, 7), (1, 70_000, 0, 0), (999, 130, 2, 6),
      ]
      for (rows, bytes, srcGap, dstGap) in shapes {
        let src = (0..<rows * (bytes + srcGap)).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        for stride in [bytes + srcGap, 0] {
          var expected = [UInt8](repeating: 0xA5, count: rows * (bytes + dstGap) + 1)
          for row in 0..<rows {
            for byte in 0..<bytes { expected[row * (bytes + dstGap) + byte] = src[row * stride + byte] }
          }
          for threads: Int32 in [1, 2, 3] {
            var dst = [UInt8](repeating: 0xA5, count: expected.count)
            amp_copy_rows(threads, src, stride, &dst, bytes + dstGap, rows, bytes)
            #expect(dst == expected, "\(threads) \(rows)x\(bytes) stride \(stride) gap \(dstGap)")
          }
        }
      }
    }

    @Test("Zeros fill every byte, and no more")
    func fillZero() {
      for size in KernelTests.sizes + [100_001] {
        for threads: Int32 in [1, 2, 3] {
          let expected = [UInt8](repeating: 0, count: size) + [UInt8](repeating: 0xA5, count: 8)
          var dst = [UInt8](repeating: 0xA5, count: size + 8)
          amp_fill_zero(threads, &dst, size)
          #expect(dst == expected, "\(threads) \(size)")
        }
      }
    }

    /// A table, or a batch of them, and picks from it.
    struct Selection {
      let (batch, rows, picks, columns): (Int, Int, Int, Int)
      let indices: [Int64]

      /// Where pick `pick` of all stands in x, or nil where its index is out of range.
      func row(of pick: Int) -> Int? {
        let index = indices[pick]
        return (0..<Int64(rows)).contains(index) ? pick / picks * rows + Int(index) : nil
      }

      /// Indices of the shapes below, some of them out of range on either side.
      static func all(_ random: inout Randomness) -> [Selection] {
        let shapes = [
          (0, 3, 2, 4), (1, 1, 1, 1), (1, 5, 0, 3), (1, 7, 40, 17), (3, 6, 4, 5), (1, 50, 300, 100), (2, 33, 70, 130),
          (9, 40, 30, 16), (1, 3, 20_000, 2), (1, 12_000, 5, 3),
        ]
        return shapes.map { batch, rows, picks, columns in
          let indices = (0..<batch * picks).map { pick -> Int64 in
            switch pick % 11 {
            case 3: [Int64(rows), -1, .max, .min][pick / 11 % 4]
            default: .random(in: 0..<Int64(rows), using: &random)
            }
          }
          return Selection(batch: batch, rows: rows, picks: picks, columns: columns, indices: indices)
        }
      }
    }

    @Test("Gathered rows keep their bits; an index out of range gives a row of NaN")
    func gather() {
      var random = Randomness(seed: 36)
      for selection in Selection.all(&random) {
        let (picks, columns) = (selection.batch * selection.picks, selection.columns)
        let values = random.awkwardFloats(selection.batch * selection.rows * columns)
        for dtype in KernelTests.dtypes {
          let x = Tensor(dtype, values)
          let patterns = x.patterns
          for threads: Int32 in [1, 2, 3] {
            var y = Tensor(dtype, count: picks * columns)
            amp_gather_rows(
              threads, dtype, x.bytes, selection.indices, &y.bytes, selection.batch, selection.rows, selection.picks,
              columns)
            #expect(y.isGuardIntact)
            let (found, foundValues) = (y.patterns, y.floats)
            for pick in 0..<picks {
              let place = pick * columns..<(pick + 1) * columns
              if let row = selection.row(of: pick) {
                #expect(found[place] == patterns[row * columns..<(row + 1) * columns], "\(threads) \(dtype) \(pick)")
              } else {
                #expect(foundValues[place].allSatisfy { $0.isNaN }, "\(threads) \(dtype) \(pick)")
              }
            }
          }
        }
      }
    }

    static func scatter(_ dy: Tensor, _ selection: Selection, threads: Int32) -> Tensor {
      let (batch, rows, picks, columns) = (selection.batch, selection.rows, selection.picks, selection.columns)
      var dx = Tensor(dy.dtype, count: batch * rows * columns)
      let bytes = amp_scatter_add_rows_scratch(threads, dy.dtype, batch, rows, picks, columns)
      var scratch = [UInt8](repeating: 0xFF, count: bytes + Tensor.guardCount)
      amp_scatter_add_rows(
        threads, dy.dtype, dy.bytes, selection.indices, &dx.bytes, batch, rows, picks, columns, &scratch)
      #expect(dx.isGuardIntact)
      #expect(scratch.suffix(Tensor.guardCount).allSatisfy { $0 == 0xFF }, "scratch is larger than announced")
      return dx
    }

    @Test("Scattered gradients add up in fp32 in the order of the picks and round once, the same bits everywhere")
    func scatterAdd() {
      var random = Randomness(seed: 37)
      for selection in Selection.all(&random) {
        let gradients = random.floats(selection.batch * selection.picks * selection.columns)
        for dtype in KernelTests.dtypes {
          let dy = Tensor(dtype, gradients)
          var sums = [Float](repeating: 0, count: selection.batch * selection.rows * selection.columns)
          for (index, value) in dy.floats.enumerated() {
            let (pick, column) = (index / selection.columns, index % selection.columns)
            if let row = selection.row(of: pick) { sums[row * selection.columns + column] += value }
          }
          let expected = sums.map { Tensor.pattern(of: $0, in: dtype) }
          KernelTests.onEveryKernelSet { isa, threads in
            let dx = Rows.scatter(dy, selection, threads: threads)
            #expect(dx.patterns == expected, "\(isa) \(threads) \(dtype) \(selection.rows)x\(selection.columns)")
          }
        }
      }
    }

    @Test("NaN and infinity reach the row they are scattered to and no other")
    func scatterNonFinite() {
      let selection = Selection(batch: 1, rows: 4, picks: 5, columns: 19, indices: [2, 0, 2, 7, 3])
      for culprit: Float in [.nan, .infinity] {
        var gradients = [Float](repeating: 1, count: 5 * 19)
        gradients[2 * 19 + 18] = culprit
        gradients[3 * 19] = .nan
        for dtype in KernelTests.dtypes {
          let dy = Tensor(dtype, gradients)
          KernelTests.onEveryKernelSet { isa, threads in
            let dx = Rows.scatter(dy, selection, threads: threads).floats
            #expect(dx.indices.filter { !dx[$0].isFinite } == [2 * 19 + 18], "\(isa) \(threads) \(dtype) \(culprit)")
            #expect(dx[18] == 1 && dx[19] == 0 && dx[2 * 19] == 2, "\(isa) \(threads) \(dtype)")
          }
        }
      }
    }
  }
}

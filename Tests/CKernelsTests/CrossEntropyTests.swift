import CKernels
import Foundation
import Testing

extension KernelTests {
  @Suite("Cross-entropy")
  struct CrossEntropy {
    /// Rows and classes.
    ///
    /// Few classes are computed by other code than many: every count up to the width of a vector and past
    /// it, around the limit, and rows that fill vectors of 16 up to every lane.
    static let shapes =
      [(1, 1), (3, 2), (128, 10), (5, 16), (7, 17), (40, 1000), (33, 63), (31, 64), (33, 65)]
      + (1...17).map { (16 * ($0 % 3) + $0, $0) }

    static func softmax(_ row: ArraySlice<Float>) -> [Double] {
      let largest = Double(row.max() ?? 0)
      let powers = row.map { exp(Double($0) - largest) }
      let sum = powers.reduce(0, +)
      return powers.map { $0 / sum }
    }

    static func loss(_ logits: [Float], _ labels: [Int64], classes: Int, threads: Int32) -> (mean: Float, rows: [Float])
    {
      var (mean, alone) = (Float.nan, Float.nan)
      var rows = [Float](repeating: .nan, count: labels.count)
      amp_cross_entropy(threads, logits, labels, &mean, &rows, labels.count, classes)
      amp_cross_entropy(threads, logits, labels, &alone, nil, labels.count, classes)
      #expect(mean.bitPattern == alone.bitPattern || (mean.isNaN && alone.isNaN), "the row losses change the mean")
      let inOrder = Float(rows.reduce(0) { $0 + Double($1) } / Double(rows.count))
      #expect(mean.bitPattern == inOrder.bitPattern || mean.isNaN, "the mean is not the sum in the order of the rows")
      return (mean, rows)
    }

    @Test("Loss and gradient of any number of classes, small and huge logits")
    func values() {
      var random = Randomness(seed: 15)
      for (n, classes) in CrossEntropy.shapes {
        for scale: Float in [1, 30, 1e4] {
          let logits = random.floats(n * classes).map { $0 * scale }
          let labels = (0..<n).map { _ in Int64.random(in: 0..<Int64(classes), using: &random) }
          let seed: Float = 65536
          var (losses, gradient): ([Double], [Double]) = ([], [])
          for (row, label) in labels.enumerated() {
            let slice = logits[row * classes..<(row + 1) * classes]
            let largest = Double(slice.max() ?? 0)
            let sum = slice.reduce(0.0) { $0 + exp(Double($1) - largest) }
            losses.append(log(sum) + largest - Double(logits[row * classes + Int(label)]))
            gradient += CrossEntropy.softmax(slice).enumerated().map {
              ($1 - ($0 == Int(label) ? 1 : 0)) * Double(seed) / Double(n)
            }
          }
          let mean = losses.reduce(0, +) / Double(n)
          KernelTests.onEveryKernelSet { isa, threads in
            let place = "\(isa) \(threads) \(n)x\(classes) scale \(scale)"
            let found = CrossEntropy.loss(logits, labels, classes: classes, threads: threads)
            // The sum of exponentials carries about 1 ulp each and log turns a relative error into an absolute one; the
            // sum of 1000 in 16 strands adds the rest.
            let absolute = 64 * 0x1p-24
            #expect(firstDifference(found.rows, losses, relative: 0x1p-23, absolute: absolute) == nil, "\(place)")
            #expect(firstDifference([found.mean], [mean], relative: 0x1p-22, absolute: absolute) == nil, "\(place)")
            var dlogits = [Float](repeating: .nan, count: logits.count)
            amp_cross_entropy_backward(threads, logits, labels, seed, &dlogits, n, classes)
            let unit = Double(seed) / Double(n) * absolute
            #expect(firstDifference(dlogits, gradient, relative: 0x1p-21, absolute: unit) == nil, "\(place)")
          }
        }
      }
    }

    @Test("A row has the same bits whatever its neighbours, the number of threads and the place for the row losses")
    func independence() {
      var random = Randomness(seed: 17)
      for (n, classes) in [(20_011, 4), (1021, 17), (1021, 64), (257, 65)] {
        let logits = random.floats(n * classes)
        let labels = (0..<n).map { _ in Int64.random(in: 0..<Int64(classes), using: &random) }
        var expected: (losses: [Float], gradient: [Float], mean: Float, isa: amp_isa)?
        KernelTests.onEveryKernelSet { isa, threads in
          let found = CrossEntropy.loss(logits, labels, classes: classes, threads: threads)
          var gradient = [Float](repeating: .nan, count: logits.count)
          amp_cross_entropy_backward(threads, logits, labels, 1, &gradient, n, classes)
          if let expected, expected.isa == isa {
            let place = "\(isa) \(threads) \(n)x\(classes)"
            #expect(firstDifference(found.rows, expected.losses) == nil, "\(place)")
            #expect(firstDifference(gradient, expected.gradient) == nil, "\(place)")
            #expect(found.mean.bitPattern == expected.mean.bitPattern, "\(place)")
          } else {
            expected = (found.rows, gradient, found.mean, isa)
          }
          for row in [0, 3, 15, 16, n / 2, n - 1] {
            let alone = Array(logits[row * classes..<(row + 1) * classes])
            let loss = CrossEntropy.loss(alone, [labels[row]], classes: classes, threads: threads)
            #expect(loss.rows[0].bitPattern == found.rows[row].bitPattern, "\(isa) \(threads) row \(row)")
          }
        }
      }
    }

    @Test("The gradient may be written over the logits")
    func inPlace() {
      var random = Randomness(seed: 18)
      for (n, classes) in CrossEntropy.shapes {
        let logits = random.floats(n * classes)
        let labels = (0..<n).map { _ in Int64.random(in: -1...Int64(classes), using: &random) }
        KernelTests.onEveryKernelSet { isa, threads in
          var apart = [Float](repeating: .nan, count: logits.count)
          amp_cross_entropy_backward(threads, logits, labels, 1024, &apart, n, classes)
          var over = logits + [0.5]
          over.withUnsafeMutableBufferPointer {
            amp_cross_entropy_backward(
              threads, UnsafePointer($0.baseAddress), labels, 1024, $0.baseAddress, n, classes)
          }
          #expect(over.last == 0.5)
          #expect(firstDifference(Array(over.dropLast()), apart) == nil, "\(isa) \(threads) \(n)x\(classes)")
        }
      }
    }

    @Test("Infinite and NaN logits, and labels out of range")
    func nonFinite() {
      let cases: [(row: [Float], label: Int64, loss: Float)] = [
        ([1, .infinity, 0], 0, .nan), ([1, .nan, 0], 0, .nan), ([0, -.infinity, -.infinity], 0, 0),
        ([0, -.infinity, 1], 1, .infinity), ([-.infinity, -.infinity, -.infinity], 0, .nan), ([1, 2, 3], 3, .nan),
        ([1, 2, 3], -1, .nan), ([1, 2, 3], 1 << 32, .nan),
      ]
      for (row, label, loss) in cases {
        KernelTests.onEveryKernelSet { isa, threads in
          let found = CrossEntropy.loss(row, [label], classes: 3, threads: threads)
          #expect(firstDifference(found.rows, [loss]) == nil, "\(isa) \(row) \(label)")
          #expect(firstDifference([found.mean], [loss]) == nil, "\(isa) \(row) \(label)")
          var gradient: [Float] = [0, 0, 0]
          amp_cross_entropy_backward(threads, row, [label], 1, &gradient, 1, 3)
          #expect(gradient.allSatisfy { $0.isNaN == loss.isNaN }, "\(isa) \(row) \(label)")
          // Among rows that are finite, which stay so.
          let rows = Array(repeating: [Float](arrayLiteral: 0, 1, 2), count: 40).flatMap { $0 } + row
          let among = CrossEntropy.loss(rows, Array(repeating: 1, count: 40) + [label], classes: 3, threads: threads)
          #expect(among.rows.prefix(40).allSatisfy { $0.isFinite }, "\(isa) \(row) \(label)")
          #expect(firstDifference(Array(among.rows.suffix(1)), [loss]) == nil, "\(isa) \(row) \(label)")
        }
      }
    }

    @Test("argmax gives the first of the largest, and -1 for a row with a NaN")
    func argmax() {
      var random = Randomness(seed: 16)
      for (n, classes) in CrossEntropy.shapes + [(2000, 10)] {
        var logits = random.floats(n * classes).map { ($0 * 4).rounded() }
        if n > 2 { logits[classes + classes / 2] = .nan }
        if n > 4 { for index in 2 * classes..<3 * classes { logits[index] = -.infinity } }
        let expected = (0..<n).map { row -> Int64 in
          let slice = Array(logits[row * classes..<(row + 1) * classes])
          guard !slice.contains(where: \.isNaN), let largest = slice.max() else { return -1 }
          return Int64(slice.firstIndex(of: largest) ?? -1)
        }
        KernelTests.onEveryKernelSet { isa, threads in
          var found = [Int64](repeating: -7, count: n)
          amp_argmax(threads, logits, &found, n, classes)
          #expect(found == expected, "\(isa) \(threads) \(n)x\(classes)")
        }
      }
    }
  }
}

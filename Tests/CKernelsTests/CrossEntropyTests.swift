import CKernels
import Foundation
import Testing

extension KernelTests {
  @Suite("Cross-entropy")
  struct CrossEntropy {
    static let shapes = [(1, 1), (3, 2), (128, 10), (5, 16), (7, 17), (40, 1000)]

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

    @Test("Infinite and NaN logits, and labels out of range")
    func nonFinite() {
      let cases: [(row: [Float], label: Int64, loss: Float)] = [
        ([1, .infinity, 0], 0, .nan), ([1, .nan, 0], 0, .nan), ([0, -.infinity, -.infinity], 0, 0),
        ([0, -.infinity, 1], 1, .infinity), ([-.infinity, -.infinity, -.infinity], 0, .nan), ([1, 2, 3], 3, .nan),
        ([1, 2, 3], -1, .nan),
      ]
      for (row, label, loss) in cases {
        KernelTests.onEveryKernelSet { isa, threads in
          let found = CrossEntropy.loss(row, [label], classes: 3, threads: threads)
          #expect(firstDifference(found.rows, [loss]) == nil, "\(isa) \(row) \(label)")
          #expect(firstDifference([found.mean], [loss]) == nil, "\(isa) \(row) \(label)")
          var gradient: [Float] = [0, 0, 0]
          amp_cross_entropy_backward(threads, row, [label], 1, &gradient, 1, 3)
          #expect(gradient.allSatisfy { $0.isNaN == loss.isNaN }, "\(isa) \(row) \(label)")
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

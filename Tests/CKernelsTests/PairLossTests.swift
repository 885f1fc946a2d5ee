import CKernels
import Foundation
import Testing

extension KernelTests {
  @Suite("Losses of pairs")
  struct PairLosses {
    typealias Forward =
      @Sendable (Int32, UnsafePointer<Float>?, UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int) -> Void
    typealias Backward =
      @Sendable (Int32, UnsafePointer<Float>?, UnsafePointer<Float>?, Float, UnsafeMutablePointer<Float>?, Int) -> Void

    /// A loss with its values in Double, by the formulas that the header names.
    struct Loss: Sendable {
      let name: String
      let forward: Forward
      let backward: Backward
      let value: @Sendable (_ x: Double, _ target: Double) -> Double
      let slope: @Sendable (_ x: Double, _ target: Double) -> Double
      let inputs: ClosedRange<Float>
      /// What the fp32 computation of one loss, and of its slope, may be off by, as a part of their size.
      let relative: Double
      /// The same as a number: what cancels inside.
      let absolute: Double
    }

    static let all = [
      // max(x, 0) - x * t cancels: two roundings of numbers up to 30, three of the logarithm of numbers up to 2. The
      // slope is a difference of numbers up to one.
      Loss(
        name: "bce_with_logits", forward: amp_bce_with_logits, backward: amp_bce_with_logits_backward,
        value: { max($0, 0) - $0 * $1 + log1p(exp(-abs($0))) }, slope: { 1 / (1 + exp(-$0)) - $1 }, inputs: -30...30,
        relative: 4 * 0x1p-24, absolute: 2 * 30 * 0x1p-24),
      // Logarithms within 2 units in the last place, and the products. In the slope only p - t cancels, exactly.
      Loss(
        name: "bce", forward: amp_bce, backward: amp_bce_backward,
        value: { ($1 - 1) * max(log1p(-$0), -100) - $1 * max(log($0), -100) },
        slope: { ($0 - $1) / max((1 - $0) * $0, 1e-12) }, inputs: 0...1, relative: 8 * 0x1p-24, absolute: 0),
      Loss(
        name: "mse", forward: amp_mse, backward: amp_mse_backward, value: { ($0 - $1) * ($0 - $1) },
        slope: { 2 * ($0 - $1) }, inputs: -4...4, relative: 4 * 0x1p-24, absolute: 0),
    ]

    static func mean(_ loss: Loss, _ x: [Float], _ targets: [Float], threads: Int32) -> Float {
      var result: Float = -7
      loss.forward(threads, x, targets, &result, x.count)
      return result
    }

    /// The gradient, written over x.
    static func gradient(_ loss: Loss, _ x: [Float], _ targets: [Float], seed: Float, threads: Int32) -> [Float] {
      var dx = x + [0.5]
      dx.withUnsafeMutableBufferPointer {
        loss.backward(threads, UnsafePointer($0.baseAddress), targets, seed, $0.baseAddress, x.count)
      }
      #expect(dx.last == 0.5)
      return Array(dx.dropLast())
    }

    @Test("Means and gradients follow torch's formulas for every length, the same bits every time", arguments: all)
    func values(_ loss: Loss) {
      var random = Randomness(seed: 47)
      for size in KernelTests.sizes where size > 0 {
        var x = random.floats(size, in: loss.inputs)
        let targets = (0..<size).map { index -> Float in
          index % 3 == 0 ? .random(in: 0...1, using: &random) : Float(index % 2)
        }
        // Small and large probabilities, and their ends, where the logarithm is bounded.
        if loss.name == "bce" {
          let edges: [Float] = [0, 1, 0x1p-140, 0x1p-30, 1 - 0x1p-24, 1 - 0x1p-20, 1e-12, 0.5]
          for index in stride(from: 1, to: size, by: 5) { x[index] = edges[index / 5 % edges.count] }
        }
        let losses = zip(x, targets).map { loss.value(Double($0), Double($1)) }
        let expected = losses.reduce(0, +) / Double(size)
        let seed: Float = 65536
        let slopes = zip(x, targets).map { loss.slope(Double($0), Double($1)) * Double(seed) / Double(size) }
        KernelTests.onEveryKernelSet { isa, threads in
          let place = "\(isa) \(threads) \(size)"
          let found = PairLosses.mean(loss, x, targets, threads: threads)
          // The mean is stored in fp32.
          let relative = loss.relative + 0x1p-24
          #expect(
            firstDifference([found], [expected], relative: relative, absolute: loss.absolute) == nil, "\(place)")
          #expect(PairLosses.mean(loss, x, targets, threads: threads).bitPattern == found.bitPattern, "\(place)")
          let gradient = PairLosses.gradient(loss, x, targets, seed: seed, threads: threads)
          let unit = Double(seed) / Double(size) * 4 * 0x1p-24
          #expect(
            firstDifference(
              gradient, slopes, relative: loss.relative, absolute: loss.name == "bce_with_logits" ? unit : 0) == nil,
            "\(place)")
        }
      }
    }

    @Test(
      "Every logarithm is accurate alone: single pairs from the smallest probability to the largest", arguments: all)
    func singlePairs(_ loss: Loss) {
      let points: [Float] =
        loss.name == "bce"
        ? stride(from: UInt32(1), to: Float(1).bitPattern, by: 4_000_037).map(Float.init(bitPattern:))
        : (-400...400).map { Float($0) / 4 }
      KernelTests.onEveryKernelSet(threads: [1]) { isa, threads in
        for point in points {
          for target: Float in [0, 1] {
            let found = PairLosses.mean(loss, [point], [target], threads: threads)
            let expected = loss.value(Double(point), Double(target))
            // With a target of 0 or 1 nothing cancels; subnormal results have fewer places.
            let difference = firstDifference(
              [found], [expected], relative: loss.relative + 0x1p-24, absolute: 0x1p-148)
            #expect(difference == nil, "\(isa) \(loss.name)(\(point), \(target))")
          }
        }
      }
    }

    @Test("NaN reaches the mean and its own gradient; a probability outside 0...1 is NaN", arguments: all)
    func nonFinite(_ loss: Loss) {
      for size in [1, 17, 40] {
        for place in [0, size / 2, size - 1] {
          KernelTests.onEveryKernelSet { isa, threads in
            var x = [Float](repeating: 0.5, count: size)
            let targets = x
            x[place] = .nan
            #expect(PairLosses.mean(loss, x, targets, threads: threads).isNaN, "\(isa) \(size) \(place)")
            let gradient = PairLosses.gradient(loss, x, targets, seed: 1, threads: threads)
            #expect(gradient.map(\.isNaN) == (0..<size).map { $0 == place }, "\(isa) \(size) \(place)")
            for outside: Float in [-0.25, 1.25, .infinity] where loss.name == "bce" {
              x[place] = outside
              #expect(PairLosses.mean(loss, x, targets, threads: threads).isNaN, "\(isa) \(size) \(outside)")
            }
            x[place] = .infinity
            #expect(!PairLosses.mean(loss, x, targets, threads: threads).isFinite, "\(isa) \(size) \(place)")
          }
        }
      }
    }

    @Test("The gradient of the mean square error is the same bits in every kernel set")
    func sameBits() {
      var random = Randomness(seed: 48)
      let (x, targets) = (random.awkwardFloats(16_411), random.floats(16_411))
      var first: [Float]?
      KernelTests.onEveryKernelSet { isa, threads in
        let gradient = PairLosses.gradient(PairLosses.all[2], x, targets, seed: 3, threads: threads)
        #expect(firstDifference(gradient, first ?? gradient) == nil, "\(isa) \(threads)")
        first = first ?? gradient
      }
    }
  }
}

import CKernels
import Foundation
import Testing

extension KernelTests {
  @Suite("Attention")
  struct Attention {
    struct Shape {
      var heads: Int
      var queries: Int
      var keys: Int
      var causal: Bool
      /// Rows and matrices reach further than their elements, to multiples of this.
      var granule = 1

      /// Elements between rows of keys, and rows of a head, in the forward pass.
      var stride: Int { padded(keys) }
      /// The same of rows of queries, in the backward pass.
      var gradientStride: Int { padded(queries) }
      var gradientRows: Int { padded(keys) }

      func padded(_ count: Int) -> Int { (count + granule - 1) / granule * granule }
      var count: Int { heads * queries * stride }
      var gradientCount: Int { heads * gradientRows * gradientStride }
      func visible(_ row: Int) -> Int { causal ? min(row % queries + 1, keys) : keys }

      /// Where the backward pass has what the forward pass has at `place`; nil beyond the keys.
      func gradientPlace(_ place: Int) -> Int? {
        let (row, key) = (place / stride, place % stride)
        return key < keys ? (row / queries * gradientRows + key) * gradientStride + row % queries : nil
      }

      func attention(rounding: amp_dtype, stored: amp_dtype, isGradient: Bool) -> amp_attention {
        amp_attention(
          heads: heads, queries: queries, keys: keys, stride: isGradient ? gradientStride : stride,
          rows: gradientRows, scale: scale, causal: causal, rounding: rounding, p_dtype: stored)
      }
    }

    /// One key, fewer queries than keys and the reverse, tails of every kind, all tiles, rows of several kilobytes, enough
    /// work for three threads.
    static let shapes =
      [(0, 2, 3), (1, 1, 1), (3, 5, 7), (2, 17, 17), (2, 33, 9), (2, 9, 70), (1, 3, 333)].flatMap { shape in
        [(false, 1), (true, 1), (false, 16), (true, 16)].map {
          Shape(heads: shape.0, queries: shape.1, keys: shape.2, causal: $0, granule: $1)
        }
      } + [
        Shape(heads: 4, queries: 56, keys: 56, causal: true),
        Shape(heads: 2, queries: 67, keys: 67, causal: true, granule: 4),
        Shape(heads: 1, queries: 2, keys: 4100, causal: false),
      ]

    /// The formats that probabilities are rounded to and stored in.
    static let formats = [
      (AMP_F32, AMP_F32), (AMP_F16, AMP_F16), (AMP_F16, AMP_F32), (AMP_BF16, AMP_BF16), (AMP_BF16, AMP_F32),
    ]

    static let scale: Float = 0.1767767

    /// Softmax in Double, not rounded; zeros beyond what a query sees, up to the end of the row.
    struct Reference {
      var p: [Double] = []
      var logsumexp: [Double] = []

      init(_ scores: [Float], _ shape: Shape) {
        for row in 0..<shape.heads * shape.queries {
          let visible = scores[row * shape.stride..<row * shape.stride + shape.visible(row)].map {
            Double($0) * Double(scale)
          }
          let largest = visible.max() ?? 0
          let sum = visible.reduce(0) { $0 + exp($1 - largest) }
          p += visible.map { exp($0 - largest) / sum }
          p += Array(repeating: 0, count: shape.stride - visible.count)
          logsumexp.append(largest + log(sum))
        }
      }
    }

    /// What a softmax wrote; over the scores themselves where `inPlace`.
    static func softmax(
      _ scores: Tensor, _ shape: Shape, rounding: amp_dtype, stored: amp_dtype, threads: Int32, inPlace: Bool = false
    ) -> (p: Tensor, logsumexp: [Float]) {
      var (p, matrix) = (Tensor(stored, count: shape.count), scores)
      var logsumexp = [Float](repeating: -7, count: shape.heads * shape.queries + 1)
      var attention = shape.attention(rounding: rounding, stored: stored, isGradient: false)
      p.bytes.withUnsafeMutableBytes { target in
        matrix.bytes.withUnsafeMutableBytes { source in
          amp_attention_softmax(
            threads, &attention, source.assumingMemoryBound(to: Float.self).baseAddress,
            inPlace ? source.baseAddress : target.baseAddress, &logsumexp)
        }
      }
      #expect(logsumexp.removeLast() == -7)
      #expect(matrix.isGuardIntact)
      if inPlace { p = matrix }
      #expect(p.isGuardIntact)
      return (p, logsumexp)
    }

    /// The relative error of the exponential of a number up to `largest` in magnitude that was computed in fp32: half an
    /// ulp each for the scaled score, its difference from another one, and about 1 ulp of the exponential itself.
    static func exponentialError(_ largest: Double) -> Double { (2 * largest + 3) * 0x1p-24 }

    @Test("Probabilities are rounded once, keys beyond the query exact zeros", arguments: shapes.indices)
    func softmax(_ index: Int) {
      let shape = Attention.shapes[index]
      var random = Randomness(seed: 49)
      for spread: Float in shape.count > 10_000 ? [4] : [4, 300] {
        var values = random.floats(shape.count).map { $0 / 4 * spread }
        // What a query does not see may be anything.
        for place in values.indices where place % shape.stride >= shape.visible(place / shape.stride) {
          values[place] = [.nan, .infinity, 1e30][place % 3]
        }
        let scores = Tensor(AMP_F32, values)
        let reference = Reference(values, shape)
        let size = Double(spread * Attention.scale)
        for (rounding, stored) in Attention.formats {
          var ofOneThread: [UInt32] = []
          KernelTests.onEveryKernelSet { isa, threads in
            let place = "\(isa) \(threads) \(shape) \(rounding) in \(stored)"
            let found = Attention.softmax(scores, shape, rounding: rounding, stored: stored, threads: threads)
            let (floats, patterns) = (found.p.floats, found.p.patterns)
            // Numerator and sum, and the chain of additions of 333 keys in 8 lanes or more.
            let relative = 2 * Attention.exponentialError(2 * size) + 24 * 0x1p-24
            let difference = firstDifference(
              floats, reference.p, relative: unit(of: rounding) / 2 + relative,
              absolute: smallestError(of: rounding) * 1.01 + 0x1p-126)
            #expect(difference == nil, "\(place)")
            #expect(floats == floats.map { Tensor.rounded($0, to: rounding) }, "\(place)")
            #expect(!zip(patterns, reference.p).contains { $1 == 0 && $0 != 0 }, "\(place)")
            #expect(
              firstDifference(
                found.logsumexp, reference.logsumexp, relative: 0x1p-23, absolute: (4 * size + 24) * 0x1p-24) == nil,
              "\(place)")
            if threads == 1 { ofOneThread = patterns }
            #expect(patterns == ofOneThread, "\(place)")
            if stored == AMP_F32 {
              let inPlace = Attention.softmax(
                scores, shape, rounding: rounding, stored: stored, threads: threads, inPlace: true)
              #expect(inPlace.p.patterns == ofOneThread && inPlace.logsumexp == found.logsumexp, "\(place)")
            }
          }
        }
      }
    }

    @Test("NaN, infinity and nothing but -infinity make a row NaN; a single -infinity is a zero")
    func nonFinite() {
      let shape = Shape(heads: 1, queries: 2, keys: 20, causal: false)
      let rows: [(values: [Int: Float], isBad: Bool)] = [
        ([3: .nan], true), ([19: .nan], true), ([0: .infinity], true), ([17: -.infinity], false),
        (Dictionary(uniqueKeysWithValues: (0..<20).map { ($0, -.infinity) }), true),
      ]
      for (row, isBad) in rows {
        var values = [Float](repeating: 1, count: 40)
        for (key, value) in row { values[20 + key] = value }
        let scores = Tensor(AMP_F32, values)
        for (rounding, stored) in Attention.formats {
          KernelTests.onEveryKernelSet { isa, threads in
            let found = Attention.softmax(scores, shape, rounding: rounding, stored: stored, threads: threads)
            let p = found.p.floats
            #expect(p.map(\.isNaN) == (0..<40).map { $0 >= 20 && isBad }, "\(isa) \(row) \(rounding)")
            #expect(found.logsumexp.map(\.isNaN) == [false, isBad], "\(isa) \(row) \(rounding)")
            if !isBad { #expect(p[37] == 0 && p[36] > 0, "\(isa) \(rounding)") }
          }
        }
      }
    }

    @Test("Heads are gathered from packed rows, across samples, zeros beyond, and scattered to where they were")
    func heads() {
      var random = Randomness(seed: 52)
      for (samples, heads, length, size) in [(1, 1, 1, 1), (2, 3, 5, 7), (3, 2, 9, 16), (2, 4, 40, 33)] {
        // The second of three parts, as k lies in packed qkv.
        let (channels, count) = (heads * size, samples * heads)
        let rows = length + samples - 1
        let layout = amp_heads(
          heads: heads, length: length, head_size: size, row_stride: 3 * channels, dense_length: rows)
        let values = random.floats(samples * length * 3 * channels)
        for (from, to) in [(AMP_F32, AMP_F32), (AMP_F16, AMP_F32), (AMP_BF16, AMP_BF16), (AMP_F32, AMP_BF16)] {
          let packed = Tensor(from, values)
          let floats = packed.floats
          func place(_ head: Int, _ row: Int, _ column: Int) -> Int {
            (head / heads * length + row) * 3 * channels + channels + head % heads * size + column
          }
          for first in [0, count / 2] {
            let some = count - first
            let expected = (0..<some * rows * size).map { index in
              let row = index / size % rows
              return row < length ? floats[place(first + index / (rows * size), row, index % size)] : 0
            }
            KernelTests.onEveryKernelSet { isa, threads in
              var dense = Tensor(to, count: some * rows * size)
              var back = Tensor(from, count: values.count)
              withUnsafePointer(to: layout) { layout in
                packed.bytes.withUnsafeBytes {
                  guard let source = $0.baseAddress else { return }
                  let part = source + channels * Tensor.size(of: from)
                  dense.bytes.withUnsafeMutableBytes {
                    amp_gather_heads(threads, from, part, layout, to, $0.baseAddress, first, some)
                  }
                }
                dense.bytes.withUnsafeBytes { dense in
                  back.bytes.withUnsafeMutableBytes {
                    guard let target = $0.baseAddress else { return }
                    let part = target + channels * Tensor.size(of: from)
                    amp_scatter_heads(threads, to, dense.baseAddress, from, part, layout, first, some)
                  }
                }
              }
              #expect(dense.isGuardIntact && back.isGuardIntact)
              #expect(dense.floats == expected.map { Tensor.rounded($0, to: to) }, "\(isa) \(from) to \(to)")
              var wanted = Tensor(from, count: values.count).floats
              for (index, value) in dense.floats.enumerated() where index / size % rows < length {
                wanted[place(first + index / (rows * size), index / size % rows, index % size)] = value
              }
              let found = back.floats
              #expect(zip(found, wanted).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }, "\(isa) \(from) to \(to)")
            }
          }
        }
      }
    }

    @Test("Delta is the sum of do * o over the columns of every head, across samples")
    func delta() {
      var random = Randomness(seed: 50)
      let cases = [
        (1, 0, 2, 3), (1, 1, 1, 1), (2, 5, 3, 7), (1, 33, 2, 16), (3, 9, 4, 33), (2, 100, 4, 32), (1, 3, 1, 300),
      ]
      for (samples, length, heads, size) in cases {
        // Rows reach beyond the heads.
        let (stride, count) = (heads * size + 5, samples * heads)
        let layout = amp_heads(
          heads: heads, length: length, head_size: size, row_stride: stride, dense_length: length)
        let elements = samples * length * stride
        let (gradients, outputs) = (random.floats(elements), random.floats(elements))
        for dtype in KernelTests.dtypes {
          let (dO, o) = (Tensor(dtype, gradients), Tensor(dtype, outputs))
          let products = zip(dO.floats, o.floats).map { Double($0) * Double($1) }
          let magnitudes = products.map(\.magnitude).max() ?? 0
          for first in [0, count / 2] {
            let expected = (first..<count).flatMap { head in
              (0..<length).map { row in
                let place = (head / heads * length + row) * stride + head % heads * size
                return products[place..<place + size].reduce(0, +)
              }
            }
            KernelTests.onEveryKernelSet { isa, threads in
              var delta = [Float](repeating: -7, count: expected.count + 1)
              withUnsafePointer(to: layout) {
                amp_attention_delta(threads, dtype, dO.bytes, o.bytes, $0, &delta, first, count - first)
              }
              // At most size / 32 + 5 additions of terms, half an ulp of all magnitudes each.
              let absolute = Double(size / 32 + 6) * 0x1p-24 * Double(size) * magnitudes
              #expect(delta.removeLast() == -7)
              #expect(
                firstDifference(delta, expected, relative: 0x1p-24, absolute: absolute) == nil,
                "\(isa) \(threads) (\(samples), \(length), \(heads), \(size)) \(dtype)")
            }
          }
        }
      }
    }

    /// What the backward pass reads.
    struct Inputs {
      let scores: Tensor
      let dp: Tensor
      let logsumexp: [Float]
      let delta: [Float]
    }

    /// p and ds; over scores and dp where `inPlace`.
    static func backward(
      _ inputs: Inputs, _ shape: Shape, rounding: amp_dtype, stored: amp_dtype, threads: Int32, inPlace: Bool = false
    ) -> (p: Tensor, ds: Tensor) {
      var p = inPlace ? inputs.scores : Tensor(stored, count: shape.gradientCount)
      var ds = inPlace ? inputs.dp : Tensor(stored, count: shape.gradientCount)
      var attention = shape.attention(rounding: rounding, stored: stored, isGradient: true)
      p.bytes.withUnsafeMutableBytes { p in
        ds.bytes.withUnsafeMutableBytes { ds in
          inputs.scores.bytes.withUnsafeBytes { scores in
            inputs.dp.bytes.withUnsafeBytes { dp in
              let (from, gradient) = inPlace ? (UnsafeRawBufferPointer(p), UnsafeRawBufferPointer(ds)) : (scores, dp)
              amp_attention_softmax_backward(
                threads, &attention, from.assumingMemoryBound(to: Float.self).baseAddress, inputs.logsumexp,
                gradient.assumingMemoryBound(to: Float.self).baseAddress, inputs.delta, p.baseAddress, ds.baseAddress)
            }
          }
        }
      }
      #expect(p.isGuardIntact && ds.isGuardIntact)
      return (p, ds)
    }

    @Test("The gradient computes the probabilities again and rounds them and itself once", arguments: shapes.indices)
    func softmaxBackward(_ index: Int) {
      let shape = Attention.shapes[index]
      var random = Randomness(seed: 51)
      let (values, differences) = (random.floats(shape.count), random.floats(shape.count))
      let reference = Reference(values, shape)
      let delta = random.floats(shape.heads * shape.queries)
      // What a query does not see may be anything.
      var scores = [Float](repeating: .nan, count: shape.gradientCount)
      var gradients = [Float](repeating: .infinity, count: shape.gradientCount)
      var expectedP = [Double](repeating: 0, count: shape.gradientCount)
      var expected = expectedP
      for (place, p) in reference.p.enumerated() where p != 0 {
        guard let target = shape.gradientPlace(place) else { continue }
        (scores[target], gradients[target], expectedP[target]) = (values[place], differences[place], p)
        expected[target] =
          Double(Attention.scale) * p * (Double(differences[place]) - Double(delta[place / shape.stride]))
      }
      let inputs = Inputs(
        scores: Tensor(AMP_F32, scores), dp: Tensor(AMP_F32, gradients),
        logsumexp: reference.logsumexp.map(Float.init), delta: delta)
      for (rounding, stored) in Attention.formats {
        var ofOneThread: (p: [UInt32], ds: [UInt32]) = ([], [])
        KernelTests.onEveryKernelSet { isa, threads in
          let place = "\(isa) \(threads) \(shape) \(rounding) in \(stored)"
          let found = Attention.backward(inputs, shape, rounding: rounding, stored: stored, threads: threads)
          // Scores are up to 4 * scale; the logsumexp, up to 7 and rounded to fp32, adds its own half ulp.
          let relative = Attention.exponentialError(8) + unit(of: rounding) / 2
          let tiny = smallestError(of: rounding) * 1.01
          #expect(firstDifference(found.p.floats, expectedP, relative: relative, absolute: tiny) == nil, "\(place)")
          let difference = firstDifference(
            found.ds.floats, expected, relative: relative + 4 * 0x1p-24, absolute: tiny + 8 * 0x1p-24 * 0x1p-20)
          #expect(difference == nil, "\(place)")
          for (tensor, name) in [(found.p, "p"), (found.ds, "ds")] {
            let floats = tensor.floats
            #expect(floats == floats.map { Tensor.rounded($0, to: rounding) }, "\(place) \(name)")
            #expect(!zip(tensor.patterns, expectedP).contains { $1 == 0 && $0 != 0 }, "\(place) \(name)")
          }
          if threads == 1 { ofOneThread = (found.p.patterns, found.ds.patterns) }
          #expect(found.p.patterns == ofOneThread.p && found.ds.patterns == ofOneThread.ds, "\(place)")
          if stored == AMP_F32 {
            let inPlace = Attention.backward(
              inputs, shape, rounding: rounding, stored: stored, threads: threads, inPlace: true)
            #expect(inPlace.p.patterns == ofOneThread.p && inPlace.ds.patterns == ofOneThread.ds, "\(place)")
          }
        }
      }
    }

    @Test("NaN in dp, delta or logsumexp reaches the gradients of its own place or row")
    func nonFiniteGradient() {
      let shape = Shape(heads: 1, queries: 2, keys: 19, causal: false)
      let ones = [Float](repeating: 1, count: 38)
      for culprit in ["dp", "delta", "logsumexp"] {
        var dp = ones
        if culprit == "dp" { dp[21] = .nan }
        let inputs = Inputs(
          scores: Tensor(AMP_F32, ones), dp: Tensor(AMP_F32, dp), logsumexp: [1, culprit == "logsumexp" ? .nan : 1],
          delta: [0, culprit == "delta" ? .nan : 0])
        for (rounding, stored) in Attention.formats {
          KernelTests.onEveryKernelSet { isa, threads in
            let found = Attention.backward(inputs, shape, rounding: rounding, stored: stored, threads: threads)
            // The second query, which is every other element: a row is a key.
            let expected = (0..<38).map { culprit == "dp" ? $0 == 21 : $0 % 2 == 1 }
            #expect(found.ds.floats.map(\.isNaN) == expected, "\(isa) \(culprit) \(rounding)")
            #expect(found.p.floats.contains { $0.isNaN } == (culprit == "logsumexp"), "\(isa) \(culprit) \(rounding)")
          }
        }
      }
    }
  }
}

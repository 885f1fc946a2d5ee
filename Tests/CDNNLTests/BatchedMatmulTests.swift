import CDNNL
import Testing

@Suite("Batched matrix product")
struct BatchedMatmulTests {
  /// Where the elements of one operand lie: `batch` matrices of `rows` rows in memory, `columns` elements each.
  struct Placement: Sendable {
    let batch: Int
    let rows: Int
    let columns: Int
    let leading: Int
    let stride: Int

    /// One matrix after the other, without gaps.
    static func dense(_ batch: Int, _ rows: Int, _ columns: Int) -> Placement {
      Placement(batch: batch, rows: rows, columns: columns, leading: columns, stride: rows * columns)
    }

    /// Rows of all matrices side by side, `parts` such operands in one tensor, as heads lie in a packed projection.
    static func packed(_ batch: Int, _ rows: Int, _ columns: Int, parts: Int) -> Placement {
      Placement(batch: batch, rows: rows, columns: columns, leading: parts * batch * columns, stride: columns)
    }

    /// Dense matrices with gaps after every row and every matrix.
    static func spaced(_ batch: Int, _ rows: Int, _ columns: Int) -> Placement {
      Placement(batch: batch, rows: rows, columns: columns, leading: columns + 3, stride: rows * (columns + 3) + 5)
    }

    func index(_ matrix: Int, _ row: Int, _ column: Int, transposed: Bool = false) -> Int {
      matrix * stride + (transposed ? column * leading + row : row * leading + column)
    }

    var count: Int { index(batch - 1, rows - 1, columns - 1) + 1 }
    var places: Set<Int> {
      Set((0..<batch).flatMap { b in (0..<rows).flatMap { r in (0..<columns).map { index(b, r, $0) } } })
    }
  }

  enum Layout: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case dense, packed, spaced
    var testDescription: String { rawValue }

    func place(_ batch: Int, _ rows: Int, _ columns: Int, parts: Int) -> Placement {
      switch self {
      case .dense: .dense(batch, rows, columns)
      case .packed: .packed(batch, rows, columns, parts: parts)
      case .spaced: .spaced(batch, rows, columns)
      }
    }
  }

  /// One product with the places of its operands.
  struct Product {
    let (batch, m, n, k): (Int, Int, Int, Int)
    let transposeA: Bool
    let transposeB: Bool
    let (a, b, c): (Placement, Placement, Placement)

    init(
      _ extents: (batch: Int, m: Int, n: Int, k: Int), transposeA: Bool = false, transposeB: Bool = false,
      layout: Layout
    ) {
      (batch, m, n, k) = extents
      (self.transposeA, self.transposeB) = (transposeA, transposeB)
      a = transposeA ? layout.place(batch, k, m, parts: 3) : layout.place(batch, m, k, parts: 3)
      b = transposeB ? layout.place(batch, n, k, parts: 3) : layout.place(batch, k, n, parts: 3)
      c = layout.place(batch, m, n, parts: 1)
    }

    func shape(_ dtypes: PrecisionPair) -> cdnnl_batched_matmul {
      cdnnl_batched_matmul(
        batch: Int64(batch), m: Int64(m), n: Int64(n), k: Int64(k), transpose_a: transposeA, transpose_b: transposeB,
        packs_b: false, adds: false, has_bias: false, lda: Int64(a.leading), ldb: Int64(b.leading),
        ldc: Int64(c.leading),
        a_batch_stride: Int64(a.stride), b_batch_stride: Int64(b.stride), c_batch_stride: Int64(c.stride),
        input_dtype: dtypes.input.dtype, bias_dtype: dtypes.output.dtype, output_dtype: dtypes.output.dtype)
    }

    /// Expects every element of C to be the product, and what lies between them to be as it was.
    func expect(_ result: TensorBuffer, from a: TensorBuffer, _ b: TensorBuffer) {
      let (aValues, bValues, found) = (a.values, b.values, result.values)
      var reference = Reference(count: batch * m * n)
      let dense = Placement.dense(batch, m, n)
      var values = [Double](repeating: .nan, count: batch * m * n)
      for matrix in 0..<batch {
        for row in 0..<m {
          for column in 0..<n {
            let index = dense.index(matrix, row, column)
            for inner in 0..<k {
              reference.add(
                aValues[self.a.index(matrix, row, inner, transposed: transposeA)]
                  * bValues[self.b.index(matrix, inner, column, transposed: transposeB)], at: index)
            }
            values[index] = found[c.index(matrix, row, column)]
          }
        }
      }
      reference.expect(values, in: result.precision, terms: k)
      let places = c.places
      let between = (0..<result.count).filter { !places.contains($0) }
      #expect(between.allSatisfy { found[$0].isNaN }, "written between the rows of C")
    }
  }

  @Test("dense matrices and views agree with an fp64 loop", arguments: PrecisionPair.training, Layout.allCases)
  func agreesWithReference(dtypes: PrecisionPair, layout: Layout) throws {
    for extents in [(batch: 1, m: 1, n: 1, k: 1), (3, 7, 10, 13), (4, 33, 17, 32), (2, 64, 64, 16)] {
      for (transposeA, transposeB) in [(false, false), (false, true), (true, false), (true, true)] {
        let product = Product(extents, transposeA: transposeA, transposeB: transposeB, layout: layout)
        var shape = product.shape(dtypes)
        let created = try Primitive.ifSupported(dtypes.input) { cdnnl_batched_matmul_create(&shape, &$0) }
        guard let primitive = created else { return }
        let a = TensorBuffer(randomCount: product.a.count, seed: 1, dtypes.input)
        let b = TensorBuffer(randomCount: product.b.count, seed: 2, dtypes.input)
        let c = TensorBuffer(count: product.c.count, dtypes.output)
        try check(
          cdnnl_batched_matmul_execute(
            primitive.handle, a.pointer, b.pointer, nil, c.pointer, primitive.scratch.pointer))
        product.expect(c, from: a, b)
      }
    }
  }

  @Test("one primitive serves every sample of a packed tensor, at any address", arguments: PrecisionPair.training)
  func samples(dtypes: PrecisionPair) throws {
    // Scores of attention: q kᵀ of two heads of 5 out of (samples, tokens, [q | k | v]), samples at odd addresses.
    let (samples, tokens, heads, size) = (3, 9, 2, 5)
    let product = Product((heads, tokens, tokens, size), transposeB: true, layout: .packed)
    let width = 3 * heads * size
    var shape = product.shape(dtypes)
    shape.ldc = Int64(tokens)
    shape.c_batch_stride = Int64(tokens * tokens)
    let created = try Primitive.ifSupported(dtypes.input) { cdnnl_batched_matmul_create(&shape, &$0) }
    guard let primitive = created else { return }
    let packed = TensorBuffer(randomCount: samples * tokens * width, seed: 3, dtypes.input)
    let scores = TensorBuffer(count: samples * heads * tokens * tokens, dtypes.output)
    for sample in 0..<samples {
      let q = packed.pointer + sample * tokens * width * dtypes.input.bytes
      let target = scores.pointer + sample * heads * tokens * tokens * dtypes.output.bytes
      try check(
        cdnnl_batched_matmul_execute(
          primitive.handle, q, q + heads * size * dtypes.input.bytes, nil, target, primitive.scratch.pointer))
    }
    let values = packed.values
    var reference = Reference(count: scores.count)
    for index in 0..<scores.count {
      let (key, query) = (index % tokens, index / tokens % tokens)
      let (head, sample) = (index / (tokens * tokens) % heads, index / (tokens * tokens * heads))
      for inner in 0..<size {
        let column = head * size + inner
        let q = values[(sample * tokens + query) * width + column]
        reference.add(q * values[(sample * tokens + key) * width + heads * size + column], at: index)
      }
    }
    reference.expect(scores, terms: size)
  }

  @Test("a matrix that is packed once serves calls with other operands", arguments: PrecisionPair.training)
  func packedAhead(dtypes: PrecisionPair) throws {
    for (transposeB, extents) in [(true, (1, 5, 70, 33)), (false, (1, 16, 128, 64)), (true, (1, 1, 3, 2))] {
      let product = Product(extents, transposeB: transposeB, layout: .dense)
      var shape = product.shape(dtypes)
      shape.packs_b = true
      let created = try Primitive.ifSupported(dtypes.input) { cdnnl_batched_matmul_create(&shape, &$0) }
      guard let primitive = created else { return }
      let scratch = primitive.scratch.pointer
      for seed: UInt64 in 1...2 {
        let b = TensorBuffer(randomCount: product.b.count, seed: seed, dtypes.input)
        try check(cdnnl_batched_matmul_pack(primitive.handle, b.pointer, scratch))
        for seed: UInt64 in 3...4 {
          let a = TensorBuffer(randomCount: product.a.count, seed: seed, dtypes.input)
          let c = TensorBuffer(count: product.c.count, dtypes.output)
          try check(cdnnl_batched_matmul_execute(primitive.handle, a.pointer, nil, nil, c.pointer, scratch))
          product.expect(c, from: a, b)
        }
      }
    }
  }

  @Test(
    "a bias is added to every row before it is rounded, and needs a single matrix", arguments: [Precision.f32, .bf16])
  func bias(precision: Precision) throws {
    let product = Product((1, 5, 70, 33), transposeB: true, layout: .dense)
    let (a, b) = (
      TensorBuffer(randomCount: product.a.count, seed: 1, precision),
      TensorBuffer(randomCount: product.b.count, seed: 2, precision)
    )
    let bias = TensorBuffer(randomCount: product.n, seed: 3, precision)
    func run(_ output: Precision, bias: TensorBuffer?) throws -> [Double]? {
      var shape = product.shape(PrecisionPair(input: precision, output: output))
      (shape.packs_b, shape.has_bias, shape.bias_dtype) = (true, bias != nil, precision.dtype)
      let created = try Primitive.ifSupported(precision) { cdnnl_batched_matmul_create(&shape, &$0) }
      guard let primitive = created else { return nil }
      let (c, scratch) = (TensorBuffer(count: product.c.count, output), primitive.scratch.pointer)
      try check(cdnnl_batched_matmul_pack(primitive.handle, b.pointer, scratch))
      try check(cdnnl_batched_matmul_execute(primitive.handle, a.pointer, nil, bias?.pointer, c.pointer, scratch))
      return c.values.map { Double($0) }
    }
    guard let plain = try run(.f32, bias: nil), let found = try run(precision, bias: bias) else { return }
    // Half a unit in the last place of the format, and what another order of 33 terms may come to.
    let relative = precision == .f32 ? 0x1p-24 : 0x1p-8
    for index in found.indices {
      let expected = plain[index] + Double(bias.values[index % product.n])
      #expect((found[index] - expected).magnitude <= relative * expected.magnitude + 33 * 0x1p-22, "\(index)")
    }
    var two = Product((2, 5, 7, 3), layout: .dense).shape(PrecisionPair(input: precision, output: precision))
    (two.has_bias, two.bias_dtype) = (true, precision.dtype)
    var handle: OpaquePointer?
    #expect(cdnnl_batched_matmul_create(&two, &handle) == CDNNL_FAILED)
    #expect(lastError().contains("has_bias needs a batch of 1, found 2"))
  }

  @Test("a product that adds leaves its sum with what C held", arguments: [Precision.f32, .bf16])
  func adds(precision: Precision) throws {
    let dtypes = PrecisionPair(input: precision, output: .f32)
    for (transposeA, extents) in [(true, (1, 5, 70, 33)), (false, (1, 64, 32, 49)), (true, (2, 3, 2, 1))] {
      let product = Product(extents, transposeA: transposeA, layout: .dense)
      var shape = product.shape(dtypes)
      shape.adds = true
      let created = try Primitive.ifSupported(dtypes.input) { cdnnl_batched_matmul_create(&shape, &$0) }
      guard let primitive = created else { return }
      let a = TensorBuffer(randomCount: product.a.count, seed: 1, dtypes.input)
      let b = TensorBuffer(randomCount: product.b.count, seed: 2, dtypes.input)
      let zeros = [Double](repeating: 0, count: product.c.count)
      let (once, twice) = (TensorBuffer(zeros, dtypes.output), TensorBuffer(zeros, dtypes.output))
      for target in [once, twice, twice] {
        try check(
          cdnnl_batched_matmul_execute(
            primitive.handle, a.pointer, b.pointer, nil, target.pointer, primitive.scratch.pointer))
      }
      product.expect(once, from: a, b)
      // k more additions of numbers below 1 to sums below 2 k, each rounded to fp32.
      let tolerance = Double(2 * product.k * product.k) * 0x1p-24
      for (twice, once) in zip(twice.values, once.values) { #expect(abs(twice - 2 * once) <= tolerance) }
    }
  }

  @Test("a product that packs ahead wants its matrix first, and in the same scratch; another does not pack")
  func packingErrors() throws {
    let product = Product((1, 16, 128, 64), transposeB: true, layout: .dense)
    var shape = product.shape(PrecisionPair.training[0])
    let plain = try Primitive { cdnnl_batched_matmul_create(&shape, &$0) }
    shape.packs_b = true
    let packing = try Primitive { cdnnl_batched_matmul_create(&shape, &$0) }
    let precision = PrecisionPair.training[0].input
    let (a, b) = (
      TensorBuffer(randomCount: product.a.count, seed: 1, precision),
      TensorBuffer(randomCount: product.b.count, seed: 2, precision)
    )
    let c = TensorBuffer(count: product.c.count, PrecisionPair.training[0].output)
    let scratch = packing.scratch.pointer
    #expect(cdnnl_batched_matmul_execute(packing.handle, a.pointer, nil, nil, c.pointer, scratch) == CDNNL_FAILED)
    #expect(lastError().contains("pack the weights first"))
    #expect(cdnnl_batched_matmul_pack(packing.handle, nil, scratch) == CDNNL_FAILED)
    #expect(lastError().contains("buffer b is NULL"))
    #expect(cdnnl_batched_matmul_pack(plain.handle, b.pointer, plain.scratch.pointer) == CDNNL_FAILED)
    #expect(lastError().contains("as it is"))
    try check(cdnnl_batched_matmul_pack(packing.handle, b.pointer, scratch))
    #expect(cdnnl_batched_matmul_execute(packing.handle, nil, nil, nil, c.pointer, scratch) == CDNNL_FAILED)
    #expect(lastError().contains("buffer a is NULL"))
    if cdnnl_scratch_size(packing.handle) > 0 {
      let elsewhere = TensorBuffer(count: cdnnl_scratch_size(packing.handle) / 4 + 1, precision)
      #expect(
        cdnnl_batched_matmul_execute(packing.handle, a.pointer, nil, nil, c.pointer, elsewhere.pointer) == CDNNL_FAILED)
      #expect(lastError().contains("not the one that the weights were packed into"))
    }
  }

  @Test("NaN and infinity reach their row of the result and no other", arguments: PrecisionPair.training)
  func nonFinite(dtypes: PrecisionPair) throws {
    for layout in Layout.allCases {
      let product = Product((batch: 2, m: 5, n: 6, k: 7), layout: layout)
      var shape = product.shape(dtypes)
      let created = try Primitive.ifSupported(dtypes.input) { cdnnl_batched_matmul_create(&shape, &$0) }
      guard let primitive = created else { return }
      for culprit in [Double.nan, .infinity] {
        var values = [Double](repeating: 1, count: product.a.count)
        values[product.a.index(1, 2, 3)] = culprit
        let a = TensorBuffer(values, dtypes.input)
        let b = TensorBuffer([Double](repeating: 1, count: product.b.count), dtypes.input)
        let c = TensorBuffer(count: product.c.count, dtypes.output)
        try check(
          cdnnl_batched_matmul_execute(
            primitive.handle, a.pointer, b.pointer, nil, c.pointer, primitive.scratch.pointer))
        let found = c.values
        for index in 0..<60 {
          let (matrix, row, column) = (index / 30, index / 6 % 5, index % 6)
          let value = found[product.c.index(matrix, row, column)]
          let isHit = matrix == 1 && row == 2
          #expect(isHit ? (culprit.isNaN ? value.isNaN : value == .infinity) : value == 7, "\(layout) \(index)")
        }
      }
    }
  }

  @Test("impossible extents and strides fail, and the message names the field")
  func impossibleShapes() throws {
    let possible = Product((batch: 2, m: 4, n: 5, k: 6), layout: .dense).shape(PrecisionPair.training[0])
    func expectFailure(_ word: String, _ change: (inout cdnnl_batched_matmul) -> Void) {
      var shape = possible
      change(&shape)
      let failure = #expect(throws: Failure.self) { _ = try Primitive { cdnnl_batched_matmul_create(&shape, &$0) } }
      #expect(failure?.status == CDNNL_FAILED)
      #expect(failure?.message.hasPrefix("batched matmul") == true && failure?.message.contains(word) == true)
    }
    expectFailure("batch is 0") { $0.batch = 0 }
    expectFailure("k is -1") { $0.k = -1 }
    expectFailure("lda is 5") { $0.lda = 5 }
    expectFailure("lda is 3") {
      $0.transpose_a = true
      $0.lda = 3
    }
    expectFailure("ldb is 4") { $0.ldb = 4 }
    expectFailure("ldc is 4") { $0.ldc = 4 }
    expectFailure("a_batch_stride is 0") { $0.a_batch_stride = 0 }
    expectFailure("overlap") { $0.c_batch_stride = 19 }
    expectFailure("overlap") {
      $0.c_batch_stride = 5
      $0.ldc = 9
    }
    expectFailure("output_dtype is 9") { $0.output_dtype = cdnnl_dtype(rawValue: 9) }
    var primitive: OpaquePointer?
    #expect(cdnnl_batched_matmul_create(nil, &primitive) == CDNNL_FAILED)
    #expect(lastError().contains("NULL"))
  }
}

import CDNNL
import Testing

@Suite("Matrix product")
struct MatmulTests {
  struct Form: Sendable, CustomTestStringConvertible {
    let transposeA: Bool
    let transposeB: Bool
    let bias: Precision?
    let relu: Bool

    static let all = [false, true].flatMap { a in
      [false, true].flatMap { b in
        [nil, Precision.f32, .bf16].flatMap { bias in
          [false, true].map { Form(transposeA: a, transposeB: b, bias: bias, relu: $0) }
        }
      }
    }

    var testDescription: String {
      "A\(transposeA ? "ᵀ" : "") B\(transposeB ? "ᵀ" : ""), bias \(bias?.rawValue ?? "none"), relu \(relu)"
    }
  }

  @Test("every form agrees with an fp64 loop", arguments: PrecisionPair.training, Form.all)
  func agreesWithReference(dtypes: PrecisionPair, form: Form) throws {
    // oneDNN has no bf16 bias for fp32 inputs.
    if dtypes.input == .f32, form.bias == .bf16 { return }
    for (m, n, k) in [(7, 10, 13), (32, 17, 64), (1, 1, 1)] {
      try compare(m: m, n: n, k: k, dtypes: dtypes, form: form)
    }
  }

  private func compare(m: Int, n: Int, k: Int, dtypes: PrecisionPair, form: Form) throws {
    var shape = cdnnl_matmul(
      m: Int64(m), n: Int64(n), k: Int64(k), transpose_a: form.transposeA, transpose_b: form.transposeB,
      has_bias: form.bias != nil, relu: form.relu, input_dtype: dtypes.input.dtype,
      bias_dtype: (form.bias ?? .f32).dtype, output_dtype: dtypes.output.dtype)
    let created = try Primitive.ifSupported(dtypes.input) { cdnnl_matmul_create(&shape, &$0) }
    guard let primitive = created else { return }

    let a = TensorBuffer(randomCount: m * k, seed: 1, dtypes.input)
    let b = TensorBuffer(randomCount: k * n, seed: 2, dtypes.input)
    let bias = form.bias.map { TensorBuffer(randomCount: n, seed: 3, $0) }
    let c = TensorBuffer(count: m * n, dtypes.output)
    try check(
      cdnnl_matmul_execute(
        primitive.handle, a.pointer, b.pointer, bias?.pointer, c.pointer, primitive.scratch.pointer))

    let (aValues, bValues, biasValues) = (a.values, b.values, bias?.values)
    var reference = Reference(count: m * n)
    for row in 0..<m {
      for column in 0..<n {
        let index = row * n + column
        for inner in 0..<k {
          let left = aValues[form.transposeA ? inner * m + row : row * k + inner]
          let right = bValues[form.transposeB ? column * k + inner : inner * n + column]
          reference.add(left * right, at: index)
        }
        if let biasValues { reference.add(biasValues[column], at: index) }
      }
    }
    if form.relu { reference.applyReLU() }
    reference.expect(c, terms: k + 1)
  }

  @Test("an fp32 product written as bf16 is refused as unsupported, not computed wrongly")
  func narrowingIsRefused() throws {
    var shape = cdnnl_matmul(
      m: 8, n: 8, k: 8, transpose_a: false, transpose_b: false, has_bias: false, relu: false, input_dtype: CDNNL_F32,
      bias_dtype: CDNNL_F32, output_dtype: CDNNL_BF16)
    let failure = #expect(throws: Failure.self) { try Primitive { cdnnl_matmul_create(&shape, &$0) } }
    #expect(failure?.status == CDNNL_UNSUPPORTED)
    #expect(failure?.message.contains("f32 -> bf16") == true)
  }
}

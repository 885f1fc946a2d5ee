import CDNNL
import Testing

@Suite("Failures")
struct ErrorTests {
  private let matmul = cdnnl_matmul(
    m: 4, n: 4, k: 4, transpose_a: false, transpose_b: false, has_bias: false, relu: false, input_dtype: CDNNL_F32,
    bias_dtype: CDNNL_F32, output_dtype: CDNNL_F32)
  private let convolution = ConvolutionCase.all[0].shape(PrecisionPair(input: .f32, output: .f32), bias: .f32)
  private let pooling = PoolingTests.Case.all[0].shape(CDNNL_POOL_MAX, .f32)

  /// Expects that `create` fails with `status` and a message that holds every one of `words`.
  private func expectFailure(
    _ status: cdnnl_status = CDNNL_FAILED, mentioning words: String...,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ create: (inout OpaquePointer?) -> cdnnl_status
  ) {
    let failure = #expect(throws: Failure.self, sourceLocation: sourceLocation) { _ = try Primitive(create) }
    #expect(failure?.status == status, sourceLocation: sourceLocation)
    for word in words {
      #expect(failure?.message.contains(word) == true, "\(failure?.message ?? "")", sourceLocation: sourceLocation)
    }
  }

  @Test("f16 is refused as unsupported where the processor has no fp16 arithmetic, and says so")
  func halfPrecision() throws {
    var (matmul, convolution, pooling) = (matmul, convolution, pooling)
    matmul.input_dtype = CDNNL_F16
    matmul.output_dtype = CDNNL_F16
    convolution.input_dtype = CDNNL_F16
    convolution.output_dtype = CDNNL_F16
    pooling.dtype = CDNNL_F16
    _ = try Primitive.ifSupported(.f16) { cdnnl_matmul_create(&matmul, &$0) }
    _ = try Primitive.ifSupported(.f16) { cdnnl_convolution_forward_create(&convolution, &$0) }
    _ = try Primitive.ifSupported(.f16) { cdnnl_convolution_backward_data_create(&convolution, &$0) }
    _ = try Primitive.ifSupported(.f16) { cdnnl_convolution_backward_weights_create(&convolution, &$0) }
    _ = try Primitive.ifSupported(.f16) { cdnnl_pooling_forward_create(&pooling, &$0) }
  }

  @Test("a gradient dtype that oneDNN rejects as an argument is unsupported too")
  func rejectedDtypes() {
    var convolution = convolution
    convolution.output_dtype = CDNNL_F16
    expectFailure(CDNNL_UNSUPPORTED, mentioning: "backward_data", "f32 -> f16") {
      cdnnl_convolution_backward_data_create(&convolution, &$0)
    }
  }

  @Test("an impossible shape fails, and the message names the field")
  func impossibleShapes() {
    var shape = matmul
    for extent in [0, -3, Int64(Int32.max) + 1, .min] {
      shape.k = extent
      expectFailure(mentioning: "matmul", "k is \(extent)") { cdnnl_matmul_create(&shape, &$0) }
    }
    shape = matmul
    shape.m = Int64(Int32.max)
    shape.n = Int64(Int32.max)
    expectFailure(mentioning: "C has more elements") { cdnnl_matmul_create(&shape, &$0) }
    shape = matmul
    shape.input_dtype = cdnnl_dtype(rawValue: 7)
    expectFailure(mentioning: "input_dtype is 7") { cdnnl_matmul_create(&shape, &$0) }

    var window = convolution
    window.stride_w = 0
    expectFailure(mentioning: "stride_w is 0") { cdnnl_convolution_forward_create(&window, &$0) }
    window = convolution
    window.pad_h = -1
    expectFailure(mentioning: "pad_h is -1") { cdnnl_convolution_backward_data_create(&window, &$0) }
    window = convolution
    window.kh = 100
    expectFailure(mentioning: "height", "100") { cdnnl_convolution_backward_weights_create(&window, &$0) }
    window = convolution
    window.dilation_w = Int64(Int32.max)
    window.kw = Int64(Int32.max)
    expectFailure(mentioning: "width") { cdnnl_convolution_forward_create(&window, &$0) }

    var pool = pooling
    pool.pad_w = 2
    expectFailure(mentioning: "half of the kernel") { cdnnl_pooling_forward_create(&pool, &$0) }
    pool = pooling
    pool.c = 0
    expectFailure(mentioning: "c is 0") { cdnnl_pooling_backward_create(&pool, &$0) }
    pool = pooling
    pool.kind = cdnnl_pool_kind(rawValue: 9)
    expectFailure(mentioning: "kind is 9") { cdnnl_pooling_forward_create(&pool, &$0) }
  }

  @Test("a place for the primitive, and a shape, are required")
  func nullArguments() {
    var shape = matmul
    var primitive: OpaquePointer?
    #expect(cdnnl_matmul_create(&shape, nil) == CDNNL_FAILED)
    #expect(cdnnl_matmul_create(nil, &primitive) == CDNNL_FAILED)
    #expect(lastError().contains("NULL"))
    #expect(cdnnl_convolution_forward_create(nil, &primitive) == CDNNL_FAILED)
    #expect(cdnnl_pooling_backward_create(nil, &primitive) == CDNNL_FAILED)
    #expect(primitive == nil)
    cdnnl_destroy(nil)
    #expect(cdnnl_scratch_size(nil) == 0)
    #expect(String(cString: cdnnl_implementation(nil)).isEmpty)
  }

  @Test("execute refuses missing buffers, unexpected ones, bad scratch and primitives of another operation")
  func executeArguments() throws {
    var shape = convolution
    let primitive = try Primitive { cdnnl_convolution_forward_create(&shape, &$0) }
    let buffer = TensorBuffer(count: ConvolutionCase.all[0].yCount + ConvolutionCase.all[0].weightCount, .f32).pointer
    let scratch = primitive.scratch.pointer
    #expect(
      cdnnl_convolution_forward_execute(primitive.handle, buffer, buffer, nil, buffer, scratch) == CDNNL_FAILED)
    #expect(lastError() == "convolution forward: buffer bias is NULL")
    #expect(cdnnl_matmul_execute(primitive.handle, buffer, buffer, nil, buffer, scratch) == CDNNL_FAILED)
    #expect(lastError().contains("another operation"))
    #expect(cdnnl_matmul_execute(nil, buffer, buffer, nil, buffer, scratch) == CDNNL_FAILED)
    if cdnnl_scratch_size(primitive.handle) > 0 {
      #expect(
        cdnnl_convolution_forward_execute(primitive.handle, buffer, buffer, buffer, buffer, nil) == CDNNL_FAILED)
      #expect(lastError().contains("scratch is NULL"))
      #expect(
        cdnnl_convolution_forward_execute(primitive.handle, buffer, buffer, buffer, buffer, scratch + 4)
          == CDNNL_FAILED)
      #expect(lastError().contains("not aligned"))
    }

    var product = matmul
    let withoutBias = try Primitive { cdnnl_matmul_create(&product, &$0) }
    #expect(
      cdnnl_matmul_execute(withoutBias.handle, buffer, buffer, buffer, buffer, withoutBias.scratch.pointer)
        == CDNNL_FAILED)
    #expect(lastError().contains("without one"))
  }

  @Test("the loaded library names its version and its instruction set")
  func library() {
    var version: [Int32] = [0, 0, 0]
    cdnnl_version(&version)
    #expect(version[0] >= 2)
    let isa = String(cString: cdnnl_isa())
    #expect(!isa.isEmpty)
    #expect(!isa.contains("cpu_isa"))
    // AMX, AVX512-FP16 and AVX10 processors have AVX512_BF16 as well; avx2_vnni_2 only converts.
    #expect(cdnnl_bf16_is_native() == ["_bf16", "amx", "avx512_core_fp16", "avx10"].contains { isa.contains($0) })
  }
}

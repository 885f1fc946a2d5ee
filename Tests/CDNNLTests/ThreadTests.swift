import CDNNL
import Glibc
import Testing

/// A thread of the operating system that runs one closure, as the engines that own a team do.
private final class Worker {
  private let body: () -> Void
  private var thread = pthread_t()

  init(_ body: @escaping () -> Void) { self.body = body }

  func start() throws {
    // The thread keeps the worker alive until its closure is done.
    let worker = Unmanaged.passRetained(self)
    let status = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Worker>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, worker.toOpaque())
    try #require(status == 0)
  }

  func join() { pthread_join(thread, nil) }
}

/// What a worker hands back; read only after the thread has been joined.
private final class Outcome {
  var runs: [[UInt8]] = []
  var problem: String?
}

@Suite("Threads and repetition")
struct ThreadTests {
  private static let repetitions = 20

  /// Results of one matrix product, made and repeated on the calling thread.
  private static func products() throws -> [[UInt8]] {
    var shape = cdnnl_matmul(
      m: 33, n: 48, k: 65, transpose_a: false, transpose_b: true, has_bias: false, relu: true, input_dtype: CDNNL_F32,
      bias_dtype: CDNNL_F32, output_dtype: CDNNL_F32)
    let primitive = try Primitive { cdnnl_matmul_create(&shape, &$0) }
    let a = TensorBuffer(randomCount: 33 * 65, seed: 1, .f32)
    let b = TensorBuffer(randomCount: 65 * 48, seed: 2, .f32)
    return try (0..<repetitions).map { _ in
      let c = TensorBuffer(count: 33 * 48, .f32)
      try check(
        cdnnl_matmul_execute(primitive.handle, a.pointer, b.pointer, nil, c.pointer, primitive.scratch.pointer))
      return c.bits
    }
  }

  /// Weight gradients of one convolution, made and repeated on the calling thread.
  ///
  /// The threads of a team each sum a part of the batch, so this is where an order that varies would show.
  private static func weightGradients() throws -> [[UInt8]] {
    let convolution = ConvolutionCase.all[0]
    var shape = convolution.shape(PrecisionPair(input: .f32, output: .f32), bias: .f32)
    let primitive = try Primitive { cdnnl_convolution_backward_weights_create(&shape, &$0) }
    let x = TensorBuffer(randomCount: convolution.xCount, seed: 1, .f32)
    let dy = TensorBuffer(randomCount: convolution.yCount, seed: 2, .f32)
    return try (0..<repetitions).map { _ in
      let dweight = TensorBuffer(count: convolution.weightCount, .f32)
      let dbias = TensorBuffer(count: convolution.o, .f32)
      try check(
        cdnnl_convolution_backward_weights_execute(
          primitive.handle, x.pointer, dy.pointer, dweight.pointer, dbias.pointer, primitive.scratch.pointer))
      return dweight.bits + dbias.bits
    }
  }

  @Test("a repeated execution, and a primitive made again, give the same bits")
  func deterministic() throws {
    let products = try Self.products()
    #expect(Set(products + (try Self.products())).count == 1)
    let gradients = try Self.weightGradients()
    #expect(Set(gradients + (try Self.weightGradients())).count == 1)
  }

  @Test("two threads that run different primitives at once give the bits that one gives")
  func concurrent() throws {
    let work = [Self.products, Self.weightGradients]
    let outcomes = work.map { _ in Outcome() }
    let workers = zip(work, outcomes).map { work, outcome in
      Worker {
        do { outcome.runs = try work() } catch { outcome.problem = "\(error)" }
      }
    }
    for worker in workers { try worker.start() }
    for worker in workers { worker.join() }

    for (work, outcome) in zip(work, outcomes) {
      #expect(outcome.problem == nil)
      #expect(Set(outcome.runs) == Set(try work()))
      #expect(outcome.runs.count == Self.repetitions)
    }
  }

  /// Makes and runs a 3×3 convolution of ones, once for each batch size; how many came out wrong.
  ///
  /// weight (o, c, kh, kw) = o + 3 kh + kw: with x = 1, y is a sum of small whole numbers, exact in fp32. Every batch size
  /// is a primitive of its own, for the library's cache would hide what happens while one is made.
  private static func wrongConvolutions(
    _ format: Precision, inputs: Int, outputs: Int, size: Int, batches: ClosedRange<Int>
  ) throws -> Int {
    let plane = outputs * size * size
    var expected = [Double](repeating: 0, count: plane)
    for (row, column) in (0..<size).flatMap({ row in (0..<size).map { (row, $0) } }) {
      for tap in 0..<9 {
        let (y, x) = (row + tap / 3 - 1, column + tap % 3 - 1)
        guard (0..<size).contains(y), (0..<size).contains(x) else { continue }
        for output in 0..<outputs {
          expected[(row * size + column) * outputs + output] += Double(inputs * (output + tap))
        }
      }
    }
    let weights = (0..<(outputs * inputs * 9)).map { Double($0 / (inputs * 9) + $0 % 9) }
    return try batches.reduce(0) { wrong, batch in
      var shape = cdnnl_convolution(
        n: Int64(batch), c: Int64(inputs), h: Int64(size), w: Int64(size), o: Int64(outputs), kh: 3, kw: 3,
        stride_h: 1, stride_w: 1, pad_h: 1, pad_w: 1, dilation_h: 1, dilation_w: 1, input_dtype: format.dtype,
        output_dtype: format.dtype, has_bias: false, bias_dtype: format.dtype)
      let primitive = try Primitive { cdnnl_convolution_forward_create(&shape, &$0) }
      let x = TensorBuffer([Double](repeating: 1, count: batch * inputs * size * size), format)
      let weight = TensorBuffer(weights, format)
      let y = TensorBuffer(count: batch * plane, format)
      try check(
        cdnnl_convolution_forward_execute(
          primitive.handle, x.pointer, weight.pointer, nil, y.pointer, primitive.scratch.pointer))
      return wrong + (Array(y.values.prefix(plane)) == expected ? 0 : 1)
    }
  }

  @Test("fp32 convolutions made while another thread makes bf16 ones compute what they should")
  func concurrentCreation() throws {
    let outcome = Outcome()
    let workers = [
      Worker {
        do {
          let wrong = try Self.wrongConvolutions(.f32, inputs: 1, outputs: 32, size: 12, batches: 1...100)
          if wrong > 0 { outcome.problem = "\(wrong) of 100 convolutions are wrong" }
        } catch { outcome.problem = "\(error)" }
      },
      Worker {
        for batch in 1...Int64(600) {
          var shape = cdnnl_convolution(
            n: batch, c: 32, h: 4, w: 4, o: 32, kh: 3, kw: 3, stride_h: 1, stride_w: 1, pad_h: 1, pad_w: 1,
            dilation_h: 1, dilation_w: 1, input_dtype: CDNNL_BF16, output_dtype: CDNNL_BF16, has_bias: false,
            bias_dtype: CDNNL_BF16)
          _ = try? Primitive { cdnnl_convolution_forward_create(&shape, &$0) }
        }
      },
    ]
    for worker in workers { try worker.start() }
    for worker in workers { worker.join() }
    #expect(outcome.problem == nil)
  }

  @Test("the text of a failure belongs to the thread that had it")
  func errorsStayOnTheirThread() throws {
    #expect(cdnnl_matmul_create(nil, nil) == CDNNL_FAILED)
    let own = lastError()
    let outcome = Outcome()
    let worker = Worker {
      outcome.problem = lastError()
      _ = cdnnl_pooling_forward_create(nil, nil)
    }
    try worker.start()
    worker.join()
    #expect(outcome.problem == "")
    #expect(lastError() == own)
  }
}

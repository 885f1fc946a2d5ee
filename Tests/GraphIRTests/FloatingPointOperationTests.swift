import GraphIR
import TensorCore
import Testing

@Suite("Floating-point operations")
struct FloatingPointOperationTests {
  @Test("count a multiply-add as two, by hand for a small convolution network")
  func network() throws {
    // conv2d: 2·4·6·6 results of 1·3·3 multiply-adds; linear: 2·3 results of 36 multiply-adds.
    let expected: Double = 2 * (2 * 4 * 6 * 6) * 9 + 2 * (2 * 3) * 36
    #expect(try smallConvolutionNetwork().floatingPointOperations == expected)
  }

  @Test("of both gradients of a convolution are those of its forward pass")
  func convolutionGradients() throws {
    let attributes = ConvolutionAttributes(kernel: [3, 2], stride: [2, 1], padding: [1, 0])
    // y is (2, 4, 5, 8); each element takes 3·3·2 multiply-adds.
    let expected: Double = 2 * (2 * 4 * 5 * 8) * 18
    let y = f32(2, 4, 5, 8)
    let forward = try graph(of: .conv2d(attributes), on: [f32(2, 3, 9, 9), f32(4, 3, 3, 2)])
    let data = try graph(
      of: .conv2dBackwardData(attributes), on: [y, f32(4, 3, 3, 2)], resultShape: [2, 3, 9, 9])
    let weights = try graph(
      of: .conv2dBackwardWeights(attributes, bias: true), on: [f32(2, 3, 9, 9), y], resultShape: [4, 3, 3, 2])
    #expect(forward.floatingPointOperations == expected)
    #expect(data.floatingPointOperations == expected)
    #expect(weights.floatingPointOperations == expected)
  }

  @Test("of matmul do not depend on how the operands lie", arguments: [true, false], [true, false])
  func matmul(_ transposeA: Bool, _ transposeB: Bool) throws {
    let a = transposeA ? f32(7, 5) : f32(5, 7)
    let b = transposeB ? f32(3, 7) : f32(7, 3)
    let graph = try graph(of: .matmul(transposeA: transposeA, transposeB: transposeB), on: [a, b])
    #expect(graph.floatingPointOperations == 2 * 5 * 3 * 7)
  }

  @Test("of a batch of products are those of each")
  func batchedMatmul() throws {
    let expected: Double = 4 * (2 * 5 * 3 * 7)
    for (transposeA, transposeB) in [(false, false), (true, false), (false, true), (true, true)] {
      let a = transposeA ? f32(4, 7, 5) : f32(4, 5, 7)
      let b = transposeB ? f32(4, 3, 7) : f32(4, 7, 3)
      let graph = try graph(of: .matmul(transposeA: transposeA, transposeB: transposeB), on: [a, b])
      #expect(graph.floatingPointOperations == expected)
    }
  }

  @Test("of a transposed convolution are those of the convolution that leads back")
  func transposedConvolution() throws {
    let attributes = ConvolutionAttributes(kernel: [3, 2], stride: [2, 1], padding: [1, 0])
    let (x, y, weight) = (f32(2, 4, 5, 8), f32(2, 3, 9, 9), f32(4, 3, 3, 2))
    let transposed = try graph(of: .convTranspose2d(attributes), on: [x, weight])
    #expect(transposed.nodes.first.map { transposed[$0.outputs[0]].type } == y)
    let back = try graph(of: .conv2d(attributes), on: [y, weight])
    #expect(transposed.floatingPointOperations == back.floatingPointOperations)
  }

  @Test("of attention are two products of T by T forward, and five backward")
  func attention() throws {
    let attributes = AttentionAttributes(heads: 2, isCausal: true)
    // In each of 3·2 heads scores and values take 5·5·4 multiply-adds.
    let product: Double = 2 * (3 * 2) * (5 * 5 * 4)
    let forward = try graph(of: .attention(attributes), on: [f32(3, 5, 24)])
    #expect(forward.floatingPointOperations == 2 * product)
    let backward = try graph(
      of: .attentionBackward(attributes), on: [f32(3, 5, 8), f32(3, 5, 24), f32(3, 5, 8), f32(3, 2, 5)])
    #expect(backward.floatingPointOperations == 5 * product)
  }

  @Test("of an LSTM are both products of every step, and twice as many backward")
  func lstm() throws {
    let expected: Double = 2 * (3 * 5) * (8 * (7 + 2))
    let forward = try graph(of: .lstm, on: [f32(3, 5, 7), f32(8, 7), f32(8, 2), f32(8), f32(8)])
    #expect(forward.floatingPointOperations == expected)
    let (y, gates) = (f32(3, 5, 2), f32(3, 5, 8))
    let backward = try graph(of: .lstmBackward, on: [y, f32(3, 5, 7), f32(8, 7), f32(8, 2), y, gates, y])
    #expect(backward.floatingPointOperations == 2 * expected)
  }

  @Test("are none where nothing is multiplied with weights")
  func others() throws {
    #expect(try graph(of: .relu, on: [f32(2, 3)]).floatingPointOperations == 0)
  }
}

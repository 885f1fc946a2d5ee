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

  @Test("are none where nothing is multiplied with weights")
  func others() throws {
    #expect(try graph(of: .relu, on: [f32(2, 3)]).floatingPointOperations == 0)
  }
}

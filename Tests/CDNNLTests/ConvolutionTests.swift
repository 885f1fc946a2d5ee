import CDNNL
import Testing

@Suite("Convolution")
struct ConvolutionTests {
  @Test("forward agrees with an fp64 loop", arguments: ConvolutionCase.all, PrecisionPair.training)
  func forward(convolution: ConvolutionCase, dtypes: PrecisionPair) throws {
    for biasDtype in [nil, Precision.f32] {
      var shape = convolution.shape(dtypes, bias: biasDtype)
      let created = try Primitive.ifSupported(dtypes.input) { cdnnl_convolution_forward_create(&shape, &$0) }
      guard let primitive = created else { return }
      let x = TensorBuffer(randomCount: convolution.xCount, seed: 1, dtypes.input)
      let weight = TensorBuffer(randomCount: convolution.weightCount, seed: 2, dtypes.input)
      let bias = biasDtype.map { TensorBuffer(randomCount: convolution.o, seed: 3, $0) }
      let y = TensorBuffer(count: convolution.yCount, dtypes.output)
      try check(
        cdnnl_convolution_forward_execute(
          primitive.handle, x.pointer, weight.pointer, bias?.pointer, y.pointer, primitive.scratch.pointer))

      var reference = Reference(count: convolution.yCount)
      let (xValues, weightValues) = (x.values, weight.values)
      convolution.forEachProduct { reference.add(xValues[$0] * weightValues[$1], at: $2) }
      if let biasValues = bias?.values {
        for index in 0..<convolution.yCount { reference.add(biasValues[index % convolution.o], at: index) }
      }
      reference.expect(y, terms: convolution.c * convolution.kernel.h * convolution.kernel.w + 1)
    }
  }

  @Test("backward data agrees with an fp64 loop", arguments: ConvolutionCase.all, PrecisionPair.training)
  func backwardData(convolution: ConvolutionCase, dtypes: PrecisionPair) throws {
    var shape = convolution.shape(dtypes, bias: nil)
    let created = try Primitive.ifSupported(dtypes.input) { cdnnl_convolution_backward_data_create(&shape, &$0) }
    guard let primitive = created else { return }
    let dy = TensorBuffer(randomCount: convolution.yCount, seed: 1, dtypes.input)
    let weight = TensorBuffer(randomCount: convolution.weightCount, seed: 2, dtypes.input)
    let dx = TensorBuffer(count: convolution.xCount, dtypes.output)
    try check(
      cdnnl_convolution_backward_data_execute(
        primitive.handle, dy.pointer, weight.pointer, dx.pointer, primitive.scratch.pointer))

    var reference = Reference(count: convolution.xCount)
    let (dyValues, weightValues) = (dy.values, weight.values)
    convolution.forEachProduct { reference.add(dyValues[$2] * weightValues[$1], at: $0) }
    reference.expect(dx, terms: convolution.o * convolution.kernel.h * convolution.kernel.w)
  }

  /// Kernel, stride, padding and dilation of an enlargement by 2, and three other transposed convolutions.
  private static let transposed = [(2, 2, 0, 1), (3, 2, 1, 1), (4, 2, 1, 1), (3, 1, 1, 1), (2, 3, 0, 2)]

  @Test("backward data is torch's ConvTranspose2d", arguments: transposed, PrecisionPair.training)
  func transposedConvolution(geometry: (kernel: Int, stride: Int, padding: Int, dilation: Int), dtypes: PrecisionPair)
    throws
  {
    // x (N, I, 4, 5) with weight (I, O, K, K) gives y (N, O, OH, OW): every pixel of x adds its own kernel's worth.
    let (n, inputs, outputs, h, w) = (2, 6, 9, 4, 5)
    let (kernel, stride, padding, dilation) = geometry
    let oh = (h - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1
    let ow = (w - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1
    let convolution = ConvolutionCase(
      name: "transposed", n: n, c: outputs, h: oh, w: ow, o: inputs, kernel: (kernel, kernel), stride: (stride, stride),
      padding: (padding, padding), dilation: (dilation, dilation))
    #expect(convolution.oh == h && convolution.ow == w)
    var shape = convolution.shape(dtypes, bias: nil)
    let created = try Primitive.ifSupported(dtypes.input) { cdnnl_convolution_backward_data_create(&shape, &$0) }
    guard let primitive = created else { return }
    let x = TensorBuffer(randomCount: n * h * w * inputs, seed: 1, dtypes.input)
    let weight = TensorBuffer(randomCount: inputs * outputs * kernel * kernel, seed: 2, dtypes.input)
    let y = TensorBuffer(count: n * oh * ow * outputs, dtypes.output)
    try check(
      cdnnl_convolution_backward_data_execute(
        primitive.handle, x.pointer, weight.pointer, y.pointer, primitive.scratch.pointer))

    var reference = Reference(count: y.count)
    let (xValues, weightValues) = (x.values, weight.values)
    for (index, value) in xValues.enumerated() {
      let (input, column, row) = (index % inputs, index / inputs % w, index / (inputs * w) % h)
      for tap in 0..<outputs * kernel * kernel {
        let (output, down, right) = (tap / (kernel * kernel), tap / kernel % kernel, tap % kernel)
        let (top, left) = (row * stride - padding + down * dilation, column * stride - padding + right * dilation)
        guard (0..<oh).contains(top), (0..<ow).contains(left) else { continue }
        reference.add(
          value * weightValues[input * outputs * kernel * kernel + tap],
          at: ((index / (inputs * w * h) * oh + top) * ow + left) * outputs + output)
      }
    }
    reference.expect(y, terms: inputs * kernel * kernel)
  }

  @Test("backward weights agrees with an fp64 loop", arguments: ConvolutionCase.all, PrecisionPair.training)
  func backwardWeights(convolution: ConvolutionCase, dtypes: PrecisionPair) throws {
    for biasDtype in [nil, Precision.f32] {
      var shape = convolution.shape(dtypes, bias: biasDtype)
      let created = try Primitive.ifSupported(dtypes.input) { cdnnl_convolution_backward_weights_create(&shape, &$0) }
      guard let primitive = created else { return }
      let x = TensorBuffer(randomCount: convolution.xCount, seed: 1, dtypes.input)
      let dy = TensorBuffer(randomCount: convolution.yCount, seed: 2, dtypes.input)
      let dweight = TensorBuffer(count: convolution.weightCount, dtypes.output)
      let dbias = biasDtype.map { TensorBuffer(count: convolution.o, $0) }
      try check(
        cdnnl_convolution_backward_weights_execute(
          primitive.handle, x.pointer, dy.pointer, dweight.pointer, dbias?.pointer, primitive.scratch.pointer))

      let terms = convolution.n * convolution.oh * convolution.ow
      var reference = Reference(count: convolution.weightCount)
      let (xValues, dyValues) = (x.values, dy.values)
      convolution.forEachProduct { reference.add(xValues[$0] * dyValues[$2], at: $1) }
      reference.expect(dweight, terms: terms)
      if let dbias {
        var sums = Reference(count: convolution.o)
        for (index, value) in dyValues.enumerated() { sums.add(value, at: index % convolution.o) }
        sums.expect(dbias, terms: terms)
      }
    }
  }

  @Test("a primitive follows its buffers and its scratch when they move")
  func buffersMayMove() throws {
    let convolution = ConvolutionCase.all[0]
    var shape = convolution.shape(PrecisionPair(input: .f32, output: .f32), bias: nil)
    let primitive = try Primitive { cdnnl_convolution_forward_create(&shape, &$0) }
    let other = TensorBuffer(count: primitive.scratch.count, .f32)
    var results: [[UInt8]] = []
    for scratch in [primitive.scratch, other, primitive.scratch] {
      let x = TensorBuffer(randomCount: convolution.xCount, seed: 1, .f32)
      let weight = TensorBuffer(randomCount: convolution.weightCount, seed: 2, .f32)
      let y = TensorBuffer(count: convolution.yCount, .f32)
      try check(
        cdnnl_convolution_forward_execute(
          primitive.handle, x.pointer, weight.pointer, nil, y.pointer, scratch.pointer))
      results.append(y.bits)
    }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
  }
}

import CDNNL
import CKernels
import GraphIR
import TensorCore

/// Kernels of conv2d and its two gradients.
///
/// Storage-only formats widen both operands to fp32 scratch and round the result once.
extension KernelContext {
  /// The geometry with formats; x (N, C, H, W), weight (O, C, KH, KW).
  private func convolutionShape(
    x: Shape, weight: Shape, _ attributes: ConvolutionAttributes, dtype: DType, hasBias: Bool
  ) -> cdnnl_convolution {
    let format = isStorageOnly(dtype) ? CDNNL_F32 : dtype.libraryType
    return cdnnl_convolution(
      n: Int64(x[0]), c: Int64(x[1]), h: Int64(x[2]), w: Int64(x[3]), o: Int64(weight[0]), kh: Int64(weight[2]),
      kw: Int64(weight[3]), stride_h: Int64(attributes.stride[0]), stride_w: Int64(attributes.stride[1]),
      pad_h: Int64(attributes.padding[0]), pad_w: Int64(attributes.padding[1]), dilation_h: 1, dilation_w: 1,
      input_dtype: format, output_dtype: format, has_bias: hasBias, bias_dtype: format)
  }

  /// The format that products of a format are computed in.
  func computeFormat(_ dtype: DType) -> DType { isStorageOnly(dtype) ? .float32 : dtype }

  /// y = x ⋆ weight + bias.
  func convolutionForward(_ attributes: ConvolutionAttributes) throws -> Kernel {
    let (x, weight, hasBias) = (input(0), input(1), node.inputs.count == 3)
    let sizes = ConvolutionSizes(
      x: x.shape, weight: weight.shape, y: output(0).shape, attributes, threads: threads)
    if !hasBias, let matrix = convolutionMatrix(sizes) {
      return try convolutionForward(matrix)
    }
    if !hasBias, sizes.fitsOneTile, avoidsLibrary(x.dtype, sizes.tileIsFaster) {
      return try convolutionForwardByProducts(sizes)
    }
    let shape = convolutionShape(
      x: x.shape, weight: weight.shape, attributes, dtype: x.dtype, hasBias: hasBias)
    let primitive = try LibraryPrimitive(self) { out in
      withUnsafePointer(to: shape) { cdnnl_convolution_forward_create($0, out) }
    }
    return widening(node.inputs.indices.map(input), [output(0)], primitive) { operands, results, scratch in
      try LibraryPrimitive.check(
        cdnnl_convolution_forward_execute(
          primitive.handle, operands[0], operands[1], hasBias ? operands[2] : nil, results[0], scratch))
    }
  }

  /// dx from dy and weight.
  func convolutionBackwardData(_ attributes: ConvolutionAttributes) throws -> Kernel {
    let (dy, weight) = (input(0), input(1))
    let padding = (0..<2).map { weight.shape[$0 + 2] - 1 - attributes.padding[$0] }
    let sizes = ConvolutionSizes(
      x: output(0).shape, weight: weight.shape, y: dy.shape, attributes, threads: threads)
    if let matrix = convolutionMatrix(sizes) {
      return try convolutionBackwardData(matrix)
    }
    if attributes.stride == [1, 1], padding.allSatisfy({ $0 >= 0 }),
      avoidsLibrary(dy.dtype, sizes.dataGradientIsFasterByForward)
    {
      return try convolutionBackwardDataByForward(padding: padding)
    }
    let shape = convolutionShape(
      x: output(0).shape, weight: weight.shape, attributes, dtype: dy.dtype, hasBias: false)
    let primitive = try LibraryPrimitive(self) { out in
      withUnsafePointer(to: shape) { cdnnl_convolution_backward_data_create($0, out) }
    }
    return widening([dy, weight], [output(0)], primitive) { operands, results, scratch in
      try LibraryPrimitive.check(
        cdnnl_convolution_backward_data_execute(primitive.handle, operands[0], operands[1], results[0], scratch))
    }
  }

  /// dx for a stride of 1, as a convolution of dy with the filters turned.
  private func convolutionBackwardDataByForward(padding: [Int]) throws -> Kernel {
    let (dy, weight, threads) = (input(0), input(1), threads)
    let (outputs, channels, taps) = (weight.shape[0], weight.shape[1], weight.shape[2] * weight.shape[3])
    let attributes = ConvolutionAttributes(
      kernel: [weight.shape[2], weight.shape[3]], stride: [1, 1], padding: padding)
    let turned = Shape([channels, outputs, weight.shape[2], weight.shape[3]])
    let shape = convolutionShape(x: dy.shape, weight: turned, attributes, dtype: dy.dtype, hasBias: false)
    let primitive = try LibraryPrimitive(self) { out in
      withUnsafePointer(to: shape) { cdnnl_convolution_forward_create($0, out) }
    }
    let compute = isStorageOnly(weight.dtype) ? DType.float32 : weight.dtype
    var layout = ScratchLayout()
    let library = layout.reserve(primitive.scratch)
    let filters = layout.reserve(weight.shape.count * compute.size)
    return widening([dy, weight], [output(0)], primitive, scratch: layout.byteCount) { operands, results, scratch in
      amp_flip_filters(threads, compute.kernelType, operands[1], scratch + filters, outputs, channels, taps)
      try LibraryPrimitive.check(
        cdnnl_convolution_forward_execute(
          primitive.handle, operands[0], scratch + filters, nil, results[0], scratch + library))
    }
  }

  /// dweight and dbias from x and dy.
  func convolutionBackwardWeights(_ attributes: ConvolutionAttributes, bias: Bool) throws -> Kernel {
    let (x, dy) = (input(0), input(1))
    let sizes = ConvolutionSizes(
      x: x.shape, weight: output(0).shape, y: dy.shape, attributes, threads: threads)
    if let matrix = convolutionMatrix(sizes) {
      return try convolutionBackwardWeights(matrix, bias: bias)
    }
    if avoidsLibrary(x.dtype, sizes.weightGradientIsFasterByProducts) {
      return try convolutionWeightGradientByProducts(sizes, bias: bias)
    }
    let shape = convolutionShape(
      x: x.shape, weight: output(0).shape, attributes, dtype: x.dtype, hasBias: bias)
    let primitive = try LibraryPrimitive(self) { out in
      withUnsafePointer(to: shape) { cdnnl_convolution_backward_weights_create($0, out) }
    }
    return widening([x, dy], node.outputs.indices.map(output), primitive) { operands, results, scratch in
      try LibraryPrimitive.check(
        cdnnl_convolution_backward_weights_execute(
          primitive.handle, operands[0], operands[1], results[0], bias ? results[1] : nil, scratch))
    }
  }

  /// y = the data gradient of a convolution with x for dy, plus bias.
  ///
  /// The bias is added to the stored product, so that a 16-bit result is rounded twice; as in torch on CUDA.
  func transposedConvolution(_ attributes: ConvolutionAttributes) throws -> Kernel {
    let (x, weight, y) = (input(0), input(1), output(0))
    let hasBias = node.inputs.count == 3
    let shape = convolutionShape(
      x: y.shape, weight: weight.shape, attributes, dtype: x.dtype, hasBias: false)
    let primitive = try LibraryPrimitive(self) { out in
      withUnsafePointer(to: shape) { cdnnl_convolution_backward_data_create($0, out) }
    }
    let product = widening([x, weight], [y], primitive) { operands, results, scratch in
      try LibraryPrimitive.check(
        cdnnl_convolution_backward_data_execute(primitive.handle, operands[0], operands[1], results[0], scratch))
    }
    guard hasBias else { return product }
    let (dtype, threads) = (y.dtype.kernelType, threads)
    return Kernel(scratch: product.scratch, implementation: product.implementation) { place in
      let call = try product.bind(place)
      return { context in
        try call(context)
        let result = place.outputs[0].pointer(context)
        amp_bias_activation(
          threads, dtype, result, dtype, place.inputs[2].pointer(context), false, dtype, result, y.shape.rows,
          y.shape[1])
      }
    }
  }

  /// Up to three operands, up to two results: enough for every convolution, and no allocation at run time.
  typealias Pointers = InlineArray<3, UnsafeMutableRawPointer>

  /// Wraps a primitive: native formats run in place; storage-only ones go through fp32 scratch.
  ///
  /// - Parameter scratch: bytes that `execute` works in, where it is more than the primitive's.
  func widening(
    _ operands: [TensorType], _ results: [TensorType], _ primitive: LibraryPrimitive, scratch: Int? = nil,
    _ execute: @escaping (borrowing Pointers, borrowing Pointers, UnsafeMutableRawPointer) throws -> Void
  ) -> Kernel {
    let storageOnly = isStorageOnly(operands[0].dtype)
    var layout = ScratchLayout()
    let library = layout.reserve(scratch ?? primitive.scratch)
    let wideOperands = storageOnly ? operands.map { layout.reserveFloats($0) } : []
    let wideResults = storageOnly ? results.map { layout.reserveFloats($0) } : []
    let dtype = operands[0].dtype.kernelType
    let threads = threads
    let name = "oneDNN \(primitive.implementation)"
    return Kernel(
      scratch: layout.byteCount, implementation: storageOnly ? "storage-only: widened, \(name)" : name
    ) { place in
      { context in
        let base = place.scratch.pointer(context)
        var inputs = Pointers(repeating: base)
        var outputs = Pointers(repeating: base)
        for index in operands.indices {
          let source = place.inputs[index].pointer(context)
          inputs[index] = storageOnly ? base + wideOperands[index] : source
          if storageOnly { amp_cast(threads, dtype, source, AMP_F32, inputs[index], operands[index].shape.count) }
        }
        for index in results.indices {
          outputs[index] = storageOnly ? base + wideResults[index] : place.outputs[index].pointer(context)
        }
        try execute(inputs, outputs, base + library)
        guard storageOnly else { return }
        for index in results.indices {
          amp_cast(
            threads, AMP_F32, outputs[index], dtype, place.outputs[index].pointer(context),
            results[index].shape.count)
        }
      }
    }
  }
}

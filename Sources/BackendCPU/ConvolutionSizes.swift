import CKernels
import GraphIR
import TensorCore

/// Extents of one convolution, how its samples are shared out, and when it is computed as products of matrices.
///
/// A window that a filter sees is a row of a matrix (im2row): y = rows · Wᵀ and dW = dyᵀ · rows. For a single channel the
/// windows are columns (im2col), which move whole lines of a picture.
struct ConvolutionSizes {
  let batch: Int
  let outputs: Int
  let windows: amp_windows
  /// Members of the team.
  let members: Int

  init(x: Shape, weight: Shape, y: Shape, _ attributes: ConvolutionAttributes, threads: Int32) {
    (batch, outputs) = (x[0], weight[0])
    windows = amp_windows(
      channels: x[1], height: x[2], width: x[3], kernel_height: weight[2], kernel_width: weight[3],
      stride_height: attributes.stride[0], stride_width: attributes.stride[1],
      padding_height: attributes.padding[0], padding_width: attributes.padding[1], output_height: y[2],
      output_width: y[3])
    members = TeamWork.memberCount(threads)
  }

  var channels: Int { windows.channels }
  /// KH · KW.
  var taps: Int { windows.kernel_height * windows.kernel_width }
  /// KH · KW · C: elements of a window.
  var windowSize: Int { taps * channels }
  /// OH · OW: windows of a sample.
  var places: Int { windows.output_height * windows.output_width }
  /// C · H · W.
  var sampleSize: Int { channels * windows.height * windows.width }

  /// Whether windows are columns.
  var isSingleChannel: Bool { channels == 1 && !isPatches }
  /// Whether windows do not overlap: patches, and filters of 1 × 1.
  private var isPatches: Bool {
    windows.stride_height >= windows.kernel_height && windows.stride_width >= windows.kernel_width
  }
  /// Whether every window is one pixel of the picture.
  var isPixelwise: Bool { taps == 1 && windows.padding_height == 0 && windows.padding_width == 0 }

  /// Whether dW was measured to be faster as products than by oneDNN 2.6 in bf16 with AMX.
  ///
  /// Times of oneDNN over those of products: patches 1.7 to 46, one channel 1.3 to 1.6,
  /// strided filters of 3 × 3 over 32 channels 3 (over 16 1.0), 7 × 7 and 8 × 8 pixels 1.3 to 1.6; pictures of 14 × 14
  /// and more 0.3 to 1.0.
  var weightGradientIsFasterByProducts: Bool {
    guard batch >= members else { return false }
    if channels == 1 || isPatches { return true }
    if windows.stride_height > 1 && windows.stride_width > 1 { return channels >= 32 }
    return places <= 64 && channels >= 64
  }

  /// Whether the forward pass has few enough taps of a single channel for one column of AMX tiles.
  var fitsOneTile: Bool {
    isSingleChannel && taps <= ConvolutionSizes.tile && windows.kernel_width <= Int(amp_window_span)
  }
  /// Elements of a sample of a single channel with its padding.
  var paddedPicture: Int {
    (windows.height + 2 * windows.padding_height) * (windows.width + 2 * windows.padding_width)
  }
  /// Whether such a forward pass was measured to be faster, as `weightGradientIsFasterByProducts`: oneDNN takes 1.5 times
  /// as long for 32 outputs, 0.7 to 1.0 for 16.
  var tileIsFaster: Bool { batch >= members && outputs >= 32 }
  /// Elements of bf16 in a row of a tile.
  static let tile = 32

  /// Whether dx by a forward convolution was measured to be faster, for a stride of 1: oneDNN takes 1.1 to 1.8 times as
  /// long for small pictures and 64 outputs, 0.9 to 1.0 for others, and 0.85 to 1.0 in fp32.
  var dataGradientIsFasterByForward: Bool { outputs >= 64 && places <= 256 }

  /// The share that each member has of the samples, some at a time: windows of `size` elements, and outputs.
  ///
  /// At most a thousand windows of more samples than one, because oneDNN's scratch grows with them.
  func shares<Value>(
    windowSize size: Int, _ dtype: DType, _ make: (_ samples: Int) throws -> Value
  ) rethrows -> [ChunkedShare<Value>] {
    try ChunkedShare.shares(
      of: batch, members: members,
      bytesOfEach: places * max((size + outputs) * dtype.size, chunkBytes / 1024), make)
  }
}

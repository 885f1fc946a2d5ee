/// How convolutions are computed where there is a choice.
public enum ConvolutionMethod: Sendable, Hashable {
  /// By oneDNN's own convolution or gradient, and in another way where that was measured to be faster: as products of
  /// matrices, or dx as a forward convolution.
  case fastest
  /// In another way wherever there is one and the format is computed natively.
  case others
  /// By oneDNN's own convolution or gradient.
  case library
}

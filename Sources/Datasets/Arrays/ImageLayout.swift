/// Where the channels of an array of images lie: decided by the one extent that is 1, 3 or 4.
///
/// (N, H, W) has one channel. (N, C, H, W) has 1, 3 or 4 at C, (N, H, W, C) at C. Where both places, or neither, hold
/// such an extent nobody can tell, and the array is refused.
struct ImageLayout: Equatable {
  let channels: Int
  let height: Int
  let width: Int
  let isChannelsLast: Bool

  private static let channelCounts: Set<Int> = [1, 3, 4]

  /// [C, H, W].
  var sampleShape: [Int] { [channels, height, width] }

  /// Throws `DatasetError` unless the shape is one of the three.
  init(of array: NumericArray) throws {
    let shape = array.shape
    switch shape.count {
    case 3:
      (channels, height, width, isChannelsLast) = (1, shape[1], shape[2], false)
    case 4:
      let isFirst = ImageLayout.channelCounts.contains(shape[1])
      isChannelsLast = ImageLayout.channelCounts.contains(shape[3])
      guard isFirst != isChannelsLast else {
        throw DatasetError(
          .malformed,
          "\(array.source) holds samples of shape \(array.sampleShape): "
            + (isFirst ? "both the first and the last extent" : "neither the first nor the last extent")
            + " can be channels (1, 3 or 4); save it as (N, H, W), (N, C, H, W) or (N, H, W, C) with one that can")
      }
      channels = isChannelsLast ? shape[3] : shape[1]
      height = isChannelsLast ? shape[1] : shape[2]
      width = isChannelsLast ? shape[2] : shape[3]
    default:
      throw DatasetError(
        .malformed,
        "\(array.source) holds samples of shape \(array.sampleShape), expected images (N, H, W), (N, C, H, W) or "
          + "(N, H, W, C)")
    }
  }

  /// Turns samples to channels first, or, with `toLast`, to channels last; samples that lie so already are returned.
  func arranged<Element>(_ elements: [Element], toLast: Bool) -> [Element] {
    guard channels > 1, toLast != isChannelsLast else { return elements }
    let plane = height * width
    let size = channels * plane
    return [Element](unsafeUninitializedCapacity: elements.count) { buffer, initialized in
      for start in stride(from: 0, to: elements.count, by: size) {
        for channel in 0..<channels {
          for position in 0..<plane {
            let first = start + channel * plane + position
            let last = start + position * channels + channel
            (buffer.baseAddress.map { $0 + (toLast ? last : first) })?.initialize(to: elements[toLast ? first : last])
          }
        }
      }
      initialized = elements.count
    }
  }
}

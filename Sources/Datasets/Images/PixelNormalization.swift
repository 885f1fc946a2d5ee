/// What makes a network's input of a pixel: (byte / 255 − mean) / standardDeviation.
public struct PixelNormalization: Sendable, Hashable {
  /// Mean and standard deviation of a channel in the training split, on the scale 0…1.
  public struct Channel: Sendable, Hashable {
    /// Mean.
    public var mean: Double
    /// Standard deviation; one that is not positive and finite counts as 1.
    public var standardDeviation: Double

    /// Creates a channel's figures.
    public init(mean: Double, standardDeviation: Double) {
      self.mean = mean
      self.standardDeviation = standardDeviation
    }
  }

  /// One for every channel, or one for all.
  public let channels: [Channel]
  /// The normalised value of every byte, 256 for each of `channels`.
  private let table: [Float]

  /// The same normalisation for every channel.
  public init(mean: Double, standardDeviation: Double) {
    self.init(channels: [Channel(mean: mean, standardDeviation: standardDeviation)])
  }

  /// A normalisation for each channel.
  public init(channels: [Channel]) {
    self.channels = channels
    table = channels.flatMap { channel in
      let deviation = channel.standardDeviation
      let divisor = deviation > 0 && deviation.isFinite ? deviation : 1
      return (0..<256).map { Float((Double($0) / 255 - channel.mean) / divisor) }
    }
  }

  /// The normalisation that gives every channel of given images mean 0 and standard deviation 1.
  ///
  /// `pixels` are (N, C, H, W), `shape` is [C, H, W]. Complexity: O(n).
  public init(measuring pixels: [UInt8], shape: [Int]) {
    let plane = max(1, shape[1] * shape[2])
    var histograms = [[Int]](repeating: [Int](repeating: 0, count: 256), count: shape[0])
    for channel in 0..<shape[0] {
      for start in stride(from: channel * plane, to: pixels.count, by: shape[0] * plane) {
        for index in start..<(start + plane) { histograms[channel][Int(pixels[index])] += 1 }
      }
    }
    self.init(channels: histograms.map(Channel.init(histogram:)))
  }

  /// Writes one image (C, H, W) as numbers, channels last (H, W, C).
  func write(_ image: UnsafePointer<UInt8>, to values: UnsafeMutablePointer<Float>, channels count: Int, plane: Int) {
    table.withUnsafeBufferPointer { table in
      for channel in 0..<count {
        let row = channels.count == 1 ? 0 : 256 * channel
        var to = channel
        for from in (channel * plane)..<((channel + 1) * plane) {
          values[to] = table[row + Int(image[from])]
          to += count
        }
      }
    }
  }
}

extension PixelNormalization.Channel {
  /// The mean and standard deviation of bytes of which there are `histogram[byte]`.
  init(histogram: [Int]) {
    let count = Double(max(1, histogram.reduce(0, +)))
    var mean = 0.0
    for (value, number) in histogram.enumerated() { mean += Double(value) / 255 * Double(number) / count }
    var variance = 0.0
    for (value, number) in histogram.enumerated() {
      let distance = Double(value) / 255 - mean
      variance += distance * distance * Double(number) / count
    }
    self.init(mean: mean, standardDeviation: variance.squareRoot())
  }
}

/// Noise as a camera adds it, and the step from ink to bytes.
enum PixelNoise {
  /// Adds noise of a standard deviation to ink from 0 to 1, and writes the sum as bytes.
  ///
  /// Overwrites every pixel; there are as many as there is ink.
  static func write(
    _ ink: [Float], deviation: Float, to pixels: UnsafeMutableBufferPointer<UInt8>, _ random: inout KeyedRandom
  ) {
    // The sum of four bytes is close to normal (Irwin–Hall): mean 510, variance 4 · (256² − 1) / 12.
    let scale = deviation / 147.8
    var word: UInt64 = 0
    ink.withUnsafeBufferPointer { ink in
      for index in 0..<ink.count {
        if index % 2 == 0 { word = random.next() } else { word >>= 32 }
        let sum = (word & 0xFF) + (word >> 8 & 0xFF) + (word >> 16 & 0xFF) + (word >> 24 & 0xFF)
        let value = ink[index] + scale * (Float(sum) - 510)
        pixels[index] = UInt8(min(max(value, 0), 1) * 255 + 0.5)
      }
    }
  }
}

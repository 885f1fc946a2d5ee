/// Windows of tokens over one long sequence: window i begins `stride` · i tokens after the first, plus an offset.
///
/// A window is `length` tokens and the one that follows them.
struct TokenWindows: Sendable {
  let tokens: [UInt8]
  /// Tokens of a sample.
  let length: Int
  /// Tokens from one window's start to the next one's.
  let stride: Int
  /// Number of places at which the first window may begin.
  let offsets: Int
  /// Number of windows, whatever the offset.
  let count: Int

  init(_ tokens: [UInt8], length: Int, stride: Int, offsets: Int = 1) {
    self.tokens = tokens
    self.length = length
    self.stride = stride
    self.offsets = offsets
    let room = tokens.count - (offsets - 1) - (length + 1)
    count = room < 0 ? 0 : room / stride + 1
  }

  /// Writes the tokens of windows that are known to exist, and the tokens that follow each of them.
  func write(
    _ indices: ArraySlice<Int>, offset: Int, inputs: UnsafeMutableRawBufferPointer,
    targets: UnsafeMutableRawBufferPointer
  ) {
    tokens.withUnsafeBufferPointer { tokens in
      guard var input = inputs.bindMemory(to: Int64.self).baseAddress,
        var target = targets.bindMemory(to: Int64.self).baseAddress
      else { return }
      for index in indices {
        let start = offset + index * stride
        for place in 0..<length {
          input[place] = Int64(tokens[start + place])
          target[place] = Int64(tokens[start + place + 1])
        }
        input += length
        target += length
      }
    }
  }
}

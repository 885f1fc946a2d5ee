import TensorCore

/// Parts of one scratch block, each 64-byte aligned.
struct ScratchLayout {
  private(set) var byteCount = 0

  /// Reserves a part and returns its offset in the block.
  mutating func reserve(_ bytes: Int) -> Int {
    let offset = byteCount
    byteCount += roundUp(bytes, toMultipleOf: HostBuffer.alignment)
    return offset
  }

  /// Reserves an fp32 copy of a tensor.
  mutating func reserveFloats(_ type: TensorType) -> Int { reserve(type.shape.count * DType.float32.size) }
}

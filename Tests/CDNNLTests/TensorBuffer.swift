/// Elements of one dtype in 64-byte aligned memory, as the C face takes them.
final class TensorBuffer {
  let precision: Precision
  let count: Int
  let pointer: UnsafeMutableRawPointer

  /// Not-a-number everywhere, so that an element that an operation leaves unwritten shows.
  init(count: Int, _ precision: Precision) {
    self.precision = precision
    self.count = count
    let size = count * precision.bytes
    pointer = .allocate(byteCount: max(size, 1), alignment: 64)
    pointer.initializeMemory(as: UInt8.self, repeating: 0xff, count: size)
  }

  /// `values` rounded to nearest even.
  convenience init(_ values: [Double], _ precision: Precision) {
    self.init(count: values.count, precision)
    for (index, value) in values.enumerated() {
      let single = Float(value)
      switch precision {
      case .f32: pointer.storeBytes(of: single, toByteOffset: index * 4, as: Float.self)
      case .f16: pointer.storeBytes(of: Float16(single), toByteOffset: index * 2, as: Float16.self)
      case .bf16:
        let bits = single.bitPattern
        let rounded = (bits &+ 0x7fff &+ ((bits >> 16) & 1)) >> 16
        pointer.storeBytes(of: UInt16(truncatingIfNeeded: rounded), toByteOffset: index * 2, as: UInt16.self)
      }
    }
  }

  /// `count` values spread over -1 ..< 1, the same for the same seed.
  convenience init(randomCount count: Int, seed: UInt64, _ precision: Precision) {
    var state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1
    self.init(
      (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 40) / 0x1p23 - 1
      }, precision)
  }

  deinit { pointer.deallocate() }

  var values: [Double] {
    (0..<count).map { index in
      switch precision {
      case .f32: Double(pointer.load(fromByteOffset: index * 4, as: Float.self))
      case .f16: Double(pointer.load(fromByteOffset: index * 2, as: Float16.self))
      case .bf16:
        Double(Float(bitPattern: UInt32(pointer.load(fromByteOffset: index * 2, as: UInt16.self)) << 16))
      }
    }
  }

  /// The bits, for comparisons that allow no difference.
  var bits: [UInt8] { Array(UnsafeRawBufferPointer(start: pointer, count: count * precision.bytes)) }
}

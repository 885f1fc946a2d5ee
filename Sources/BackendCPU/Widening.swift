import CKernels
import TensorCore

/// fp32 copies of what a storage-only product reads and writes; does nothing for native formats.
struct Widening {
  let isWidened: Bool
  let dtype: DType
  let threads: Int32

  /// A part of a scratch block that holds an fp32 copy.
  struct Part {
    var offset: Int
    var count: Int
  }

  /// Reserves room for `count` elements.
  func reserve(_ count: Int, in layout: inout ScratchLayout) -> Part {
    Part(offset: isWidened ? layout.reserve(count * DType.float32.size) : 0, count: count)
  }

  /// The tensor itself, or its fp32 copy, made now.
  func callAsFunction(
    _ source: UnsafeRawPointer, _ part: Part, _ base: UnsafeMutableRawPointer
  ) -> UnsafeRawPointer {
    guard isWidened else { return source }
    amp_cast(threads, dtype.kernelType, source, AMP_F32, base + part.offset, part.count)
    return UnsafeRawPointer(base + part.offset)
  }

  /// Rows that lie `stride` elements apart: as they are, or as a dense fp32 copy, made now.
  func rows(
    _ source: UnsafeRawPointer, stride: Int, rows: Int, columns: Int, _ part: Part, _ base: UnsafeMutableRawPointer
  ) -> UnsafeRawPointer {
    guard isWidened else { return source }
    for row in 0..<rows {
      amp_cast(
        threads, dtype.kernelType, source + row * stride * dtype.size, AMP_F32,
        base + part.offset + row * columns * DType.float32.size, columns)
    }
    return UnsafeRawPointer(base + part.offset)
  }

  /// Rounds an fp32 result to its place; nothing where the product wrote there itself.
  func narrow(
    _ part: Part, _ base: UnsafeMutableRawPointer, to target: UnsafeMutableRawPointer, _ count: Int
  ) {
    guard isWidened else { return }
    amp_cast(threads, AMP_F32, base + part.offset, dtype.kernelType, target, count)
  }
}

extension UnsafeMutableRawPointer {
  /// The copy that lies in a scratch block.
  static func + (base: UnsafeMutableRawPointer, part: Widening.Part) -> UnsafeMutableRawPointer { base + part.offset }
}

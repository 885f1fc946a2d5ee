#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Uninitialised host memory, aligned for vector loads, freed when the value ends.
public struct HostBuffer: ~Copyable {
  /// First byte.
  public let base: UnsafeMutableRawPointer
  /// Size in bytes.
  public let byteCount: Int

  /// Alignment of every buffer, and of every tensor in an arena: one cache line, one 512-bit vector.
  public static let alignment = 64

  /// Allocates `byteCount` bytes and sets them to zero.
  ///
  /// Throws `AllocationError` where the system has not that much.
  public init(zeroed byteCount: Int) throws(AllocationError) {
    let size = max(byteCount, HostBuffer.alignment)
    var pointer: UnsafeMutableRawPointer?
    guard posix_memalign(&pointer, HostBuffer.alignment, size) == 0, let pointer else {
      throw AllocationError(byteCount: byteCount)
    }
    memset(pointer, 0, size)
    base = pointer
    self.byteCount = byteCount
  }

  deinit { free(base) }
}

/// The system did not grant memory.
public struct AllocationError: Error, CustomStringConvertible {
  /// Bytes asked for.
  public var byteCount: Int

  /// What happened, and what to do.
  public var description: String {
    "out of memory: \(byteCount) bytes were not granted; use a smaller batch, fewer lanes or a smaller model"
  }
}

/// `value` rounded up to the next multiple of `alignment`.
@inlinable
public func roundUp(_ value: Int, toMultipleOf alignment: Int) -> Int {
  (value + alignment - 1) / alignment * alignment
}

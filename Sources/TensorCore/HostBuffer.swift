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

  /// Bytes of a huge page where pages have 4 KiB, and the alignment of buffers that hold one.
  static let hugePage = 2 << 20

  /// Allocates `byteCount` bytes and sets them to zero.
  ///
  /// What fills huge pages asks for them: a step passes through more memory than the translations of small pages that a
  /// processor keeps at hand. Systems that grant none give small pages.
  ///
  /// Throws `AllocationError` where the system has not that much.
  public init(zeroed byteCount: Int) throws(AllocationError) {
    let size = max(byteCount, HostBuffer.alignment)
    let isLarge = size >= HostBuffer.hugePage
    var pointer: UnsafeMutableRawPointer?
    guard posix_memalign(&pointer, isLarge ? HostBuffer.hugePage : HostBuffer.alignment, size) == 0, let pointer
    else { throw AllocationError(byteCount: byteCount) }
    // Advice alone: what comes of it is not an error. The last page is left out where the buffer does not fill it.
    if isLarge { madvise(pointer, size / HostBuffer.hugePage * HostBuffer.hugePage, MADV_HUGEPAGE) }
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

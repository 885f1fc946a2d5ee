public import TensorCore

/// State in host memory, with the arena of whichever executable is active.
public final class HostState: DeviceState {
  /// Names, formats and places.
  public let layout: StateLayout
  /// Scale, step count and the like.
  public var control = StepControl()
  private let storage: HostBuffer
  private var arenaStorage: HostBuffer

  /// A state of zeros.
  ///
  /// Throws `AllocationError`.
  public init(_ layout: StateLayout) throws(AllocationError) {
    self.layout = layout
    storage = try HostBuffer(zeroed: layout.byteCount)
    arenaStorage = try HostBuffer(zeroed: 0)
  }

  /// First byte of the entries.
  public var base: UnsafeMutableRawPointer { storage.base }

  /// First byte of the arena.
  public var arena: UnsafeMutableRawPointer { arenaStorage.base }

  /// Size of the arena in bytes.
  public var arenaByteCount: Int { arenaStorage.byteCount }

  /// Makes the arena at least `byteCount` bytes large; its contents are lost when it grows.
  ///
  /// Throws `AllocationError`.
  public func reserveArena(_ byteCount: Int) throws(AllocationError) {
    if arenaStorage.byteCount >= byteCount { return }
    // The old arena goes first, so that the two never take memory at once.
    arenaStorage = try HostBuffer(zeroed: 0)
    arenaStorage = try HostBuffer(zeroed: byteCount)
  }

  /// Writes an entry.
  ///
  /// Throws `BackendError` for an unknown name or another size.
  public func write(_ name: String, from bytes: UnsafeRawBufferPointer) throws {
    let destination = try entryBytes(name, count: bytes.count)
    destination.copyMemory(from: bytes)
    control.magnitudes = nil
  }

  /// Reads an entry.
  ///
  /// Throws `BackendError` for an unknown name or another size.
  public func read(_ name: String, into bytes: UnsafeMutableRawBufferPointer) throws {
    bytes.copyMemory(from: UnsafeRawBufferPointer(try entryBytes(name, count: bytes.count)))
  }

  /// A state of its own with the same contents, without an arena.
  ///
  /// Throws `AllocationError`.
  public func copy() throws -> any DeviceState {
    let copy = try HostState(layout)
    copy.storage.base.copyMemory(from: storage.base, byteCount: layout.byteCount)
    copy.control = control
    return copy
  }

  private func entryBytes(_ name: String, count: Int) throws -> UnsafeMutableRawBufferPointer {
    guard let entry = layout[name] else { throw BackendError.unknownEntry(name) }
    guard count == entry.byteCount else {
      throw BackendError("tensor \"\(name)\" \(entry.shape) has \(entry.byteCount) bytes, found \(count)")
    }
    return UnsafeMutableRawBufferPointer(start: storage.base + entry.offset, count: entry.byteCount)
  }
}

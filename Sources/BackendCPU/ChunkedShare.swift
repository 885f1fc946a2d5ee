import CKernels
import TensorCore

/// The share that one member of a team has of many equal things, some at a time, with what computes so many.
///
/// What a chunk reads and writes should stay in a second-level cache from its first pass to its last.
struct ChunkedShare<Value> {
  /// The member's things.
  let range: Range<Int>
  /// Things at a time.
  let chunk: Int
  /// What computes a whole chunk; nil where there is none.
  let whole: Value?
  /// What computes those that are left over; nil where there are none.
  let rest: Value?

  /// Shares of `count` things, one a member; `make` makes what computes so many at a time.
  static func shares(
    of count: Int, members: Int, bytesOfEach: Int, _ make: (_ count: Int) throws -> Value
  ) rethrows -> [ChunkedShare] {
    let most = max(1, chunkBytes / max(bytesOfEach, 1))
    let chunk = min(most, max(1, (count + members - 1) / members))
    return try (0..<members).map { member in
      let range = TeamWork.part(of: count, member: member, members: members)
      let rest = range.count % chunk
      return ChunkedShare(
        range: range, chunk: chunk, whole: range.count >= chunk ? try make(chunk) : nil,
        rest: rest > 0 ? try make(rest) : nil)
    }
  }

  /// Calls `body` for every chunk.
  func forEach(_ body: (Range<Int>, Value) throws -> Void) rethrows {
    var start = range.lowerBound
    while start < range.upperBound {
      let part = start..<min(start + chunk, range.upperBound)
      if let value = part.count == chunk ? whole : rest { try body(part, value) }
      start = part.upperBound
    }
  }

  /// What computes some chunk; nil where there are none.
  var first: Value? { whole ?? rest }

  /// The larger of both by a size.
  func most(_ size: (Value) -> Int) -> Int { max(whole.map(size) ?? 0, rest.map(size) ?? 0) }
}

/// Bytes of a chunk, unless one thing alone has more: a fourth of a second-level cache of 2 MiB.
let chunkBytes = 512 << 10

extension KernelContext {
  /// Adds the fp32 sums of the other members of the team to those of the first, in their order.
  ///
  /// The sums of a member lie `memberBytes` behind those of the one before; each has `count` of them.
  static func addSums(
    _ threads: Int32, _ first: UnsafeMutableRawPointer, memberBytes: Int, members: Int, count: Int
  ) {
    let total = first.assumingMemoryBound(to: Float.self)
    for member in 1..<members { amp_accumulate(threads, AMP_F32, first + member * memberBytes, total, count, false) }
  }
}

import CKernels

/// Work that the members of a lane's team do side by side without meeting: each runs the body once, on a part of its own.
///
/// Where an operation is many small products one after the other, waking the team for each takes as long as the product.
/// Inside the body everything runs on one thread: our kernels with 1 thread, and products of oneDNN that were made for one
/// (`BatchedProduct`), each member with its own, since a primitive is bound to addresses.
// @unchecked: a member writes to its own place in `errors` only, and the team has finished when `run` reads them.
final class TeamWork: @unchecked Sendable {
  private let members: Int
  private let body: (borrowing CallContext, _ member: Int) throws -> Void
  private let errors: UnsafeMutableBufferPointer<(any Error)?>

  /// Creates work for `threads` members.
  init(threads: Int32, _ body: @escaping (borrowing CallContext, _ member: Int) throws -> Void) {
    members = TeamWork.memberCount(threads)
    self.body = body
    errors = .allocate(capacity: members)
    errors.initialize(repeating: nil)
  }

  deinit {
    errors.deinitialize()
    errors.deallocate()
  }

  /// Members of a team of `threads`.
  static func memberCount(_ threads: Int32) -> Int { max(Int(threads), 1) }

  /// The part of `count` things that a member works on: parts differ by one at most.
  static func part(of count: Int, member: Int, members: Int) -> Range<Int> {
    count * member / members..<count * (member + 1) / members
  }

  private struct Job {
    let work: Unmanaged<TeamWork>
    let context: CallContext
  }

  /// Runs the body on every member and waits for all.
  ///
  /// Throws the error of the first member that failed.
  func run(_ context: borrowing CallContext) throws {
    let job = Job(work: .passUnretained(self), context: copy context)
    withUnsafePointer(to: job) {
      amp_parallel(
        Int32(members),
        { pointer, index, _ in
          guard let job = pointer?.assumingMemoryBound(to: Job.self) else { return }
          let work = job.pointee.work.takeUnretainedValue()
          do {
            try work.body(job.pointee.context, Int(index))
          } catch {
            work.errors[Int(index)] = error
          }
        }, UnsafeMutableRawPointer(mutating: $0))
    }
    for member in 0..<members {
      guard let error = errors[member] else { continue }
      for place in errors.indices { errors[place] = nil }
      throw error
    }
  }
}

import BackendAPI
import CDNNL
import CKernels

/// A primitive of oneDNN, destroyed with the last kernel that holds it.
final class LibraryPrimitive {
  let handle: OpaquePointer
  let scratch: Int
  let implementation: String

  /// Calls `create`; throws `BackendError` with the library's own words where it refuses.
  ///
  /// A primitive is made for a number of threads: those of the lane, or one (`isForOneThread`), whoever executes it.
  init(
    _ context: KernelContext, isForOneThread: Bool = false,
    _ create: (UnsafeMutablePointer<OpaquePointer?>) -> cdnnl_status
  ) throws {
    let team = amp_team_size()
    if isForOneThread { amp_set_team_size(1) }
    defer { if isForOneThread { amp_set_team_size(team) } }
    var created: OpaquePointer?
    let status = create(&created)
    guard status == CDNNL_OK, let created else {
      throw context.failure("oneDNN refused: \(String(cString: cdnnl_last_error()))")
    }
    handle = created
    scratch = cdnnl_scratch_size(created)
    implementation = String(cString: cdnnl_implementation(created))
  }

  deinit { cdnnl_destroy(handle) }

  /// Throws `BackendError` where a call failed.
  @inline(__always)
  static func check(_ status: cdnnl_status) throws {
    if status != CDNNL_OK {
      throw BackendError("oneDNN failed while running: \(String(cString: cdnnl_last_error()))")
    }
  }
}

import BackendAPI
import CDNNL

/// A primitive of oneDNN, destroyed with the last kernel that holds it.
final class LibraryPrimitive {
  let handle: OpaquePointer
  let scratch: Int
  let implementation: String

  /// Calls `create`; throws `BackendError` with the library's own words where it refuses.
  init(_ context: KernelContext, _ create: (UnsafeMutablePointer<OpaquePointer?>) -> cdnnl_status) throws {
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

import CDNNL
import Testing

/// What a call that did not succeed said.
struct Failure: Error {
  let status: cdnnl_status
  let message: String
}

/// The message of the last failure on this thread.
func lastError() -> String { String(cString: cdnnl_last_error()) }

/// Throws the failure that `status` reports.
func check(_ status: cdnnl_status) throws(Failure) {
  if status != CDNNL_OK { throw Failure(status: status, message: lastError()) }
}

/// A primitive and the scratch that it asks for.
final class Primitive {
  let handle: OpaquePointer
  let scratch: TensorBuffer

  init(_ create: (inout OpaquePointer?) -> cdnnl_status) throws {
    var created: OpaquePointer?
    try check(create(&created))
    handle = try #require(created)
    scratch = TensorBuffer(count: cdnnl_scratch_size(handle) / Precision.f32.bytes, .f32)
  }

  deinit { cdnnl_destroy(handle) }

  /// The primitive, or nil where the machine has none for a 16-bit dtype, in which case the refusal must explain itself.
  static func ifSupported(_ input: Precision, _ create: (inout OpaquePointer?) -> cdnnl_status) throws -> Primitive? {
    do {
      return try Primitive(create)
    } catch let failure as Failure where input != .f32 {
      #expect(failure.status == CDNNL_UNSUPPORTED)
      #expect(failure.message.contains("has no implementation on"))
      #expect(failure.message.contains(input.rawValue))
      return nil
    }
  }
}

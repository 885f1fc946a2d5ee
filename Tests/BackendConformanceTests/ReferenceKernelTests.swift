import BackendCPU
import CKernels
import Testing

@Suite("Reference kernels")
struct ReferenceKernelTests {
  private struct Failure: Error {}

  @Test("The reference kernels run in place of the others, and no longer than asked for")
  func selection() {
    let before = amp_selected_isa()
    #expect(CPUBackend.withReferenceKernels { amp_selected_isa() } == AMP_ISA_REFERENCE)
    #expect(amp_selected_isa() == before)
    #expect(throws: Failure.self) { try CPUBackend.withReferenceKernels { throw Failure() } }
    #expect(amp_selected_isa() == before)
  }
}

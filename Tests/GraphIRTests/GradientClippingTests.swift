import GraphIR
import Testing

@Suite("Gradient clipping")
struct GradientClippingTests {
  @Test("by norm leaves short gradients alone and shortens long ones to the limit")
  func norm() {
    let clipping = GradientClipping.norm(2)
    #expect(clipping.factor(norm: 0) == 1)
    #expect(clipping.factor(norm: 1.5) == 1)
    // torch divides by norm + 1e-6.
    #expect(clipping.factor(norm: 8) == 2 / (8 + 1e-6))
    #expect(clipping.factor(norm: .infinity) == 0)
  }

  @Test("by value multiplies by nothing")
  func value() {
    #expect(GradientClipping.value(2).factor(norm: 8) == 1)
    #expect(GradientClipping.value(2).maximum == 2)
  }
}

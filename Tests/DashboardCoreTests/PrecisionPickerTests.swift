import Testing
import TrainingEvents

@testable import DashboardCore

@Suite("Choosing a precision")
struct PrecisionPickerTests {
  private let b = LaneID(1)

  private func driver() -> Driver {
    let driver = Driver(DashboardState())
    driver.receive(.session(ScriptedRun.sessionWithAllModes()), after: 0)
    for lane in 0...1 { driver.receive(.lane(LaneStateReport(lane: LaneID(lane), attempt: 0, state: .running))) }
    return driver
  }

  private func text(_ state: Driver, _ width: Int = 80, _ height: Int = 24) -> String {
    render(state.state, theme: .standard, width: width, height: height, glyphs: .unicode).text
  }

  @Test("p goes through the lossless modes of the device, and leaves out what it refuses")
  func cycle() {
    let state = driver()
    let sent = (0..<4).map { _ in state.press(.character("p")) }
    #expect(sent == [.ampFP16, .o2, .fp32, .ampBF16].map { [.send(.setPrecision(b, $0))] })
    // Without masters o2 stores fp16, which rounds: p does not go there.
    state.state.lanes[1].overrides.masterWeights = false
    #expect(state.press(.character("p")) == [.send(.setPrecision(b, .ampFP16))])
    #expect(state.press(.character("p")) == [.send(.setPrecision(b, .fp32))])
  }

  @Test("The list shows every mode, why one is refused, and which round")
  func list() throws {
    let state = driver()
    state.press(.character("P"))
    let grid = render(state.state, theme: .standard, width: 80, height: 24, glyphs: .unicode)
    try Snapshot.check(grid, "precisions-all-80x24")
    for phrase in [
      "not on this device", "no TF32 tensor cores", "rounds the parameters once", "storage-only", "native",
    ] {
      #expect(grid.text.contains(phrase))
    }
    for height in [1, 5, 9, 12, 16] { #expect(text(state, 50, height).isEmpty == false) }
    #expect(text(state, 80, 14).contains("▶ amp-bf16"))
  }

  @Test("A refused mode cannot be chosen: the mark leaps over it, its digit says why")
  func refused() {
    let state = driver()
    state.press(.character("P"), .up)
    #expect(state.overlay == .precision(0))
    #expect(state.press(.character("2")).isEmpty && state.overlay == .precision(0))
    #expect(state.hint?.text == "tf32: this device has no TF32 tensor cores: take fp32")
    #expect(state.press(.down, .down, .enter) == [.send(.setPrecision(b, .ampFP16))])
  }

  @Test("A mode that rounds the parameters asks first: y and Enter switch, n, q and Esc do not")
  func lossy() throws {
    let state = driver()
    #expect(state.press(.character("P"), .end, .character("7")).isEmpty)
    #expect(state.overlay == .lossyPrecision(b, .bf16))
    try Snapshot.check(
      render(state.state, theme: .standard, width: 80, height: 24, glyphs: .unicode), "precision-lossy-80x24")
    for key in [DashboardKey.character("n"), .character("q"), .escape] {
      #expect(state.press(key).isEmpty && state.overlay == nil && state.lanes[1].pendingPrecision == nil)
      state.press(.character("P"), .character("7"))
    }
    #expect(state.press(.character("x")).isEmpty && state.overlay == .lossyPrecision(b, .bf16))
    #expect(state.press(.character("y")) == [.send(.setPrecision(b, .bf16))])
    #expect(state.overlay == nil && state.lanes[1].pendingPrecision == .bf16)
    #expect(state.press(.character("P"), .character("6"), .enter) == [.send(.setPrecision(b, .fp16))])
    state.press(.character("P"), .character("7"))
    state.take(.sessionEnded)
    #expect(state.overlay == nil)
  }

  @Test(":precision asks and refuses likewise")
  func command() {
    let state = driver()
    func type(_ line: String) -> [DashboardEffect] {
      state.press(.character(":"), .paste("precision \(line)"), .enter)
    }
    #expect(type("fp16 A").isEmpty && state.overlay == .lossyPrecision(LaneID(0), .fp16))
    #expect(state.press(.enter) == [.send(.setPrecision(LaneID(0), .fp16))])
    #expect(type("tf32").isEmpty && state.hint?.text.contains("take fp32") == true)
    #expect(type("o2") == [.send(.setPrecision(b, .o2))])
    #expect(state.state.completions(of: "precision ") == ["fp32", "amp-bf16", "amp-fp16", "o2", "fp16", "bf16"])
  }

  @Test("The log says that a change rounded, and the header names each format once")
  func texts() {
    let state = driver()
    state.receive(
      .precision(
        PrecisionReport(
          lane: b, attempt: 9, from: .ampBF16, to: .bf16, compileMilliseconds: 0, lossy: true, scaler: .off)))
    #expect(state.log.lines.last?.text.contains("lossy: parameters were rounded once") == true)
    let screen = text(state, 160, 40)
    #expect(screen.contains("fp32 native · bf16 native · fp16 storage-only  "))
    state.receive(
      .precision(
        PrecisionReport(
          lane: b, attempt: 10, from: .bf16, to: .fp16, compileMilliseconds: 0, lossy: true, scaler: .off)))
    #expect(text(state, 160, 40).contains("fp16 without loss scaling"))
  }
}

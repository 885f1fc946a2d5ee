import Testing
import TrainingEvents

@testable import DashboardCore

@Suite("Commands about precision")
struct PrecisionCommandTests {
  private let a = LaneID(0)
  private let b = LaneID(1)

  @discardableResult
  private func type(_ text: String, into state: Driver) -> [DashboardEffect] {
    let keys = text.unicodeScalars.map { DashboardKey.character($0) }
    return ([.character(":")] + keys + [.enter]).flatMap { state.take(.key($0)) }
  }

  @Test("keep and unkeep change what a lane keeps in fp32, from what was asked for last")
  func keep() {
    let state = Driver(Fixture.lab)
    let first = PrecisionOverrides(keepFP32: ["features.*"])
    let both = PrecisionOverrides(keepFP32: ["features.*", "layer_norm"])
    #expect(type("keep features.*", into: state) == [.send(.setOverrides(b, first))])
    #expect(type("keep layer_norm b", into: state) == [.send(.setOverrides(b, both))])
    #expect(type("unkeep layer_norm", into: state) == [.send(.setOverrides(b, first))])
    #expect(type("unkeep all B", into: state) == [.send(.setOverrides(b, PrecisionOverrides()))])
    // Nothing is kept any more, as far as was asked for: nothing is pending either.
    #expect(state.lanes[1].pendingOverrides == nil)
  }

  @Test("The scaler, the scale, faults and numerics are asked of the session")
  func commands() throws {
    let state = Driver(Fixture.lab)
    #expect(type("scaler Apex", into: state) == [.send(.setScaler(b, "apex"))])
    #expect(type("scaler none A", into: state) == [.send(.setScaler(a, "none"))])
    #expect(type("scale 1024", into: state) == [.send(.setScale(b, 1024))])
    #expect(type("scale 2^-3 B", into: state) == [.send(.setScale(b, 0.125))])
    let fault = Fault(.inject(.nan, tensor: "grad:features.0"), attempt: 700, lane: b)
    #expect(type("fault nan:grad:features.0@700/B", into: state) == [.send(.inject(fault))])
    #expect(type("numerics 5", into: state) == [.send(.setNumerics(every: 5))] && state.numericsRequest == .every(5))
    #expect(type("numerics off", into: state) == [.send(.setNumerics(every: nil))] && state.numericsRequest == .off)
  }

  @Test("what-if shows the numerics pane and leaves the training alone, in recorded runs too")
  func whatIf() {
    let state = Driver(Fixture.lab)
    #expect(type("what-if bf16 12", into: state).isEmpty)
    #expect(state.whatIf == WhatIf(format: .bf16, log2Scale: 12) && state.focus == .pane(.numerics))
    state.take(.replay(ReplayStatus(position: 1, duration: 2, speed: 1, isPaused: false)))
    type("what-if fp16", into: state)
    #expect(state.whatIf == WhatIf(format: .fp16, log2Scale: nil))
    type("what-if off", into: state)
    #expect(state.whatIf == .asStored && state.state.shownPanes.contains(.numerics))
  }

  @Test("Mistakes say what is wanted and change nothing")
  func mistakes() {
    let state = Driver(Fixture.lab)
    for (line, hint) in [
      ("keep", "keep wants PATTERN LANE"), ("keep conv z", "there is no lane z"),
      ("keep conv a", "keep_fp32 means nothing to fp32"), ("unkeep conv", "lane B keeps no layer in fp32"),
      ("scaler torhc", "no scaler \"torhc\"; did you mean torch?"), ("scale 0", "a loss scale is a number above 0"),
      ("scale 2^5000", "a loss scale is a number above 0"), ("scale x", "as 65536 or 2^16"),
      ("scale 8 a", "lane A does not scale its loss"), ("fault nan", "unknown fault in \"nan\""),
      ("fault nan:x/Z", "there is no lane Z"), ("numerics 0", "numerics wants a number of attempts"),
      ("what-if fp8", "no format \"fp8\""), ("what-if fp16 big", "the scale is a power of two"),
      ("what-if fp16 999", "from -64 to 127"),
    ] {
      #expect(type(line, into: state).isEmpty, "\(line)")
      #expect(state.hint?.text.contains(hint) == true, "\(line): \(state.hint?.text ?? "")")
    }
    type("keep conv1", into: state)
    type("unkeep conv2", into: state)
    #expect(state.hint?.text == "lane B does not keep \"conv2\"; did you mean conv1?")
    type("keep conv1", into: state)
    #expect(state.hint?.text == "lane B keeps conv1 in fp32 already")
  }

  @Test(
    "A recorded run, and one that is over, cannot be changed",
    arguments: [
      "keep conv", "unkeep all", "scaler torch", "scale 8", "fault nan:x", "numerics 20", "lr 0.1", "precision fp32",
    ])
  func refused(line: String) {
    let recorded = Driver(Fixture.lab)
    recorded.take(.replay(ReplayStatus(position: 1, duration: 2, speed: 1, isPaused: false)))
    #expect(type(line, into: recorded).isEmpty && recorded.hint?.text.contains("recorded") == true)
    let over = Driver(Fixture.complete)
    over.press(.escape)
    #expect(type(line, into: over).isEmpty && over.hint?.text.contains("the run is over") == true)
  }

  @Test("Tab completes layers, kept patterns, scalers, faults, formats")
  func completion() {
    let state = Driver(Fixture.lab)
    #expect(state.state.completions(of: "keep f").count == 5)
    #expect(state.state.completions(of: "scaler meg") == ["megatron"])
    #expect(state.state.completions(of: "fault nan:grad:c") == ["nan:grad:classifier"])
    #expect(state.state.completions(of: "numerics o") == ["off"])
    #expect(state.state.completions(of: "what-if f") == ["fp32", "fp16"])
    #expect(state.state.completions(of: "unkeep ") == ["all"])
    type("keep conv1", into: state)
    #expect(state.state.completions(of: "unkeep ") == ["conv1", "all"])
    for width in [20, 80, 200] {
      state.press(.character(":"), .paste("fault "))
      #expect(render(state.state, theme: .standard, width: width, height: 24, glyphs: .ascii).width == width)
      state.press(.escape)
    }
  }
}

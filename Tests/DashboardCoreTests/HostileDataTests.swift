import Testing
import TrainingEvents

@testable import DashboardCore

@Suite("Hostile data")
struct HostileDataTests {
  /// Numbers from a seed, many of them such as no engine should send.
  private struct Source {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    mutating func number() -> Double {
      let odd: [Double] = [
        .nan, .infinity, -.infinity, 0, -0.0, 1e308, -1e308, .leastNonzeroMagnitude, 3.5e38, -1, 1e-9,
      ]
      return below(3) == 0 ? odd[below(odd.count)] : Double(below(1000)) / 100
    }

    mutating func integer() -> Int {
      let odd = [Int.max, Int.min, -1, 0, 1 << 53, 1 << 62]
      return below(3) == 0 ? odd[below(odd.count)] : below(2000)
    }

    mutating func text() -> String { ["", "\u{1B}[2J", "日本", "a\u{301}", "🦀", "x\ny\t", "ok"][below(7)] }
  }

  private static func event(_ source: inout Source) -> TrainingEvent.Body {
    let lane = LaneID(source.below(4) - 1)
    let attempt = source.integer()
    switch source.below(9) {
    case 0...3:
      return .step(
        StepReport(
          lane: lane, attempt: source.below(4) == 0 ? attempt : source.below(5000), committedStep: source.integer(),
          committed: source.below(2) == 0, skipReason: .nonFiniteLoss, loss: source.number(),
          scale: source.below(2) == 0 ? source.number() : nil, stepsToGrowth: source.integer(),
          stepMilliseconds: source.number(),
          phases: PhaseTimes(forward: source.number(), backward: source.number(), cast: source.number()),
          gradNorm: source.number(), learningRate: source.number(), samples: source.integer(), segment: source.below(5))
      )
    case 4:
      return .scale(
        ScaleReport(lane: lane, attempt: attempt, from: source.number(), to: source.number(), cause: .backoff))
    case 5:
      return .precision(
        PrecisionReport(
          lane: lane, attempt: attempt, from: .fp32, to: .ampFP16, compileMilliseconds: source.number(), lossy: true,
          scaler: .kept))
    case 6:
      let bytes = MemoryBreakdown(
        parameters: source.integer(), gradients: source.integer(), activations: source.integer())
      return .memory(
        MemoryReport(
          lane: lane, attempt: attempt, precision: .fp32, bytes: bytes, peak: source.integer(),
          unshared: source.integer(), rss: source.integer()))
    case 7:
      let counts = (0..<source.below(5)).map { _ in source.integer() }
      let tensor = TensorReport(
        name: source.text(), layer: source.text(), kind: .activation, format: .fp16, count: source.integer(),
        sampled: source.integer(), largest: source.number(), zeros: source.integer(), infinities: source.integer(),
        nans: source.integer(), histogram: ExponentHistogram(lowest: source.below(2000) - 1000, counts: counts),
        updateSurvival: source.number())
      return .numerics(
        NumericsReport(
          lane: lane, attempt: attempt, scale: source.number(), isDetailed: source.below(2) == 0, tensors: [tensor],
          overhead: source.number()))
    default: return .note(Message(lane: lane, text: source.text()))
    }
  }

  @Test("Whatever comes, every screen is drawn with characters of one column", arguments: 0..<60)
  func drawn(seed: Int) {
    var source = Source(state: UInt64(seed + 1))
    let state = Driver(DashboardState())
    state.receive(
      .session(ScriptedRun.session(schedule: .alternating, isSynthetic: seed % 2 == 0, steps: nil)), after: 0)
    let keys: [DashboardKey] = [
      "L", "y", "o", "X", "+", "-", "h", "l", "x", "n", "N", "[", "v", "7", "8", "H", "k", "f", "w",
    ].map { .character(Unicode.Scalar($0) ?? " ") }
    for round in 0..<12 {
      for _ in 0..<60 { state.receive(Self.event(&source), after: source.number()) }
      for _ in 0..<3 { state.press(keys[source.below(keys.count)]) }
      state.take(.tick(time: source.number(), cost: FrameCost(processorShare: source.number())))
      let (width, height) = [(80, 24), (120, 40), (200, 60), (41, 13), (20, 5), (1, 1)][round % 6]
      state.take(.resize(width: width, height: height))
      let grid = render(state.state, theme: .standard, width: width, height: height, glyphs: .unicode)
      #expect(grid.cells.count == width * height)
      #expect(grid.cells.allSatisfy { $0.character.cellCharacter == $0.character })
    }
  }

  @Test("A session with no step, and one with a single step of every odd loss, is drawn on every axis")
  func fewPoints() {
    for loss in [nil, Double.nan, .infinity, 0, -1, 1e308, .leastNonzeroMagnitude] {
      let state = Driver(Fixture.starting)
      if let loss {
        for lane in 0...1 {
          state.receive(
            .step(
              StepReport(
                lane: LaneID(lane), attempt: 0, committedStep: 1, committed: true, skipReason: nil, loss: loss,
                scale: loss, stepsToGrowth: nil, stepMilliseconds: 1, phases: PhaseTimes(), gradNorm: loss,
                learningRate: loss, samples: 128, segment: 0)))
        }
      }
      for _ in 0..<2 {
        state.press(.character("L"))
        for _ in 0..<2 {
          state.press(.character("y"), .character("X"), .character("o"))
          let grid = render(state.state, theme: .standard, width: 120, height: 40, glyphs: .unicode)
          #expect(grid.text.contains("loss") && grid.cells.count == 4800)
        }
      }
    }
  }

  @Test("Ten million points: every column's extent is exact", .timeLimit(.minutes(2)))
  func tenMillion() {
    var pyramid = MinMaxPyramid()
    let count = 10_000_000
    for index in 0..<count { pyramid.append(index == 6_543_210 ? 1000 : Float(index % 7)) }
    let columns = 400
    for column in 0..<columns {
      let range = column * (count / columns)..<(column + 1) * (count / columns)
      let high: Float = range.contains(6_543_210) ? 1000 : 6
      #expect(pyramid.extent(range) == MinMaxPyramid.Extent(low: 0, high: high))
    }
  }
}

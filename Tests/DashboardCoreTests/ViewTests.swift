import Testing
import TrainingEvents

@testable import DashboardCore

@Suite("Views")
struct ViewTests {
  private func text(_ state: DashboardState, _ width: Int = 120, _ height: Int = 40) -> String {
    render(state, theme: .standard, width: width, height: height, glyphs: .unicode).text
  }

  @Test("A lane without a scaler says so, and how to get one")
  func noScaler() {
    let screen = text(Fixture.paying)
    #expect(screen.contains("fp32 needs no scaling"))
    #expect(screen.contains("bf16 needs no scaling: press p for fp16"))
  }

  @Test("A lane with a scaler shows value, countdown and PyTorch's default")
  func scaler() {
    let screen = text(Fixture.running)
    #expect(screen.contains("65 536") && screen.contains("87/100 (PyTorch 2000)"))
    #expect(screen.contains("▲") && screen.contains("▼") && screen.contains("✕"))
  }

  @Test("A precision change is labelled on every chart of its lane")
  func markers() {
    let screen = text(Fixture.running, 200, 60)
    #expect(screen.split(separator: "\n").joined(separator: "\n").components("B→amp-fp16") == 3)
  }

  @Test(
    "Synthetic data is named as such on every layout with a border",
    arguments: [(200, 60), (120, 40), (80, 24), (60, 20)])
  func synthetic(size: (Int, Int)) {
    #expect(text(Fixture.concurrent, size.0, size.1).contains("SYNTHETIC"))
  }

  @Test("The verdict says whether and why, from measured phases")
  func verdict() {
    #expect(Verdict.lines(Fixture.paying, width: 80).map(\.text) == ["bf16 pays: forward+backward ×1.75, casts 5 %"])
    let lines = Verdict.lines(Fixture.running, width: 80)
    #expect(lines.map(\.text) == ["fp16 does not pay: computed in fp32"])
    #expect(lines.first?.kind == .doesNotPay)
    let contending = Verdict.lines(Fixture.concurrent, width: 42).map(\.text)
    #expect(contending == ["bf16 likely pays: fwd+bwd ×1.75, casts 5 %"])
    #expect(Verdict.lines(Fixture.starting, width: 80).isEmpty)
  }

  @Test("A storage-only format that gains time is not said to compute in it")
  func storageOnlyVerdict() {
    let events = ScriptedRun(switchAt: nil).events.map { event in
      guard case .session(var session) = event.body else { return event }
      for index in session.precisions.indices where session.precisions[index].precision == .ampBF16 {
        session.precisions[index].isNative = false
      }
      return TrainingEvent(time: event.time, body: .session(session))
    }
    let state = Fixture.state(events)
    #expect(
      Verdict.lines(state, width: 80).map(\.text) == ["bf16 pays: fwd+bwd ×1.75, computed in fp32"])
    #expect(Verdict.lines(state, width: 36).map(\.text) == ["storage-only, yet fwd+bwd ×1.75"])
  }

  @Test("Native or storage-only stands beside the step times, also on a small screen")
  func nativeLabel() {
    for (width, height) in [(200, 60), (120, 40), (80, 24)] {
      let screen = text(Fixture.running, width, height)
      #expect(screen.contains("storage-only") && screen.contains("native"))
    }
  }

  @Test("Evaluation and agreement appear when they come")
  func evaluation() {
    let state = Driver(Fixture.complete)
    state.press(.escape)
    let screen = text(state.state)
    #expect(screen.contains("88.12 %") && screen.contains("as accurate (within ±1 point)"))
  }

  @Test("A pending precision and a pending schedule are shown until confirmed")
  func pending() {
    let state = Driver(Fixture.paying)
    state.press(.character("p"), .character("a"))
    let screen = text(state.state)
    #expect(screen.contains("→amp-fp16") && screen.contains("alternating → concurrent"))
  }

  @Test("A loss that is not finite leaves a gap in the curve and a mark above it")
  func nonFiniteLoss() {
    let curve = render(Fixture.running, theme: .standard, width: 120, height: 40, glyphs: .unicode)
    #expect(curve.text.split(separator: "\n")[7].contains("✕"))
  }

  @Test("Lanes can be told apart without colour: other dashes, names at the curves")
  func withoutColour() {
    let grid = render(Fixture.paying, theme: .monochrome, width: 120, height: 40, glyphs: .ascii)
    #expect(grid.text.contains("ABBABB") && grid.text.contains("A fp32") && grid.text.contains("B amp-bf16"))
    #expect(grid.cells.allSatisfy { $0.style.foreground == .default && $0.style.background == .default })
  }

  @Test("Numbers keep their columns from one frame to the next")
  func noJitter() {
    // The header line of lane A at two moments: labels must stand in the same place.
    let rows = [120, 450].map { attempts -> String in
      let screen = text(Fixture.state(ScriptedRun(attempts: attempts, switchAt: nil)))
      return String(screen.split(separator: "\n")[3])
    }
    for label in ["step", "loss", "samples/s", "skipped", "|grad|"] {
      #expect(rows[0].offset(of: label) == rows[1].offset(of: label))
    }
  }

  @Test("The race compares lanes after the same time of their own, and to a loss")
  func race() {
    let state = Driver(Fixture.complete)
    state.press(.escape, .character("7"))
    let screen = text(state.state, 120, 50)
    let (a, b) = (state.lanes[0].history, state.lanes[1].history)
    // Lane B is faster: when its time is up, lane A has come less far.
    let finish = min(a.ownSeconds.last ?? 0, b.ownSeconds.last ?? 0)
    #expect(b.samples(within: finish) == 199 * 128 + 128 && a.samples(within: finish) < b.samples(within: finish))
    #expect(screen.contains("⁷race") && screen.contains("\(Format.short(b.samples(within: finish))) samples"))
    #expect(screen.contains("which all reached") && screen.contains("−0.11 [−0.46, +0.24] points"))
    state.take(
      .event(
        TrainingEvent(
          time: 0,
          body: .agreement(
            AgreementReport(
              baseline: LaneID(0), lane: LaneID(1), attempt: 1, difference: 0.5, low: 0.4, high: 0.6, count: 9,
              mcNemarP: nil, void: "precision of lane B changed during the run")))))
    let void = text(state.state, 120, 50)
    #expect(void.contains("B accuracy void: precision of lane B") && !void.contains("+50.00 ["))
    state.state.lossTarget = 1
    let seconds = b.ownSeconds(toLoss: 1) ?? 0
    #expect(seconds > 0 && text(state.state, 120, 50).contains("\(Format.fixed(Double(seconds), decimals: 1)) s"))
    state.state.lossTarget = 1e-9
    #expect(text(state.state, 120, 50).contains("not reached") && b.ownSeconds(toLoss: 1e-9) == nil)
  }

  @Test("The ratios of single steps are counted in bins between their outer percents")
  func stepRatios() {
    let ratios = StepRatios(of: Fixture.paying.lanes[1], against: Fixture.paying.lanes[0])
    #expect(ratios.ratios.count == StepRatios.window && (1.2...1.8).contains(ratios.ratios.sorted()[256]))
    let histogram = ratios.histogram(bins: 20)
    #expect(histogram?.counts.reduce(0, +) == 512 - 2 * 5 && (histogram?.low ?? 9) < (histogram?.high ?? 0))
    // After the change of precision at 280, ten steps are left out.
    #expect(StepRatios(of: Fixture.running.lanes[1], against: Fixture.running.lanes[0]).ratios.count == 600 - 290)
    #expect(StepRatios(of: Fixture.starting.lanes[1], against: Fixture.starting.lanes[0]).histogram(bins: 9) == nil)
    #expect(text(Fixture.paying, 200, 60).contains("B per step ×"))
  }

  @Test("Attempts that only one lane made lie between pairs, and count for none", arguments: [[0, 1], [1, 0]])
  func stepRatiosWithGaps(_ order: [Int]) {
    var tracks = (0...1).map { lane in
      LaneTrack(
        LaneDescription(lane: LaneID(lane), precision: .fp32, scaler: nil), baseline: LaneID(0), smoothing: 0)
    }
    // One lane is held from 20 to 29 and ends at 59; the other is held from 40 to 44.
    let made = [(0..<60).filter { !(20..<30).contains($0) }, (0..<5000).filter { !(40..<45).contains($0) }]
    for (lane, attempts) in zip(order, made) {
      for attempt in attempts {
        _ = tracks[lane].history.append(
          StepReport(
            lane: LaneID(lane), attempt: attempt, committedStep: attempt, committed: true, skipReason: nil, loss: 1,
            scale: nil, stepsToGrowth: nil, stepMilliseconds: Double(attempt + 1) * (lane == 0 ? 2 : 1),
            phases: PhaseTimes(), gradNorm: 1, learningRate: 0.1, samples: 1, segment: 0))
      }
    }
    let ratios = StepRatios(of: tracks[1], against: tracks[0]).ratios.sorted()
    // The first ten are warm-up.
    #expect(ratios == [Float](repeating: 2, count: 60 - 10 - 10 - 5))
  }

  @Test("Hostile values are drawn: what is not finite, negative, huge, tiny, or out of order")
  func hostile() {
    let values: [Double] = [.nan, .infinity, -.infinity, -1e300, 1e300, 0, -0.0, .leastNonzeroMagnitude, -3, 1e9]
    let state = Driver(Fixture.starting)
    for index in 0..<200 {
      let value = values[index * 7 % values.count]
      let report = StepReport(
        lane: LaneID(index % 2), attempt: index % 3 == 0 ? index / 2 : index, committedStep: -1,
        committed: index % 5 != 0, skipReason: nil, loss: value, scale: index % 4 == 0 ? value : nil,
        stepsToGrowth: index % 4 == 0 ? Int.max : -5, stepMilliseconds: values[index * 3 % values.count],
        phases: PhaseTimes(forward: value, backward: -value), gradNorm: value, learningRate: value,
        samples: index % 11 == 0 ? Int.max : index % 13 == 0 ? -1 : index % 7 * 1000, segment: index / 40)
      state.receive(.step(report), after: value)
      if index % 9 == 0 {
        state.receive(
          .scale(ScaleReport(lane: LaneID(1), attempt: index, from: value, to: -value, cause: .growth)), after: 1)
      }
    }
    state.press(.character("7"), .character("x"))
    for key in ["o", "X", "y", "n", "+", "h", "N", "l", "-", "v"] {
      state.press(.character(Unicode.Scalar(key) ?? " "))
      for (width, height) in [(20, 5), (40, 12), (80, 24), (200, 60)] {
        let grid = render(state.state, theme: .standard, width: width, height: height, glyphs: .unicode)
        #expect(grid.cells.count == width * height)
      }
    }
    #expect(RunTable.csv(state.state).text.contains("nan") && FarewellTable.lines(state.state).count >= 3)
  }

  @Test("A million attempts are held and drawn")
  func millionAttempts() {
    let state = Driver(Fixture.starting)
    var report = StepReport(
      lane: LaneID(0), attempt: 0, committedStep: 0, committed: true, skipReason: nil, loss: 1, scale: nil,
      stepsToGrowth: nil, stepMilliseconds: 10, phases: PhaseTimes(forward: 10), gradNorm: 1, learningRate: 0.1,
      samples: 1, segment: 0)
    // Straight into the history: the statistics of a debug build would take most of the time.
    for attempt in 0..<1_000_000 {
      report.attempt = attempt
      report.loss = attempt == 333_333 ? 3 : 1
      _ = state.state.lanes[0].history.append(report)
    }
    let screen = text(state.state)
    #expect(screen.contains("0.5 M") && screen.contains("1.0 M"))
    // The one spike among them is seen at the top of the chart.
    #expect(screen.contains("▲"))
  }
}

extension String {
  /// How often a text occurs.
  fileprivate func components(_ needle: String) -> Int {
    var count = 0
    var rest = self[...]
    while let range = rest.firstRange(of: needle) {
      count += 1
      rest = rest[range.upperBound...]
    }
    return count
  }

  fileprivate func offset(of needle: String) -> Int? {
    firstRange(of: needle).map { distance(from: startIndex, to: $0.lowerBound) }
  }
}

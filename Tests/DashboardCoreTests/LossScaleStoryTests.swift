import Testing
import TrainingEvents

@testable import DashboardCore

/// A lane in fp16 whose attempts overflow where a script says so, with a scaler of torch's rules.
private func story(
  initialScale: Double = 65_536, growthInterval: Int = 20, attempts: Int, overflows: (Int, Double) -> Bool,
  nonFiniteLoss: Set<Int> = [], diagnosed cause: DiagnosisReport.Cause? = nil
) -> LossScaleStory? {
  let scaler = ScalerDescription(
    initialScale: initialScale, growthFactor: 2, backoffFactor: 0.5, growthInterval: growthInterval)
  var track = LaneTrack(
    LaneDescription(lane: LaneID(1), precision: .ampFP16, scaler: scaler), baseline: LaneID(0), smoothing: 0)
  var scale = initialScale
  var clean = 0
  for attempt in 0..<attempts {
    let isSkipped = overflows(attempt, scale) || nonFiniteLoss.contains(attempt)
    clean = isSkipped ? 0 : clean + 1
    let report = StepReport(
      lane: LaneID(1), attempt: attempt, committedStep: 0, committed: !isSkipped,
      skipReason: isSkipped ? .nonFiniteGradient : nil, loss: nonFiniteLoss.contains(attempt) ? .nan : 1, scale: scale,
      stepsToGrowth: growthInterval - clean, stepMilliseconds: 1, phases: PhaseTimes(), gradNorm: 1, learningRate: 0.1,
      samples: 1, segment: 0)
    _ = track.history.append(report)
    track.lastStep = report
    if isSkipped, let cause {
      var report = ScriptedNumerics.diagnosis(lane: 1, attempt: attempt, scale: scale)
      report.cause = cause
      track.diagnoses.append(report)
    }
    let change: ScaleReport.Cause? = isSkipped ? .backoff : clean == growthInterval ? .growth : nil
    guard let change else { continue }
    let next = change == .growth ? scale * 2 : scale / 2
    if change == .growth { clean = 0 }
    track.history.append(ScaleReport(lane: LaneID(1), attempt: attempt, from: scale, to: next, cause: change))
    scale = next
  }
  return LossScaleStory(of: track)
}

@Suite("What the loss scale is doing")
struct LossScaleStoryTests {
  @Test("A search from too large a scale is normal, while it lasts and after")
  func search() {
    let searching = story(initialScale: 0x1p30, attempts: 6) { $1 > 0x1p16 }
    #expect(searching == LossScaleStory(kind: .calm, text: "searching: halved 6× from 2^30, normal at first"))
    let found = story(initialScale: 0x1p20, attempts: 20) { $1 > 0x1p16 }
    #expect(found?.text == "search over: halved 4× from 1 048 576, normal")
  }

  @Test("Without any overflow the scale grows")
  func growing() {
    #expect(story(attempts: 70) { _, _ in false }?.text == "no overflow yet: the scale still grows")
  }

  @Test("One overflow a growth is what a scale at its ceiling costs")
  func ceiling() {
    let line = story(attempts: 400) { $1 > 65_536 }
    #expect(line?.kind == .calm && line?.text.contains("at its ceiling") == true)
    #expect(line?.text.contains("normal is 4.8 %") == true)
  }

  @Test("Where the scaler in force began is kept as changes come, in whatever order")
  func scalerStart() {
    let changes: [(attempt: Int, cause: ScaleReport.Cause)] = [
      (10, .growth), (20, .backoff), (30, .reset), (30, .backoff), (45, .growth), (50, .backoff), (60, .growth),
    ]
    func start(_ order: [Int]) -> ScalerStart {
      var history = LaneHistory(smoothing: 0)
      for index in order {
        let (attempt, cause) = changes[index]
        history.append(ScaleReport(lane: LaneID(1), attempt: attempt, from: 2, to: 1, cause: cause))
      }
      return history.scalerStart
    }
    let inOrder = start(Array(changes.indices))
    #expect(inOrder.index == 3 && inOrder.attempt == 30 && inOrder.firstGrowth == 45 && inOrder.lastGrowth == 60)
    #expect(start([0, 2, 1, 3, 5, 4, 6]) == inOrder && start([0, 1, 2, 3, 6, 5, 4]) == inOrder)
    let before = start([0, 1])
    #expect(before.index == 0 && before.attempt == nil && before.firstGrowth == 10 && before.lastGrowth == 10)
  }

  @Test("Many more skips than that are named")
  func watch() {
    let line = story(initialScale: 0x1p40, attempts: 300) { attempt, _ in attempt > 20 && attempt % 23 < 3 }
    #expect(line?.kind == .watch && line?.text.contains("watch") == true)
  }

  @Test("Halvings in a row after the search are a collapse, and below 1 always")
  func collapse() {
    let line = story(attempts: 66) { attempt, _ in attempt >= 60 }
    #expect(line == LossScaleStory(kind: .bad, text: "collapse: halved 6× within 6 attempts and never grew"))
    let below = story(initialScale: 4, attempts: 40) { attempt, _ in attempt >= 30 }
    #expect(below?.kind == .bad && below?.text.hasPrefix("collapse: ") == true)
  }

  @Test("A loss that is not finite is not the scale's doing")
  func nonFiniteLoss() {
    let line = story(attempts: 50, overflows: { _, _ in false }, nonFiniteLoss: [45, 46])
    #expect(line?.kind == .bad && line?.text == "the loss itself was not finite 2 times: a smaller scale does not help")
  }

  @Test("With diagnoses the story names the first bad layer, and the cause where something is wrong")
  func diagnosed() {
    let searching = story(
      initialScale: 0x1p30, attempts: 6, overflows: { $1 > 0x1p16 }, diagnosed: .backwardOverflow)
    #expect(searching?.text == "searching: halved 6× from 2^30, first overflow in features.0 conv2d backward")
    let found = story(initialScale: 0x1p20, attempts: 20, overflows: { $1 > 0x1p16 }, diagnosed: .data)
    #expect(found?.text == "search over: halved 4× from 1 048 576, first bad data in features.0 conv2d")
    let collapse = story(attempts: 66, overflows: { attempt, _ in attempt >= 60 }, diagnosed: .forwardOverflow)
    #expect(collapse?.text.hasSuffix("and never grew: forward overflow in features.0 conv2d") == true)
    let below = story(
      initialScale: 4, attempts: 40, overflows: { attempt, _ in attempt >= 30 }, diagnosed: .weights)
    #expect(below?.text.hasSuffix("overflow as they are: bad weights in features.0 conv2d") == true)
    let loss = story(attempts: 50, overflows: { _, _ in false }, nonFiniteLoss: [45, 46], diagnosed: .injected)
    #expect(
      loss?.text
        == "the loss itself was not finite 2 times (injected fault in features.0 conv2d): a smaller scale does not help"
    )
  }

  @Test("The story stands below its lane's line, and lanes that need no scaling give way to it")
  func shown() {
    let text = render(Fixture.running, theme: .standard, width: 120, height: 40, glyphs: .unicode).text
    #expect(text.contains("╰ at its ceiling: skips"))
    let wide = render(Fixture.running, theme: .standard, width: 220, height: 60, glyphs: .unicode).text
    #expect(wide.contains("normal is 1.0 %") && wide.contains("━───────────"))
  }
}

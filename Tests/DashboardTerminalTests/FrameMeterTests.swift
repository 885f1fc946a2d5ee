import DashboardCore
import Testing

@testable import DashboardTerminal

struct FrameMeterTests {
  @Test("the cost is the mean over the frames since the last look, and the thread's share of a core since then")
  func means() {
    var meter = FrameMeter()
    let start = ContinuousClock.now
    meter.add(bytes: 1000, processorNanoseconds: 2_000_000)
    meter.add(bytes: 3000, processorNanoseconds: 4_000_000)
    #expect(
      meter.take(threadNanoseconds: 50_000_000, now: start)
        == FrameCost(processorShare: 0, millisecondsPerFrame: 3, bytesPerFrame: 2000))
    meter.add(bytes: 10, processorNanoseconds: 1_000_000)
    // 100 ms of processor time in 1 s.
    let second = meter.take(threadNanoseconds: 150_000_000, now: start + .seconds(1))
    #expect(second.millisecondsPerFrame == 1)
    #expect(second.bytesPerFrame == 10)
    #expect(abs(second.processorShare - 0.1) < 1e-9)
  }

  @Test("no frame costs nothing")
  func nothing() {
    var meter = FrameMeter()
    #expect(meter.take(threadNanoseconds: 0, now: .now) == FrameCost())
  }
}

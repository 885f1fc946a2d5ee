import Testing
import TrainingEvents

@testable import DashboardCore

@Suite("Roofline and headroom")
struct PlanAheadViewTests {
  private func prepared() -> Driver {
    let state = Driver(Fixture.paying)
    state.receive(.peaks(PeaksReport(threads: 2, gigaflops: [.fp32: 100, .bf16: 200, .fp16: 20])))
    return state
  }

  private func text(_ state: Driver, _ width: Int, _ height: Int) -> String {
    let grid = render(state.state, theme: .standard, width: width, height: height, glyphs: .unicode)
    return (0..<height).map { y in String(String.UnicodeScalarView((0..<width).map { grid[$0, y].character })) }
      .joined(separator: "\n")
  }

  @Test("A lane's share of the peak is its operations over its time over the peak of the format it computes in")
  func share() throws {
    let state = prepared()
    let (baseline, lane) = (state.lanes[0], state.lanes[1])
    let session = try #require(state.session)
    for (track, format, peak) in [(baseline, NumericFormat.fp32, 100.0), (lane, .bf16, 200.0)] {
      let found = try #require(RooflineBar.share(of: track, state.state))
      #expect(found.format == format && found.peak == peak)
      let means = try #require(track.phases.mean)
      let seconds = (means[StepPhase.forward.rawValue] + means[StepPhase.backward.rawValue]) / 1000
      let expected = 3 * session.forwardFLOPsPerSample * Double(session.batchSize) / seconds / (peak * 1e9)
      #expect(abs(found.share - expected) < 1e-9)
    }
    // Without peaks there is nothing to compare with.
    #expect(RooflineBar.share(of: baseline, Fixture.paying) == nil)
  }

  @Test("What is storage-only stands under fp32's roof")
  func storageOnly() throws {
    let state = Driver(Fixture.running)
    state.receive(.peaks(PeaksReport(threads: 2, gigaflops: [.fp32: 100, .fp16: 20])))
    let track = try #require(state.lanes.first { $0.precision == .ampFP16 })
    #expect(RooflineBar.share(of: track, state.state)?.format == .fp32)
  }

  @Test("The step time pane says the share, and draws bars where it has room")
  func drawn() {
    let state = prepared()
    #expect(text(state, 160, 48).contains("of peak"))
    state.state.zoomedPane = .stepTime
    #expect(text(state, 120, 40).contains("of 200 GFLOP/s bf16"))
    state.state.zoomedPane = nil
    #expect(!text(state, 80, 24).contains("GFLOP/s"))
  }

  @Test("In 120 columns and 40 rows each lane has a short bar and its share behind the newest steps")
  func short() {
    let state = Driver(Fixture.paying)
    state.receive(.peaks(PeaksReport(threads: 2, gigaflops: [.fp32: 500, .bf16: 1000])))
    let rows = text(state, 120, 40).split(separator: "\n").filter { $0.contains(" % of peak") }
    #expect(rows.count == 2 && rows[0].contains("████╌╌╌  52 % of peak") && rows[1].contains("▂"))
  }

  @Test("The memory pane says which batch would fit, and a batch that was changed is compared with itself")
  func headroom() throws {
    let state = prepared()
    var memory = try #require(state.lanes[1].memory)
    memory.largestBatch = 1260
    state.receive(.memory(memory))
    #expect(text(state, 160, 48).contains("in the baseline's bytes: batch B 1 260"))
    #expect(text(state, 100, 40).contains("in A's bytes: batch B 1 260"))
    for (width, height) in [(20, 5), (40, 12), (60, 20), (300, 100)] { _ = text(state, width, height) }
  }
}

import RunStatistics
import Synchronization
public import TrainingEvents

extension Session {
  /// All events since the last call, in the order of time.
  ///
  /// For one reader.
  ///
  /// The call after the last lane has ended adds the comparison of the lanes and the summary.
  public func drain() -> [TrainingEvent] {
    // Asked before draining: what a lane emits before it ends is then in its ring.
    let (runners, ended) = (runners, shared.ended.read { $0 })
    let allEnded = runners.allSatisfy { ended.contains($0.serial) }
    var events = outbox.withLock { outbox in
      defer { outbox = [] }
      return outbox
    }
    for runner in runners {
      runner.ring.drain(into: &events)
      runner.overflow.withLock { overflow in
        events += overflow
        overflow = []
      }
    }
    shared.drained.update { $0 += 1 }
    if !allEnded { forgetDropped(ended) }
    // A stable order: events of a lane keep theirs.
    let order = events.indices.sorted { (events[$0].time, $0) < (events[$1].time, $1) }
    events = order.map { events[$0] }
    return progress.withLock { progress in
      for event in events { progress.builder.add(event) }
      guard allEnded, !progress.isOver else { return events }
      progress.isOver = true
      for report in agreements() {
        events.append(TrainingEvent(time: MonotonicClock.wallSeconds(), body: .agreement(report)))
      }
      events.append(TrainingEvent(time: MonotonicClock.wallSeconds(), body: .summary(progress.builder.summary)))
      return events
    }
  }

  /// Whether the summary has been drained.
  public var isOver: Bool { progress.withLock { $0.isOver } }

  /// Step events that were dropped because nobody drained a lane's ring in time.
  public func droppedEvents(of lane: LaneID) -> Int {
    runners.last { $0.lane == lane }?.ring.droppedCount ?? 0
  }

  /// Sleeps until all lanes have ended or the time is over; true in the former case.
  public func waitUntilEnded(milliseconds: Int) -> Bool {
    shared.ended.wait(milliseconds: milliseconds) { ended in
      runners.allSatisfy { ended.contains($0.serial) } ? true : nil
    } ?? false
  }

  /// Accuracy of every lane against the baseline's on the same samples.
  private func agreements() -> [AgreementReport] {
    let evaluations = shared.evaluations.read { $0 }
    let baseline = description.baseline
    guard let reference = evaluations[baseline] else { return [] }
    let toggled = shared.toggled.read { $0 }
    return runners.compactMap { runner in
      guard runner.lane != baseline, let final = evaluations[runner.lane],
        let paired = pairedScores(baseline: reference.evaluation.scores, lane: final.evaluation.scores)
      else { return nil }
      let changed = [baseline, runner.lane].filter(toggled.contains)
      return AgreementReport(
        baseline: baseline, lane: runner.lane, attempt: min(reference.attempt, final.attempt),
        difference: paired.difference,
        low: paired.low, high: paired.high, count: paired.count, mcNemarP: paired.mcNemarP, pValue: paired.pValue,
        void: changed.isEmpty
          ? nil
          : "lane \(changed.map(\.description).joined(separator: " and ")) changed precision, batch or clipping during the run, "
            + "or joined later")
    }
  }
}

import TrainingEvents

/// What happened at single attempts: skipped steps, losses that were not finite, changes of loss scale and precision,
/// faults.
extension DashboardState {
  /// The first attempt after one, or the last before it, at which something happened in any lane; nil where nothing did.
  ///
  /// O(lanes · log events).
  func eventfulAttempt(from attempt: Int, forward: Bool) -> Int? {
    let candidates = lanes.flatMap { track -> [Int] in
      let history = track.history
      return [
        neighbour(of: attempt, in: history.skipped, forward) { $0 },
        neighbour(of: attempt, in: history.nonFiniteLoss, forward) { $0 },
        neighbour(of: attempt, in: history.scaleChanges, forward) { $0.attempt },
        neighbour(of: attempt, in: history.precisionChanges, forward) { $0.attempt },
        neighbour(of: attempt, in: history.faults, forward) { $0.attempt },
      ].compactMap { $0 }
    }
    return forward ? candidates.min() : candidates.max()
  }

  private func neighbour<Element>(
    of attempt: Int, in list: [Element], _ forward: Bool, _ key: (Element) -> Int
  ) -> Int? {
    if forward {
      let index = list.partitionPoint { key($0) > attempt }
      return index < list.count ? key(list[index]) : nil
    }
    let index = list.partitionPoint { key($0) >= attempt }
    return index > 0 ? key(list[index - 1]) : nil
  }

  /// What happened at an attempt, in a few words a lane.
  func eventTexts(at attempt: Int) -> [(lane: LaneID, text: String, isBad: Bool)] {
    lanes.flatMap { track -> [(lane: LaneID, text: String, isBad: Bool)] in
      let history = track.history
      var texts: [(lane: LaneID, text: String, isBad: Bool)] = []
      if history.nonFiniteLoss.has(attempt) {
        texts.append((track.lane, "✕ loss not finite", true))
      } else if history.skipped.has(attempt) {
        texts.append((track.lane, "✕ skipped", true))
      }
      for change in history.scaleChanges.elements(at: attempt, key: \.attempt) {
        let mark = change.cause == .growth ? "▲" : change.cause == .backoff ? "▼" : "="
        texts.append((track.lane, "\(mark) \(Format.scale(change.to))", change.cause == .backoff))
      }
      for change in history.precisionChanges.elements(at: attempt, key: \.attempt) {
        texts.append((track.lane, "→ \(change.shortText)", false))
      }
      for fault in history.faults.elements(at: attempt, key: \.attempt) {
        texts.append((track.lane, "fault \(fault.fault.shortText)", true))
      }
      return texts
    }
  }

  /// Jumps to the next or the previous event with the cursor.
  mutating func jump(forward: Bool) {
    guard let last = lastAttempt else { return show(hint: "no step yet") }
    guard let target = eventfulAttempt(from: cursor ?? (forward ? -1 : last + 1), forward: forward) else {
      let side = forward ? "after" : "before"
      return show(hint: cursor == nil ? "nothing out of the ordinary happened yet" : "no event \(side) this one")
    }
    placeCursor(target)
  }
}

extension PrecisionReport {
  /// The new mode and what is changed of it, for labels; says where parameters were rounded.
  var shortText: String {
    PrecisionPolicy(to, overrides: overrides ?? PrecisionOverrides()).shortText + (lossy ? " lossy" : "")
  }
}

extension Fault {
  /// What is broken, without attempt and lane, which stand beside it.
  var shortText: String { Fault(action).description }
}

extension [Int] {
  /// Whether an ascending list has a value.
  ///
  /// O(log n).
  func has(_ value: Int) -> Bool {
    let index = firstIndex(notBelow: value)
    return index < count && self[index] == value
  }
}

extension Array {
  /// The elements of a list ascending by a key for which it has a value.
  ///
  /// O(log n).
  fileprivate func elements(at value: Int, key: (Element) -> Int) -> ArraySlice<Element> {
    let first = partitionPoint { key($0) >= value }
    return self[first..<Swift.max(first, partitionPoint { key($0) > value })]
  }
}

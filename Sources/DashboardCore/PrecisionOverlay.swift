import TrainingEvents

/// The list of precision modes, and the question before a mode that rounds the parameters.
enum PrecisionOverlay {
  static func draw(_ state: DashboardState, marked: Int, in screen: Rect, with painter: inout Painter) {
    guard let track = state.focusedTrack else { return }
    let known = state.knownPrecisions
    // Where not every mode has room for its explanation, the marked one alone has it.
    let isRoomy = screen.height >= 2 * known.count + 4
    var lines: [[(String, Style)]] = []
    for (index, precision) in known.enumerated() {
      lines.append(line(precision, index: index, isMarked: index == marked, track, state, painter))
      guard isRoomy || index == marked else { continue }
      let explanation = state.refusal(of: precision) ?? state.support(of: precision)?.explanation ?? ""
      if !explanation.isEmpty { lines.append([("      \(explanation)", painter.secondary)]) }
    }
    lines.append([("", painter.text)])
    let isLossy = known.indices.contains(marked) && state.isLossy(known[marked], for: track)
    let consequence = isLossy ? " asks before it rounds; " : " switches at the next step, nothing is lost; "
    lines.append([
      ("Enter", painter.key), (consequence, painter.secondary), ("Esc", painter.key),
      (" closes", painter.secondary),
    ])
    Overlays.popup(title: "precision of lane \(track.lane)", lines: lines, in: screen, with: &painter)
  }

  private static func line(
    _ precision: Precision, index: Int, isMarked: Bool, _ track: LaneTrack, _ state: DashboardState, _ painter: Painter
  ) -> [(String, Style)] {
    let isRefused = state.refusal(of: precision) != nil
    let name = (isMarked ? "▶ " : "  ") + precision.rawValue.rightPadded(10)
    var pieces = [
      ("\(index + 1) ", isRefused ? painter.inactive : painter.key),
      (name, isRefused ? painter.inactive : isMarked ? painter.selected : painter.text),
    ]
    if isRefused {
      pieces.append(("not on this device", painter.secondary))
      return pieces
    }
    if let support = state.support(of: precision) {
      pieces.append(
        support.isNative
          ? ("native        ", painter.style(painter.theme.good))
          : ("storage-only  ", painter.style(painter.theme.warning)))
    }
    if precision == track.precision {
      pieces.append(("in force  ", painter.secondary))
    } else if precision == track.pendingPrecision {
      pieces.append(("asked for  ", painter.secondary))
    }
    if state.isLossy(precision, for: track) {
      pieces.append(("rounds the parameters once", painter.style(painter.theme.warning)))
    }
    return pieces
  }

  static func drawQuestion(
    _ state: DashboardState, _ lane: LaneID, _ precision: Precision, in screen: Rect, with painter: inout Painter
  ) {
    let text = painter.text
    let format = precision.computeFormat?.rawValue ?? "fp32"
    Overlays.popup(
      title: "\(precision.rawValue) in lane \(lane)?",
      lines: [
        [("It stores parameters and optimizer state in \(format), without fp32", text)],
        [("masters: both are rounded once, and going back does not undo it.", text)],
        [("", text)],
        [("y", painter.key), (" or ", painter.secondary), ("Enter", painter.key), ("  round and switch", text)],
        [("n", painter.key), (" or ", painter.secondary), ("Esc", painter.key), ("    stay as it is", text)],
      ], in: screen, with: &painter)
  }
}

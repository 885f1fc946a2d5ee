import TrainingEvents

/// How near a lane's products are to what this machine can do: achieved over measured peak.
enum RooflineBar {
  /// Share of the peak of the format that the lane really computes in, and that peak in 10⁹ operations a second; nil where
  /// one of them is not known.
  static func share(of track: LaneTrack, _ state: DashboardState, _ phases: PhaseMeans? = nil) -> (
    share: Double, peak: Double, format: NumericFormat
  )? {
    guard let session = state.session, state.peaks != nil,
      let means = phases.map({ $0[track.lane] }) ?? track.phases.mean,
      let support = state.support(of: track.precision)
    else { return nil }
    // What is storage-only multiplies in fp32.
    let format = support.isNative ? track.precision.computeFormat ?? .fp32 : .fp32
    guard let peak = state.peaks?[format], peak > 0 else { return nil }
    let seconds = (means[StepPhase.forward.rawValue] + means[StepPhase.backward.rawValue]) / 1000
    guard seconds > 0 else { return nil }
    // Backward multiplies twice what forward does.
    let operations = 3 * session.forwardFLOPsPerSample * Double(track.batchSize ?? session.batchSize)
    return (operations / seconds / (peak * 1e9), peak, format)
  }

  /// Draws a short bar and the share at the right end of a row; returns the columns taken, 0 where the row is too narrow.
  static func drawShort(
    _ track: LaneTrack, _ state: DashboardState, _ phases: PhaseMeans, in rect: Rect, with painter: inout Painter
  ) -> Int {
    // A gap before the bar and one behind it, and "100 % of peak".
    let (cells, width) = (7, 22)
    guard let found = share(of: track, state, phases), rect.width >= 40 else { return 0 }
    let text = "\(Format.percent(found.share, decimals: 0)) of peak"
    painter.write(text, endingAt: rect.right, y: rect.y, style: painter.secondary, in: rect)
    let bar = Rect(x: rect.right - width + 1, y: rect.y, width: cells, height: 1)
    painter.grid.fill(x: bar.x, y: bar.y, width: cells, height: 1, with: Cell(character: "╌", style: painter.inactive))
    StackedBar(parts: [
      StackedBar.Part(
        value: min(found.share, 1), color: painter.theme.color(of: track.lane), pattern: "#", label: "")
    ]).draw(in: bar, full: 1, with: &painter)
    return width
  }

  /// Draws a row: the lane, a bar, the figures.
  static func draw(
    _ track: LaneTrack, _ state: DashboardState, _ phases: PhaseMeans, in rect: Rect, with painter: inout Painter
  ) {
    guard let found = share(of: track, state, phases) else { return }
    let figures =
      "\(Format.percent(found.share, decimals: 0)) of \(Format.fixed(found.peak, decimals: found.peak < 100 ? 1 : 0)) GFLOP/s \(found.format.rawValue)"
    painter.grid.write("\(track.lane)", x: rect.x, y: rect.y, style: painter.lane(track.lane), limit: 1)
    painter.write(figures, endingAt: rect.right, y: rect.y, style: painter.secondary, in: rect)
    let bar = Rect(x: rect.x + 2, y: rect.y, width: max(0, rect.width - figures.columns - 3), height: 1)
    let color = painter.theme.color(of: track.lane)
    StackedBar(parts: [StackedBar.Part(value: min(found.share, 1), color: color, pattern: "#", label: "")]).draw(
      in: bar, full: 1, with: &painter)
  }
}

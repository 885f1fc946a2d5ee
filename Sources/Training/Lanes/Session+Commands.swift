public import BackendAPI
import Datasets
import GraphCompiler
public import GraphIR
import Synchronization
public import TrainingEvents

extension Session {
  /// Asks for something; it takes effect between steps.
  ///
  /// What was done, or why not, comes as a `command` event.
  ///
  /// Can be called from any thread.
  public func send(_ command: TrainingCommand) {
    let refusal = carryOut(command)
    post(.command(CommandReport(command: command, refusal: refusal)))
    shared.coordinator.wake()
  }

  /// Returns why a command was refused; nil where it is under way.
  private func carryOut(_ command: TrainingCommand) -> String? {
    let coordinator = shared.coordinator
    switch command {
    case .pause: return coordinator.setPaused(true) ? nil : "the session is paused already"
    case .resume: return coordinator.setPaused(false) ? nil : "the session is not paused"
    case .step: return coordinator.grantStep() ? nil : "pause first, then step"
    case .stop:
      coordinator.stop()
      return nil
    case .abandon:
      shared.abandon()
      coordinator.stop()
      return nil
    case .setPrecision(let lane, let precision): return change(lane) { $0.mode = precision }
    case .setLearningRate(let lane, let rate):
      guard rate.isFinite, rate >= 0 else { return "a learning rate is a finite number of at least 0" }
      return post(toOneOrAll: lane) { $0.learningRate = rate }
    case .setSchedule(let schedule): return change(schedule)
    case .setOverrides(let lane, let overrides): return change(lane, isOverride: true) { $0.overrides = overrides }
    case .setScaler(let lane, let name): return setScaler(lane, name)
    case .setScale(let lane, let scale):
      guard GradScaler.usefulScales.contains(Float(scale)) else {
        return "a loss scale is a number from 2^-126 to 2^126"
      }
      return post(lane) { $0.scale = Float(scale) }
    case .inject(let fault):
      let lanes = runners.map(\.lane).filter { !coordinator.hasRetired($0) }
      if let problem = Session.problem(with: fault, lanes: lanes, forward: shared.forward) { return problem }
      return post(toOneOrAll: fault.lane) { $0.faults.append(fault) }
    case .setNumerics(let interval):
      if let interval, interval < 1 { return "numerics are looked at every 1 attempt or more" }
      return post(toOneOrAll: nil) { $0.numerics = NumericsWish(interval: interval) }
    case .addLane(let policy, let source): return add(policy, cloning: source)
    case .dropLane(let lane): return drop(lane)
    case .setBatch(let lane, let batch): return setBatch(lane, batch)
    case .setClipping(let lane, let norm):
      if let norm, !(norm > 0 && norm.isFinite) { return "gradients are clipped to a positive norm" }
      return post(lane) { $0.clipping = norm.map { [.norm(Float($0))] } ?? [] }
    }
  }

  private func setBatch(_ lane: LaneID?, _ batch: Int) -> String? {
    let micro = shared.configuration.gradientAccumulation
    guard batch >= micro, batch % micro == 0 else {
      return "a batch is a multiple of the \(micro) micro-batches of a step, found \(batch)"
    }
    do {
      _ = try shared.configuration.batches.resized(to: batch / micro)
    } catch {
      return "\(error)"
    }
    return post(toOneOrAll: lane) { $0.batchSize = batch / micro }
  }

  /// Posts something to a lane, or to all that have steps left; returns why that is not possible.
  private func post(toOneOrAll lane: LaneID?, _ change: (inout LaneMailbox.Mail) -> Void) -> String? {
    if let lane { return post(lane, change) }
    for runner in runners { runner.mailbox.post(change) }
    return nil
  }

  /// Posts something to a lane; returns why that is not possible.
  private func post(_ lane: LaneID, _ change: (inout LaneMailbox.Mail) -> Void) -> String? {
    let found = running(lane)
    found.runner?.mailbox.post(change)
    return found.refusal
  }

  /// Changes mode or overrides of a lane.
  ///
  /// Overrides survive a mode that has no use for them, so that toggling to fp32 and back forgets nothing; but who states
  /// overrides is told where the mode of the moment has no use for them.
  private func change(
    _ lane: LaneID, isOverride: Bool = false, _ change: (inout PrecisionPolicy) -> Void
  ) -> String? {
    let found = running(lane)
    guard let runner = found.runner else { return found.refusal }
    var wish = runner.wish.withLock { $0 }
    change(&wish)
    if isOverride, let contradiction = wish.contradiction { return contradiction }
    do {
      let refusal = try Session.refusal(of: wish.applicable, backend: shared.backend, forward: shared.forward)
      if let refusal { return refusal }
    } catch {
      return "\(error)"
    }
    let wanted = wish
    if let refusal = post(lane, { $0.policy = wanted.applicable }) { return refusal }
    runner.wish.withLock { $0 = wanted }
    return nil
  }

  /// A policy's name, and after a colon the scale it starts from: "apex", "static:128".
  private func setScaler(_ lane: LaneID, _ text: String) -> String? {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    let scale = parts.count > 1 ? Float(parts[1]) : nil
    guard parts.count == 1 || scale != nil else { return "no number after the colon of \"\(text)\"" }
    do throws(TrainingError) {
      guard let policy = try ScalerPolicy.named(name, initialScale: scale, steps: shared.options.steps) else {
        return "no loss scaler \"\(name)\"; there are \(ScalerPolicy.names.joined(separator: ", "))"
      }
      return post(lane) { $0.scaler = policy }
    } catch {
      return error.message
    }
  }

  /// Why a lane cannot run a policy; nil where it can.
  ///
  /// Throws `GraphError` where an override names nothing.
  public static func refusal(of policy: PrecisionPolicy, backend: any Backend, forward: Graph) throws -> String? {
    if let refusal = backend.support(for: policy.mode).refusal ?? policy.contradiction { return refusal }
    try policy.formatRules.checkPatterns(on: forward)
    return nil
  }

  /// Why a fault cannot happen; nil where it can.
  public static func problem(with fault: Fault, lanes: [LaneID], forward: Graph) -> String? {
    if let lane = fault.lane, !lanes.contains(lane) { return "fault \(fault): there is no running lane \(lane)" }
    guard case .inject(_, let tensor) = fault.action else { return nil }
    do throws(TrainingError) {
      _ = try FaultTarget(tensor, in: forward)
      return nil
    } catch {
      return error.message
    }
  }

  private func change(_ wanted: Schedule) -> String? {
    let choice = Session.schedule(
      wanted, lanes: max(1, shared.coordinator.active.count), threads: shared.configuration.threads,
      processors: shared.processors)
    if let reason = choice.reason { return reason }
    guard let segment = shared.coordinator.setSchedule(wanted) else {
      return "the schedule is \(wanted.rawValue) already"
    }
    post(.schedule(ScheduleReport(schedule: wanted, segment: segment)))
    spreadProcessors()
    return nil
  }
}

import BackendAPI
import TrainingEvents

/// What a lane finds out beside its training, for those who watch.
extension LaneRunner {
  /// Measures how fast this machine multiplies: once a session, by the first lane, while the others wait.
  func measurePeaks() {
    guard shared.options.plansAhead else { return }
    shared.peaks.update { isMeasured in
      guard !isMeasured else { return }
      isMeasured = true
      let (backend, threads) = (shared.backend, shared.configuration.threads)
      var found: [NumericFormat: Double] = [:]
      do {
        for format in NumericFormat.allCases where backend.support(for: format.dtype) != nil {
          let measurement = try PeakMeasurement(format, backend: backend, threads: threads)
          if let rate = try measurement.floatingPointOperationsPerSecond() { found[format] = rate * 1e-9 }
        }
      } catch {
        emit(.note(Message(lane: lane, text: "peaks could not be measured: \(error)")))
      }
      if !found.isEmpty {
        emit(.peaks(PeaksReport(threads: shared.configuration.threads, gigaflops: found)))
      }
    }
  }

  /// Plans the largest batch that would fit into the baseline's bytes, beside the training, where that is another question
  /// than before.
  func planHeadroom(_ trainer: Trainer, peak: Int) {
    guard shared.options.plansAhead else { return }
    shared.plannedPeaks.update { $0[lane] = peak }
    guard lane != shared.baseline, let bytes = shared.plannedPeaks.read({ $0[shared.baseline] }) else { return }
    let question = HeadroomQuestion(policy: trainer.policy, bytes: bytes)
    guard question != headroomQuestion else { return }
    (headroomQuestion, headroom) = (question, nil)
    let headroom = BatchHeadroom(configuration: configuration, policy: trainer.policy, backend: shared.backend)
    let (mailbox, coordinator) = (mailbox, shared.coordinator)
    let micro = shared.configuration.gradientAccumulation
    let thread = try? LaneThread("plan \(lane)") {
      let batch = headroom.largestBatch(within: bytes)
      mailbox.post { $0.headroom = HeadroomResult(question: question, batchSize: batch.map { $0 * micro }) }
      coordinator.wake()
    }
    if let thread { shared.helpers.update { $0.append(thread) } }
  }
}

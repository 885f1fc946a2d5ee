import BackendCPU
import Foundation
import Testing
import Training
import TrainingEvents

@testable import PrecisionDoctor

@Suite("Examinations") struct ExaminationTests {
  private let backend = CPUBackend()

  @Test("Looks at the first and the last committed step", arguments: [(0, [0]), (1, [0]), (2, [0, 1]), (5, [0, 4])])
  func looks(steps: Int, attempts: [Int]) throws {
    let report = try DoctorReport(smallRun(), on: backend, steps: steps)
    #expect(report.examination.looks.map(\.attempt) == attempts)
    #expect(report.examination.steps == max(steps, 1))
    #expect(report.baseline.attempt == max(steps, 1), "trials go on from there")
    #expect(report.examination.looks.allSatisfy { $0.tensors.allSatisfy { $0.histogram != nil } })
    let input = try #require(report.examination.largestInput)
    #expect(input > 0.9 && input < 1)
  }

  @Test("The same run gives the same report")
  func repeatable() throws {
    #expect(try DoctorReport(smallRun(), on: backend, steps: 3) == DoctorReport(smallRun(), on: backend, steps: 3))
  }

  @Test("Updates that bf16 loses are measured: tiny steps move fp32, not bf16")
  func survival() throws {
    let configuration = smallRun(optimizer: .sgd(learningRate: 1e-5, momentum: 0))
    let report = try DoctorReport(configuration, on: backend, steps: 2)
    let pure = try #require(report.withoutMasters.first { $0.policy.mode == .bf16 })
    #expect(try #require(report.baseline.moved()) > 0.5)
    #expect(try #require(pure.moved()) < 0.05)
    #expect(report.recommendation.notes.contains { $0.contains("mode bf16 loses most updates") })
    let layer = try #require(report.prognoses.first { $0.format == .bf16 }?.layers.first { $0.name == "4" })
    #expect(layer.moved == pure.moved(layer: "4"))
  }

  @Test("An fp32 run that diverges is an error that says why")
  func diverged() throws {
    let configuration = smallRun(isNormed: false, optimizer: .sgd(learningRate: 1e30))
    let error = #expect(throws: DoctorError.self) { try DoctorReport(configuration, on: backend, steps: 20) }
    guard case .diverged(let message)? = error else { return #expect(Bool(false), "\(String(describing: error))") }
    #expect(message.contains("lower the learning rate"))
  }

  @Test("Batches that end too early are an error; the last batch serves the trials")
  func limits() throws {
    var batches = ComputedBatches()
    batches.attemptLimit = 3
    #expect(throws: DoctorError.self) { try DoctorReport(smallRun(batches: batches), on: backend, steps: 4) }
    #expect(try DoctorReport(smallRun(batches: batches), on: backend, steps: 3).baseline.attempt == 2)
  }

  @Test("Gives up when asked to")
  func givenUp() {
    #expect(throws: DoctorError.givenUp) { try DoctorReport(smallRun(), on: backend, shouldStop: { true }) }
  }

  @Test("eps that fp16 has not is noted, for optimizers that have one")
  func eps() throws {
    let adam = try DoctorReport(smallRun(optimizer: .adamW()), on: backend, steps: 1)
    #expect(adam.recommendation.notes.contains { $0.contains("eps 1e-08 does not exist in fp16") })
    let large = try DoctorReport(smallRun(optimizer: .adamW(eps: 1e-4)), on: backend, steps: 1)
    #expect(!large.recommendation.notes.contains { $0.contains("eps") })
  }
}

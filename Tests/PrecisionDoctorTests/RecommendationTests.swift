import BackendCPU
import Foundation
import Testing
import Training
import TrainingEvents

@testable import PrecisionDoctor

@Suite("Recommendations") struct RecommendationTests {
  private let backend = CPUBackend()

  private func prescription(_ report: DoctorReport, _ mode: Precision) throws -> Prescription {
    try #require(report.recommendation.prescriptions.first { $0.policy.mode == mode })
  }

  @Test("A harmless network needs nothing but a scale, and the step that is tried agrees with fp32")
  func harmless() throws {
    let report = try DoctorReport(smallRun(), on: backend, steps: 3)
    #expect(report.prognoses.map(\.format) == [.fp16, .bf16])
    #expect(report.prognoses.allSatisfy { $0.risk == .none })
    for prescription in report.recommendation.prescriptions {
      #expect(prescription.policy.overrides.isEmpty)
      #expect(prescription.trial.isCommitted)
      #expect(abs(prescription.trial.loss - prescription.referenceLoss) < 0.01)
    }
    let half = try prescription(report, .ampFP16)
    let largest = report.examination.looks.flatMap(\.tensors).filter(\.isGradient).map(\.largest).max() ?? 0
    let scale = try #require(half.initialScale)
    #expect(largest * scale < 32752)
    #expect(half.options == ["--lanes", "fp32,amp-fp16", "--init-scale", String(Int(scale))])
    #expect(try prescription(report, .ampBF16).initialScale == nil)
  }

  @Test("The device decides where it computes bf16 and only stores fp16")
  func device() throws {
    let report = try DoctorReport(smallRun(), on: backend, steps: 1)
    let (half, brain) = (try prescription(report, .ampFP16), try prescription(report, .ampBF16))
    let expected: Precision = brain.isNative && !half.isNative ? .ampBF16 : .ampFP16
    #expect(report.recommendation.prescriptions[0].policy.mode == expected)
  }

  @Test("A layer before a norm that overflows fp16 is kept alone: the norm reads it in fp32")
  func oneLayer() throws {
    let configuration = smallRun()
    let weights = try ScaledWeights(configuration, factors: overflowing)
    let report = try DoctorReport(configuration, on: backend, steps: 3, initialWeights: weights.file)
    let half = try #require(report.prognoses.first { $0.format == .fp16 })
    #expect(half.layers[0].name == "2" && half.layers[0].risk == .overflows)
    #expect(half.layers[0].activations?.risk == .overflows && half.layers[0].weights?.risk == Risk.none)
    #expect(half.layers.dropFirst().allSatisfy { $0.risk == .none })
    let prescription = try prescription(report, .ampFP16)
    #expect(prescription.policy.overrides.keepFP32 == ["2"])
    #expect(prescription.trial.isCommitted)
    #expect(prescription.options.contains("'2'"))
    #expect(report.recommendation.prescriptions[0].policy.mode == .ampBF16)
    #expect(report.prognoses.first { $0.format == .bf16 }?.risk == Risk.none)
  }

  @Test("A weight beyond fp16 keeps its layer")
  func largeWeight() throws {
    let configuration = smallRun()
    let weights = try ScaledWeights(configuration, factors: ["2.weight": 1e6])
    let report = try DoctorReport(configuration, on: backend, steps: 1, initialWeights: weights.file)
    #expect(report.prognoses.first { $0.format == .fp16 }?.layers.first { $0.name == "2" }?.weights?.risk == .overflows)
    #expect(try prescription(report, .ampFP16).policy.overrides.keepFP32 == ["2"])
  }

  @Test("A layer that would round what overflows is kept with the one that makes it")
  func twoLayers() throws {
    let configuration = smallRun(isNormed: false, optimizer: .sgd(learningRate: 1e-12))
    let weights = try ScaledWeights(configuration, factors: overflowing.merging(["4.weight": 1e-6]) { $1 })
    let report = try DoctorReport(configuration, on: backend, steps: 1, initialWeights: weights.file)
    let prescription = try prescription(report, .ampFP16)
    #expect(prescription.policy.overrides.keepFP32 == ["2", "4"])
    #expect(prescription.trial.isCommitted, "\(prescription.trial.failure ?? "")")
    #expect(abs(prescription.trial.loss - prescription.referenceLoss) < 0.01)
  }

  @Test("A batch beyond fp16 keeps the layer that reads it, and is noted")
  func largeInput() throws {
    let configuration = smallRun(batches: ComputedBatches(magnitude: 1e6))
    let weights = try ScaledWeights(configuration, factors: ["0.weight": 1e-6])
    let report = try DoctorReport(configuration, on: backend, steps: 1, initialWeights: weights.file)
    #expect(report.recommendation.notes.contains { $0.contains("normalise the data") })
    let prescription = try prescription(report, .ampFP16)
    #expect(prescription.policy.overrides.keepFP32.contains("0"))
    #expect(prescription.trial.isCommitted, "\(prescription.trial.failure ?? "")")
  }

  @Test(
    "What the prognosis does not know of, a step finds, and it is put right",
    arguments: [overflowing, ["2.weight": 1e6]])
  func repaired(factors: [String: Float]) throws {
    let configuration = smallRun()
    let weights = try ScaledWeights(configuration, factors: factors)
    let examiner = try Examiner(
      configuration, initialWeights: weights.file, backend: backend, shouldStop: { false })
    var examination = try examiner.examine(steps: 1)
    // An examination that saw nothing large.
    for index in examination.looks[0].tensors.indices { examination.looks[0].tensors[index].largest = 1 }
    let narrow = try NarrowTensors(PrecisionPolicy(.ampFP16), of: configuration)
    let trial = try examiner.attempt(PrecisionPolicy(.fp32))
    let prognosis = Prognosis(of: examination, in: .fp16, narrow: narrow, baseline: trial, pure: trial)
    #expect(prognosis.risk == .none)
    let recommendation = try Prescriber(
      examiner: examiner, examination: examination, prognoses: [prognosis], narrow: [.fp16: narrow], baseline: trial,
      pure: []
    ).recommendation()
    #expect(recommendation.prescriptions[0].policy.overrides.keepFP32.contains("2"))
    #expect(recommendation.prescriptions[0].trial.isCommitted)
  }

  @Test("Gradients that no scale suits are named and kept in fp32")
  func noScale() throws {
    let configuration = smallRun()
    let examiner = try Examiner(configuration, initialWeights: nil, backend: backend, shouldStop: { false })
    var examination = try examiner.examine(steps: 1)
    for index in examination.looks[0].tensors.indices where examination.looks[0].tensors[index].isGradient {
      let tensor = examination.looks[0].tensors[index]
      let exponent = tensor.layer == "0" ? -60 : 0
      examination.looks[0].tensors[index] = .at(
        [exponent: 100], name: tensor.name, layer: tensor.layer, kind: tensor.kind)
    }
    let narrow = try NarrowTensors(PrecisionPolicy(.ampFP16), of: configuration)
    let trial = try examiner.attempt(PrecisionPolicy(.fp32))
    let prognosis = Prognosis(of: examination, in: .fp16, narrow: narrow, baseline: trial, pure: trial)
    #expect(prognosis.window?.isOpen == false)
    #expect(prognosis.layers.filter { $0.risk == .gradientsLost }.map(\.name) == ["0"])
    let recommendation = try Prescriber(
      examiner: examiner, examination: examination, prognoses: [prognosis], narrow: [.fp16: narrow], baseline: trial,
      pure: []
    ).recommendation()
    #expect(recommendation.prescriptions[0].policy.overrides.keepFP32 == ["0"])
    #expect(recommendation.notes.contains { $0.contains("no loss scale keeps 99 %") && $0.hasSuffix("suits: 0") })
  }
}

public import BackendAPI
public import Foundation
public import SafetensorsFormat
public import Training
import TrainingEvents

/// What a doctor says of a network: what it holds in fp32, what 16 bits would do to it, and what to run.
public struct DoctorReport: Codable, Sendable, Hashable {
  /// The network's name.
  public var model: String
  /// Samples of a step.
  public var samplesPerStep: Int
  /// What the fp32 run holds.
  public var examination: Examination
  /// What each 16-bit format would do.
  public var prognoses: [Prognosis]
  /// One step in fp32 after the last look.
  public var baseline: PrecisionTrial
  /// The same step with parameters stored in 16 bits, without fp32 masters: one a format.
  public var withoutMasters: [PrecisionTrial]
  /// What to run.
  public var recommendation: Recommendation
  /// The search for layers that close a loss gap, where it was asked for.
  public var bisection: LayerBisection?

  /// Examines a network.
  ///
  /// - Parameters:
  ///   - configuration: what to train and how.
  ///   - backend: the device.
  ///   - steps: committed fp32 steps after which the second look is taken; 0 and 1 look at the first batch only.
  ///   - initialWeights: weights to start from, instead of drawn ones.
  ///   - shouldStop: asked between steps; true gives up.
  ///
  /// Throws `DoctorError` where fp32 itself does not train or the caller stopped, and what `Trainer` throws. Takes
  /// `steps` fp32 steps and about five of other modes, each of which is compiled.
  public init(
    _ configuration: Trainer.Configuration, on backend: any Backend, steps: Int = 20,
    initialWeights: SafetensorsFile? = nil, shouldStop: @escaping () -> Bool = { false }
  ) throws {
    let examiner = try Examiner(
      configuration, initialWeights: initialWeights, backend: backend, shouldStop: shouldStop)
    let examination = try examiner.examine(steps: steps)
    let baseline = try examiner.attempt(PrecisionPolicy(.fp32))
    var (prognoses, pure): ([Prognosis], [PrecisionTrial]) = ([], [])
    var narrow: [NumericFormat: NarrowTensors] = [:]
    for (format, mode, pureMode) in [(NumericFormat.fp16, Precision.ampFP16, Precision.fp16), (.bf16, .ampBF16, .bf16)]
    {
      guard backend.support(for: mode).refusal == nil else { continue }
      if shouldStop() { throw DoctorError.givenUp }
      let tensors = try NarrowTensors(PrecisionPolicy(mode), of: configuration)
      let trial = try examiner.attempt(PrecisionPolicy(pureMode))
      narrow[format] = tensors
      pure.append(trial)
      prognoses.append(
        Prognosis(of: examination, in: format, narrow: tensors, baseline: baseline, pure: trial))
    }
    self.init(
      model: configuration.model.name, samplesPerStep: configuration.samplesPerStep, examination: examination,
      prognoses: prognoses, baseline: baseline, withoutMasters: pure,
      recommendation: try Prescriber(
        examiner: examiner, examination: examination, prognoses: prognoses, narrow: narrow, baseline: baseline,
        pure: pure
      ).recommendation())
  }

  /// Creates a report; every field is stated.
  public init(
    model: String, samplesPerStep: Int, examination: Examination, prognoses: [Prognosis], baseline: PrecisionTrial,
    withoutMasters: [PrecisionTrial], recommendation: Recommendation, bisection: LayerBisection? = nil
  ) {
    self.model = model
    self.samplesPerStep = samplesPerStep
    self.examination = examination
    self.prognoses = prognoses
    self.baseline = baseline
    self.withoutMasters = withoutMasters
    self.recommendation = recommendation
    self.bisection = bisection
  }

  /// The report as JSON; infinities and NaN are the strings "inf", "-inf" and "nan".
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try encoder.encode(self) + Data("\n".utf8)
  }

  /// Reads what `json()` wrote.
  public init(json: Data) throws {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    self = try decoder.decode(DoctorReport.self, from: json)
  }
}

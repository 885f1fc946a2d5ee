public import Foundation

/// An event is one flat JSON object: `v`, `type`, `time`, then the fields of its body.
extension TrainingEvent: Codable {
  private enum CodingKeys: String, CodingKey { case version = "v", type, time }

  private enum EventType: String, Codable {
    case session, step, scale, precision, numerics, diagnosis, fault, added, settings, lane, schedule, peaks, memory,
      eval, agreement, command
    case note, error, summary
  }

  /// Reads an event; throws `DecodingError` for an unknown version or type.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let version = try container.decode(Int.self, forKey: .version)
    guard version == TrainingEvent.version else {
      throw DecodingError.dataCorruptedError(
        forKey: .version, in: container,
        debugDescription: "event version \(version) is not \(TrainingEvent.version), the one this program reads")
    }
    time = try container.decode(Double.self, forKey: .time)
    switch try container.decode(EventType.self, forKey: .type) {
    case .session: body = .session(try SessionDescription(from: decoder))
    case .step: body = .step(try StepReport(from: decoder))
    case .scale: body = .scale(try ScaleReport(from: decoder))
    case .precision: body = .precision(try PrecisionReport(from: decoder))
    case .numerics: body = .numerics(try NumericsReport(from: decoder))
    case .diagnosis: body = .diagnosis(try DiagnosisReport(from: decoder))
    case .fault: body = .fault(try FaultReport(from: decoder))
    case .added: body = .added(try LaneAddedReport(from: decoder))
    case .settings: body = .settings(try LaneSettingsReport(from: decoder))
    case .lane: body = .lane(try LaneStateReport(from: decoder))
    case .schedule: body = .schedule(try ScheduleReport(from: decoder))
    case .peaks: body = .peaks(try PeaksReport(from: decoder))
    case .memory: body = .memory(try MemoryReport(from: decoder))
    case .eval: body = .evaluation(try EvaluationReport(from: decoder))
    case .agreement: body = .agreement(try AgreementReport(from: decoder))
    case .command: body = .command(try CommandReport(from: decoder))
    case .note: body = .note(try Message(from: decoder))
    case .error: body = .error(try Message(from: decoder))
    case .summary: body = .summary(try RunSummary(from: decoder))
    }
  }

  /// Writes an event.
  public func encode(to encoder: any Encoder) throws {
    let (type, payload) = typed
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(TrainingEvent.version, forKey: .version)
    try container.encode(type, forKey: .type)
    try container.encode(time, forKey: .time)
    try payload.encode(to: encoder)
  }

  private var typed: (EventType, any Encodable) {
    switch body {
    case .session(let value): (.session, value)
    case .step(let value): (.step, value)
    case .scale(let value): (.scale, value)
    case .precision(let value): (.precision, value)
    case .numerics(let value): (.numerics, value)
    case .diagnosis(let value): (.diagnosis, value)
    case .fault(let value): (.fault, value)
    case .added(let value): (.added, value)
    case .settings(let value): (.settings, value)
    case .lane(let value): (.lane, value)
    case .schedule(let value): (.schedule, value)
    case .peaks(let value): (.peaks, value)
    case .memory(let value): (.memory, value)
    case .evaluation(let value): (.eval, value)
    case .agreement(let value): (.agreement, value)
    case .command(let value): (.command, value)
    case .note(let value): (.note, value)
    case .error(let value): (.error, value)
    case .summary(let value): (.summary, value)
    }
  }
}

/// Writes events as JSON lines.
///
/// Non-finite numbers are the strings "nan", "inf" and "-inf".
public struct EventLineEncoder {
  private let encoder: JSONEncoder

  /// Creates an encoder; keys are sorted, so that equal events are equal lines.
  public init() {
    encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
  }

  /// One line, ending in a line feed.
  ///
  /// Throws `EncodingError`.
  public func line(_ event: TrainingEvent) throws -> Data {
    var data = try encoder.encode(event)
    data.append(0x0A)
    return data
  }
}

/// Reads events from JSON lines.
public struct EventLineDecoder {
  private let decoder: JSONDecoder

  /// Creates a decoder.
  public init() {
    decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
  }

  /// The event of one line (with or without its line feed).
  ///
  /// Throws `DecodingError`.
  public func event(_ line: Data) throws -> TrainingEvent {
    if let step = line.withUnsafeBytes({ StepLine.event($0) }) { return step }
    return try decoder.decode(TrainingEvent.self, from: line)
  }
}

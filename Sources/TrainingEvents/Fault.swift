/// Something that a user breaks on purpose, to see what precision makes of it.
///
/// Written `nan:TENSOR@ATTEMPT`, `inf:TENSOR@ATTEMPT`, `lr*FACTOR@ATTEMPT` or `scale=VALUE@ATTEMPT`, with `/LANE` after it
/// for one lane only; without `@ATTEMPT` the next attempt is meant. TENSOR is a layer (its result), `grad:LAYER` (the
/// first gradient that its backward pass makes), a parameter's name (which stays broken) or `x` (the batch).
public struct Fault: Codable, Sendable, Hashable {
  /// What is broken.
  public var action: Action
  /// Attempt at which it happens; nil for the next.
  public var attempt: Int?
  /// The lane; nil for all.
  public var lane: LaneID?

  /// What is broken.
  public enum Action: Sendable, Hashable {
    /// One element of a tensor becomes a value that is not finite.
    case inject(BadValue, tensor: String)
    /// The learning rate of one attempt is multiplied.
    case learningRate(factor: Double)
    /// The loss scale is set, and goes on from there.
    case scale(Double)
  }

  /// A value that is not finite.
  public enum BadValue: String, Codable, Sendable, Hashable {
    /// Not a number.
    case nan
    /// Positive infinity.
    case inf
  }

  /// Creates a fault.
  public init(_ action: Action, attempt: Int? = nil, lane: LaneID? = nil) {
    self.action = action
    self.attempt = attempt
    self.lane = lane
  }

  /// Reads a fault as it is written; throws `FaultError` that says what is wrong.
  public init(parsing text: String) throws(FaultError) {
    func fail(_ problem: String) -> FaultError {
      FaultError("\(problem) in \"\(text)\": write nan:TENSOR@ATTEMPT, inf:TENSOR@…, lr*FACTOR@… or scale=VALUE@…")
    }
    var rest = Substring(text)
    if let slash = rest.lastIndex(of: "/") {
      guard let lane = LaneID(letter: rest[rest.index(after: slash)...]) else {
        throw fail("no lane after /")
      }
      self.lane = lane
      rest = rest[..<slash]
    }
    if let at = rest.lastIndex(of: "@") {
      guard let attempt = Int(rest[rest.index(after: at)...]), attempt >= 0 else {
        throw fail("no attempt after @")
      }
      self.attempt = attempt
      rest = rest[..<at]
    }
    if rest.hasPrefix("lr*") {
      guard let factor = Double(rest.dropFirst(3)), factor.isFinite, factor >= 0 else {
        throw fail("no factor of at least 0 after lr*")
      }
      action = .learningRate(factor: factor)
    } else if rest.hasPrefix("scale=") {
      guard let scale = Double(rest.dropFirst(6)), scale.isFinite, scale > 0 else {
        throw fail("no positive scale after scale=")
      }
      action = .scale(scale)
    } else if let colon = rest.firstIndex(of: ":"), let value = BadValue(rawValue: String(rest[..<colon])) {
      let tensor = String(rest[rest.index(after: colon)...])
      guard !tensor.isEmpty else { throw fail("no tensor after \(value.rawValue):") }
      action = .inject(value, tensor: tensor)
    } else {
      throw fail("unknown fault")
    }
  }
}

extension Fault: CustomStringConvertible {
  /// As it is written: `init(parsing:)` reads it back.
  public var description: String {
    let what =
      switch action {
      case .inject(let value, let tensor): "\(value.rawValue):\(tensor)"
      case .learningRate(let factor): "lr*\(factor)"
      case .scale(let scale): "scale=\(scale)"
      }
    return what + (attempt.map { "@\($0)" } ?? "") + (lane.map { "/\($0)" } ?? "")
  }
}

/// As JSON a fault is its text.
extension Fault {
  /// Reads a fault; throws `DecodingError` where the text is none.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    do throws(FaultError) {
      self = try Fault(parsing: text)
    } catch {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: error.message)
    }
  }

  /// Writes a fault.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// A fault that cannot be read.
public struct FaultError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong and how it is written.
  public var message: String
  init(_ message: String) { self.message = message }
  /// The message.
  public var description: String { message }
}

/// A fault happened.
public struct FaultReport: Codable, Sendable, Hashable {
  /// Which lane.
  public var lane: LaneID
  /// The attempt.
  public var attempt: Int
  /// What was broken.
  public var fault: Fault

  /// Creates a report.
  public init(lane: LaneID, attempt: Int, fault: Fault) {
    self.lane = lane
    self.attempt = attempt
    self.fault = fault
  }
}

/// Reads the line of a step as `EventLineEncoder` writes it, character by character.
///
/// A recording is steps for the most part, and a general decoder takes most of a minute for a million of them. What is not
/// exactly such a line, with its keys in that order and no blanks, is left to the general decoder, which knows what to say.
struct StepLine {
  private let bytes: UnsafeRawBufferPointer
  private var place = 0

  /// The step of a line, with or without its line feed; nil where it is not exactly as written.
  ///
  /// O(characters), and the same number to the last bit as the general decoder gives.
  static func event(_ bytes: UnsafeRawBufferPointer) -> TrainingEvent? {
    var line = StepLine(bytes: bytes)
    guard let event = line.event() else { return nil }
    let rest = bytes.count - line.place
    return rest == 0 || rest == 1 && bytes[line.place] == UInt8(ascii: "\n") ? event : nil
  }

  private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  private mutating func event() -> TrainingEvent? {
    guard take("{\"attempt\":"), let attempt = integer(), take(",\"committed\":"), let committed = truth(),
      take(",\"committedStep\":"), let committedStep = integer(), take(",\"gradNorm\":"), let gradNorm = number(),
      take(",\"lane\":"), let lane = lane(), take(",\"loss\":"), let loss = number(), take(",\"lr\":"),
      let learningRate = number(), let phases = phases(), take(",\"samples\":"), let samples = integer(),
      take(",\"scale\":"), let scale = orNull({ $0.number() }), take(",\"segment\":"), let segment = integer(),
      take(",\"skipReason\":"), let skipReason = orNull({ $0.skipReason() }), take(",\"stepMs\":"),
      let stepMilliseconds = number(), take(",\"stepsToGrowth\":"), let stepsToGrowth = orNull({ $0.integer() }),
      take(",\"time\":"), let time = number(), take(",\"type\":\"step\",\"v\":"), integer() == TrainingEvent.version,
      take("}")
    else { return nil }
    return TrainingEvent(
      time: time,
      body: .step(
        StepReport(
          lane: lane, attempt: attempt, committedStep: committedStep, committed: committed, skipReason: skipReason,
          loss: loss, scale: scale, stepsToGrowth: stepsToGrowth, stepMilliseconds: stepMilliseconds, phases: phases,
          gradNorm: gradNorm, learningRate: learningRate, samples: samples, segment: segment)))
  }

  private mutating func phases() -> PhaseTimes? {
    guard take(",\"phasesMs\":{\"backward\":"), let backward = number(), take(",\"cast\":"), let cast = number(),
      take(",\"data\":"), let data = number(), take(",\"forward\":"), let forward = number(), take(",\"idle\":"),
      let idle = number()
    else { return nil }
    var numerics: Double?
    if take(",\"numerics\":") {
      guard let time = number() else { return nil }
      numerics = time
    }
    guard take(",\"optimizer\":"), let optimizer = number(), take("}") else { return nil }
    return PhaseTimes(
      forward: forward, backward: backward, optimizer: optimizer, cast: cast, data: data, numerics: numerics,
      idle: idle)
  }

  // MARK: Values

  /// Passes a text where it comes next.
  private mutating func take(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard place + count <= bytes.count else { return false }
    for index in 0..<count where bytes[place + index] != text.utf8Start[index] { return false }
    place += count
    return true
  }

  /// A value that may be null: nil where it is neither, and a nil inside where it is.
  private mutating func orNull<Value>(_ value: (inout StepLine) -> Value?) -> Value?? {
    if take("null") { return .some(nil) }
    return value(&self).map { .some($0) }
  }

  private mutating func truth() -> Bool? { take("true") ? true : take("false") ? false : nil }

  private mutating func lane() -> LaneID? {
    guard place + 3 <= bytes.count, bytes[place] == UInt8(ascii: "\""), bytes[place + 2] == UInt8(ascii: "\""),
      (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(bytes[place + 1])
    else { return nil }
    place += 3
    return LaneID(Int(bytes[place - 2] - UInt8(ascii: "A")))
  }

  private mutating func skipReason() -> SkipReason? {
    if take("\"nonFiniteLoss\"") { return .nonFiniteLoss }
    if take("\"nonFiniteGradient\"") { return .nonFiniteGradient }
    return take("\"nonFiniteUpdate\"") ? .nonFiniteUpdate : nil
  }

  private mutating func integer() -> Int? {
    guard let token = token() else { return nil }
    return Int(token)
  }

  /// A number, or the word for one that is not finite.
  private mutating func number() -> Double? {
    if take("\"nan\"") { return .nan }
    if take("\"inf\"") { return .infinity }
    if take("\"-inf\"") { return -.infinity }
    guard let token = token(), let number = Double(token), number.isFinite else { return nil }
    return number
  }

  /// The characters of a number as JSON has them: digits around a point, after a minus at most, and no zero before another.
  private mutating func token() -> String? {
    let start = place
    var isAfterDigit = false
    while place < bytes.count, StepLine.isInNumber(bytes[place]) {
      let isDigit = StepLine.isDigit(bytes[place])
      let isSign = bytes[place] == UInt8(ascii: "-") || bytes[place] == UInt8(ascii: "+")
      // A point and an exponent's letter follow a digit.
      guard isDigit || isSign || isAfterDigit else { return nil }
      isAfterDigit = isDigit
      place += 1
    }
    let digits = bytes[start..<place].drop { $0 == UInt8(ascii: "-") }
    guard place - start - digits.count <= 1, isAfterDigit, let first = digits.first, StepLine.isDigit(first) else {
      return nil
    }
    if first == UInt8(ascii: "0"), let second = digits.dropFirst().first, StepLine.isDigit(second) { return nil }
    return String(decoding: bytes[start..<place], as: UTF8.self)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private static func isInNumber(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
      UInt8(ascii: "e"), UInt8(ascii: "E"):
      true
    default: false
    }
  }
}

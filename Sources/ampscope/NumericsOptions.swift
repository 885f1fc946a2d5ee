import ArgumentParser
import TrainingEvents

/// What a run breaks on purpose, and how closely it looks at its tensors.
struct NumericsOptions: ParsableArguments {
  @Option(
    name: .customLong("fault"),
    help: """
      Break something on purpose; may be repeated: nan:TENSOR@ATTEMPT, inf:TENSOR@ATTEMPT, lr*FACTOR@ATTEMPT, \
      scale=VALUE@ATTEMPT, with /LANE after it for one lane. TENSOR is a layer, grad:LAYER, a parameter, or x.
      """)
  var faults: [String] = []

  @Option(help: "Look at every element of every tensor once in so many attempts, with histograms (default: never).")
  var numerics: Int?

  /// Throws `ValidationError` for what cannot be read.
  func parsedFaults() throws -> [Fault] {
    try faults.map { text in
      do throws(FaultError) {
        return try Fault(parsing: text)
      } catch {
        throw ValidationError("--fault: \(error.message)")
      }
    }
  }

  /// Attempts between complete looks; throws `ValidationError` for a number below 1.
  func interval() throws -> Int? {
    if let numerics, numerics < 1 { throw ValidationError("--numerics must be at least 1, found \(numerics)") }
    return numerics
  }
}

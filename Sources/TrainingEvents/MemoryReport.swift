/// How fast this machine multiplies matrices with a lane's threads, measured before the first step.
public struct PeaksReport: Codable, Sendable, Hashable {
  /// Threads that multiplied.
  public var threads: Int
  /// 10⁹ floating-point operations a second by format, in the kernels that lanes use.
  public var gigaflops: [NumericFormat.RawValue: Double]

  /// Creates a report.
  public init(threads: Int, gigaflops: [NumericFormat: Double]) {
    self.threads = threads
    self.gigaflops = Dictionary(uniqueKeysWithValues: gigaflops.map { ($0.key.rawValue, $0.value) })
  }

  /// The figure of a format; nil where it was not measured.
  public subscript(_ format: NumericFormat) -> Double? { gigaflops[format.rawValue] }
}

/// Bytes of a lane by owner, from the memory plan, beside the measured size of the process.
public struct MemoryReport: Codable, Sendable, Hashable {
  /// Which lane.
  public var lane: LaneID
  /// The attempt from which this holds.
  public var attempt: Int
  /// Precision that was planned for.
  public var precision: Precision
  /// Planned bytes at the moment of the peak, by owner.
  public var bytes: MemoryBreakdown
  /// Planned peak: persistent state plus arena.
  ///
  /// The sum of `bytes`.
  public var peak: Int
  /// What the same buffers would take without sharing, in bytes.
  public var unshared: Int
  /// Resident set size of the whole process (all lanes, libraries, data) in bytes, measured.
  public var rss: Int
  /// Largest batch whose plan fits into the baseline's planned peak; nil where nobody asked, for the baseline itself, and in
  /// older files.
  public var largestBatch: Int?
  /// Bytes of activations that the formats of the operations imply: what the forward pass leaves for the backward pass,
  /// before planning; nil in older files.
  public var impliedActivations: Int?
  /// Most bytes of activations in use at one time, which need not be that of the peak; nil in older files.
  public var mostActivations: Int?

  /// Creates a report; every field is stated.
  public init(
    lane: LaneID, attempt: Int, precision: Precision, bytes: MemoryBreakdown, peak: Int, unshared: Int, rss: Int,
    largestBatch: Int? = nil, impliedActivations: Int? = nil, mostActivations: Int? = nil
  ) {
    self.lane = lane
    self.attempt = attempt
    self.precision = precision
    self.bytes = bytes
    self.peak = peak
    self.unshared = unshared
    self.rss = rss
    self.largestBatch = largestBatch
    self.impliedActivations = impliedActivations
    self.mostActivations = mostActivations
  }
}

/// Bytes by owner.
public struct MemoryBreakdown: Codable, Sendable, Hashable {
  /// Trainable parameters and BatchNorm statistics in fp32.
  public var parameters: Int
  /// fp32 masters where parameters are stored in 16 bits.
  public var masters: Int
  /// 16-bit copies of fp32 parameters, written by the optimizer.
  public var lowPrecisionCopies: Int
  /// Gradients of parameters.
  public var gradients: Int
  /// Momentum or Adam moments.
  public var optimizerState: Int
  /// Activations, their gradients, and inputs.
  public var activations: Int
  /// Scratch of single operations, and gaps of the plan.
  public var workspace: Int

  /// Creates a breakdown in bytes.
  public init(
    parameters: Int = 0, masters: Int = 0, lowPrecisionCopies: Int = 0, gradients: Int = 0, optimizerState: Int = 0,
    activations: Int = 0, workspace: Int = 0
  ) {
    self.parameters = parameters
    self.masters = masters
    self.lowPrecisionCopies = lowPrecisionCopies
    self.gradients = gradients
    self.optimizerState = optimizerState
    self.activations = activations
    self.workspace = workspace
  }

  /// Sum over all owners.
  public var total: Int {
    parameters + masters + lowPrecisionCopies + gradients + optimizerState + activations + workspace
  }
}

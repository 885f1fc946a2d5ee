public import GraphIR
public import TensorCore

/// Names, formats and places of everything that a step commits.
///
/// The same state serves every mode that keeps fp32 masters, and a checkpoint of it fits all of them. Modes without have
/// a layout of their own, of 16-bit entries.
public struct StateLayout: Sendable, Hashable {
  /// One tensor of the state.
  public struct Entry: Sendable, Hashable {
    /// The parameter's name, or "optimizer.NAME.PARAMETER".
    public var name: String
    /// What it is for.
    public var kind: Kind
    /// Format of its elements: fp32, or 16 bits.
    public var dtype: DType
    /// Extents.
    public var shape: Shape
    /// First byte.
    public var offset: Int

    /// Size in bytes.
    public var byteCount: Int { shape.count * dtype.size }
  }

  /// What a tensor of the state is for.
  public enum Kind: Sendable, Hashable {
    /// Trained.
    case parameter
    /// Running statistic.
    case statistic
    /// Momentum or moment.
    case optimizer
  }

  /// All entries, by offset.
  public let entries: [Entry]
  /// Size in bytes.
  public let byteCount: Int
  private let indexOfName: [String: Int]

  /// Lays out parameters, statistics and the optimizer's states, 64-byte aligned.
  public init(parameters: [ParameterDescription], optimizer: OptimizerKind?) {
    var entries: [Entry] = []
    var offset = 0
    func add(_ name: String, _ kind: Kind, _ parameter: ParameterDescription) {
      let entry = Entry(name: name, kind: kind, dtype: parameter.dtype, shape: parameter.shape, offset: offset)
      entries.append(entry)
      offset = roundUp(offset + entry.byteCount, toMultipleOf: HostBuffer.alignment)
    }
    for parameter in parameters {
      add(parameter.name, parameter.isTrainable ? .parameter : .statistic, parameter)
    }
    for parameter in parameters where parameter.isTrainable {
      for state in optimizer?.stateNames ?? [] {
        add(Self.optimizerEntry(state, of: parameter.name), .optimizer, parameter)
      }
    }
    self.entries = entries
    byteCount = offset
    indexOfName = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
  }

  /// The entry of a name.
  public subscript(_ name: String) -> Entry? { indexOfName[name].map { entries[$0] } }

  /// Bytes of all entries of a kind.
  public func byteCount(of kind: Kind) -> Int {
    entries.reduce(0) { $0 + ($1.kind == kind ? $1.byteCount : 0) }
  }

  /// Name of an optimizer state of a parameter, for example "optimizer.exp_avg.1.weight".
  public static func optimizerEntry(_ state: String, of parameter: String) -> String {
    "optimizer.\(state).\(parameter)"
  }
}

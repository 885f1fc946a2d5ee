public import BackendAPI
public import GraphIR
import TensorCore

extension DeviceState {
  /// Draws first values for every parameter and statistic.
  ///
  /// Parameter number i takes stream i of the seed: a function of nothing else, so that all lanes start equal.
  /// Throws `BackendError` where the state has no such parameter.
  public func initialize(_ parameters: [ParameterDescription], seed: UInt64) throws {
    for (stream, parameter) in parameters.enumerated() {
      let count = parameter.shape.count
      switch parameter.initializer {
      case .constant(let value): try write(parameter.name, [Float](repeating: value, count: count))
      case .uniform(let bound):
        var generator = PhiloxGenerator(seed: seed, stream: UInt64(stream))
        try write(parameter.name, (0..<count).map { _ in (2 * generator.nextUniform() - 1) * bound })
      case .normal(let deviation):
        var generator = NormalGenerator(PhiloxGenerator(seed: seed, stream: UInt64(stream)))
        try write(parameter.name, (0..<count).map { _ in Float(generator.next()) * deviation })
      case .truncatedNormal(let deviation):
        var generator = NormalGenerator(PhiloxGenerator(seed: seed, stream: UInt64(stream)))
        try write(parameter.name, (0..<count).map { _ in generator.next(deviation: deviation, within: 2) })
      }
    }
  }
}

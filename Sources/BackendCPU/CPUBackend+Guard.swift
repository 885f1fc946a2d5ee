import CKernels

/// What `bench --guard` holds the engine against, in the same process.
extension CPUBackend {
  /// Runs `body` with the reference kernels in place of our vectorised ones, on the calling thread's team.
  ///
  /// oneDNN's products stay. Throws what `body` throws.
  public static func withReferenceKernels<R>(_ body: () throws -> R) rethrows -> R {
    let before = amp_selected_isa()
    _ = amp_select_kernels(AMP_ISA_REFERENCE)
    defer { _ = amp_select_kernels(before) }
    return try body()
  }

  /// Whether there are vectorised kernels for this processor at all.
  public static var hasVectorKernels: Bool { amp_best_isa() != AMP_ISA_REFERENCE }
}

/// A training step of a perceptron with one hidden layer in plain C: a fixed measure for the same step by the engine.
public final class Yardstick {
  private var x: [Float]
  private var labels: [Int64]
  private var first: [Float]
  private var second: [Float]
  private var scratch: [Float] = []
  private let inputs: Int
  private let classes: Int

  /// Takes a batch x (batch, inputs) with a label a row, and first weights that are small and differ.
  ///
  /// Each label is in 0..<classes, and x has whole rows.
  public init(x: [Float], labels: [Int64], hidden: Int, classes: Int) {
    self.x = x
    self.labels = labels
    self.classes = classes
    inputs = x.count / max(labels.count, 1)
    func weights(_ count: Int) -> [Float] { (0..<count).map { Float(($0 &* 7919) % 201 - 100) * 4e-4 } }
    first = weights(hidden * inputs)
    second = weights(classes * hidden)
    scratch = [Float](repeating: 0, count: step(learningRate: nil))
  }

  /// Makes one step and returns the loss before it.
  public func step(learningRate: Float) -> Float {
    var loss: Float = 0
    _ = step(learningRate: learningRate) { loss = $0 }
    return loss
  }

  /// All weights, the first layer's before the second's.
  public var weights: [Float] { first + second }

  /// Elements of scratch; makes a step where there is a learning rate.
  private func step(learningRate: Float?, _ report: (Float) -> Void = { _ in }) -> Int {
    let (batch, hidden) = (labels.count, second.count / max(classes, 1))
    return x.withUnsafeBufferPointer { x in
      labels.withUnsafeBufferPointer { labels in
        first.withUnsafeMutableBufferPointer { first in
          second.withUnsafeMutableBufferPointer { second in
            scratch.withUnsafeMutableBufferPointer { scratch in
              var settings = amp_yardstick(
                batch: batch, inputs: inputs, hidden: hidden, classes: classes, learning_rate: learningRate ?? 0,
                x: x.baseAddress, labels: labels.baseAddress, first: first.baseAddress, second: second.baseAddress,
                scratch: scratch.baseAddress)
              if learningRate != nil { report(amp_yardstick_step(&settings)) }
              return amp_yardstick_scratch(&settings)
            }
          }
        }
      }
    }
  }
}

import BackendAPI
import CKernels
import GraphIR
import TensorCore

/// A tensor that a run can look at, with its place.
struct WatchedPlace {
  /// Index into `Executable.watchedTensors`.
  let index: Int
  let address: Address
  let dtype: DType
  let count: Int
}

/// What a run sees in its tensors: readings by tensor, made when there is something to look at.
///
/// Memory of an arena is used again as soon as a tensor is dead, so each is looked at right after the node that made it.
final class TensorWatch {
  let tensors: [WatchedTensor]
  /// Read before the first node: weights.
  let weights: [WatchedPlace]
  /// Read after a node: activations and their gradients, by node number.
  let results: [Int: WatchedPlace]
  /// Gradients in the order of `unscale`'s operands.
  let gradients: [WatchedPlace]
  let threads: Int32
  private(set) var inspection = Inspection.none
  private(set) var readings: [TensorReading] = []
  private var bins = [UInt64](repeating: 0, count: Int(AMP_EXPONENT_BINS))

  /// Blocks of 64 elements that a sample takes of a tensor: 16 cost about two microseconds.
  static let sampledBlocks = 16

  init(_ graph: Graph, threads: Int32, address: (ValueID) throws -> Address) rethrows {
    self.threads = threads
    var (tensors, weights, gradients): ([WatchedTensor], [WatchedPlace], [WatchedPlace]) = ([], [], [])
    var results: [Int: WatchedPlace] = [:]
    for (tensor, value) in graph.watchedTensors {
      let place = WatchedPlace(
        index: tensors.count, address: try address(value), dtype: tensor.dtype, count: tensor.count)
      tensors.append(tensor)
      switch tensor.role {
      case .weight: weights.append(place)
      case .weightGradient: gradients.append(place)
      case .activation, .activationGradient:
        if case .node(let number, _) = graph[value].origin { results[number] = place }
      }
    }
    (self.tensors, self.weights, self.gradients, self.results) = (tensors, weights, gradients, results)
  }

  /// Forgets what an earlier run saw.
  func begin(_ inspection: Inspection) {
    self.inspection = inspection
    if !readings.isEmpty { readings.removeAll(keepingCapacity: true) }
  }

  func look(_ place: WatchedPlace, _ context: borrowing CallContext) {
    var found = amp_tensor_counters()
    var exponents: [Int]?
    switch inspection {
    case .none: return
    case .sampled(let phase):
      amp_tensor_sample(
        place.dtype.kernelType, place.address.pointer(context), place.count, TensorWatch.sampledBlocks, phase, &found)
    case .complete:
      amp_exponent_histogram(
        threads, place.dtype.kernelType, place.address.pointer(context), place.count, &found, &bins)
      exponents = bins.map(Int.init)
    }
    readings.append(TensorReading(place.index, found, exponents: exponents))
  }

  /// Takes what `unscale` found in gradient number `number`, which it reads in any case.
  func look(atGradient number: Int, _ found: amp_gradient_statistics, _ context: borrowing CallContext) {
    let place = gradients[number]
    guard case .sampled = inspection else { return look(place, context) }
    readings.append(
      TensorReading(
        tensor: place.index, sampled: place.count, largest: found.largest, zeros: Int(found.zeros),
        infinities: Int(found.infinities), nans: Int(found.nans)))
  }

  /// Notes how many stored values of weight number `number` an update changed: of the fp32 master where there is one.
  func note(changed found: amp_update_statistics, ofWeight number: Int) {
    guard weights.indices.contains(number) else { return }
    let weight = weights[number]
    guard let position = readings.firstIndex(where: { $0.tensor == weight.index }) else { return }
    readings[position].changed = Int(found.changed_weights)
  }
}

extension TensorReading {
  init(_ tensor: Int, _ found: amp_tensor_counters, exponents: [Int]?) {
    self.init(
      tensor: tensor, sampled: Int(found.looked_at), largest: found.largest, zeros: Int(found.zeros),
      infinities: Int(found.infinities), nans: Int(found.nans), exponents: exponents)
  }
}

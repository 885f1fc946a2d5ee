import BackendAPI
import BackendCPU
import SafetensorsFormat
import TensorCore
import Testing
import Training
import TrainingEvents

@Suite("Weights in files")
struct WeightsTests {
  private let folder: TemporaryFolder
  private let trainer: Trainer

  init() throws {
    folder = try TemporaryFolder()
    trainer = try Trainer(.small(dropout: 0), precision: .fp32, backend: CPUBackend())
    _ = try trainer.losses(2)
  }

  @Test("Saved weights load into another trainer bit for bit")
  func roundTrip() throws {
    let path = folder.path("weights.safetensors")
    try trainer.state.saveWeights(to: path, metadata: ["format": "pt"])
    let file = try SafetensorsFile(path: path)
    #expect(file.metadata["format"] == "pt")
    let names = trainer.state.layout.entries.filter { $0.kind != .optimizer }.map(\.name)
    #expect(Set(file.tensors.map(\.name)) == Set(names))

    let other = try Trainer(.small(dropout: 0, seed: 99), precision: .ampBF16, backend: CPUBackend())
    try other.loadWeights(from: file)
    let (ours, theirs) = (try trainer.state.bits, try other.state.bits)
    for name in names { #expect(ours[name] == theirs[name], "\(name)") }
  }

  @Test("Loading rebuilds the 16-bit copies", arguments: [Precision.ampBF16, .ampFP16])
  func copies(precision: Precision) throws {
    let path = folder.path("weights.safetensors")
    try trainer.state.saveWeights(to: path)
    let file = try SafetensorsFile(path: path)
    // Same batches and masks, other weights; only a forward pass from the loaded weights gives the same loss.
    var configuration = try Trainer.Configuration.small(dropout: 0)
    let a = try Trainer(configuration, precision: precision, backend: CPUBackend())
    configuration.seed = 99
    let b = try Trainer(configuration, precision: precision, backend: CPUBackend())
    try a.loadWeights(from: file)
    try b.loadWeights(from: file)
    #expect(try a.losses(3) == b.losses(3))
  }

  @Test("A file that does not fit is refused by name and changes nothing")
  func refusals() throws {
    let before = try trainer.state.bits
    try expectRefusal("classifier.2.bias\" is missing") { $0["classifier.2.bias"] = nil }
    try expectRefusal("features.1.running_mean\" is missing") { $0["features.1.running_mean"] = nil }
    try expectRefusal("features.0.weight\" has shape (1, 4, 3, 3), this model has (4, 1, 3, 3)") {
      $0["features.0.weight"]?.shape = [1, 4, 3, 3]
    }
    try expectRefusal("features.99.weight\" belongs to no layer") { $0["features.99.weight"] = ([2], [1, 2]) }
    let after = try trainer.state.bits
    #expect(after == before)
  }

  @Test("Counters of torch's batch norm are passed over")
  func counters() throws {
    let path = try write { $0["features.1.num_batches_tracked"] = ([1], [7]) }
    try trainer.loadWeights(from: SafetensorsFile(path: path))
  }

  private typealias Tensors = [String: (shape: [Int], values: [Float])]

  private func expectRefusal(_ text: String, _ change: (inout Tensors) -> Void) throws {
    let file = try SafetensorsFile(path: write(change))
    let error = #expect(throws: TrainingError.self) { try trainer.loadWeights(from: file) }
    #expect(error?.message.contains(text) == true, "\(error?.message ?? "no error")")
    #expect(error?.message.contains(file.path) == true)
  }

  /// Writes the trainer's weights, one larger, with a change.
  private func write(_ change: (inout Tensors) -> Void) throws -> String {
    var tensors: Tensors = [:]
    for entry in trainer.state.layout.entries where entry.kind != .optimizer {
      tensors[entry.name] = (entry.shape.dimensions, try trainer.state.floats(entry.name).map { $0 + 1 })
    }
    change(&tensors)
    let path = folder.path("changed.safetensors")
    var writer = SafetensorsWriter(path: path)
    for (name, tensor) in tensors { try writer.add(name, shape: tensor.shape, floats: tensor.values) }
    try writer.write()
    return path
  }
}

import BackendAPI
import BackendCPU
import Datasets
import ModelZoo
import SafetensorsFormat
import TensorCore
import Testing
import Training
import TrainingEvents

@Suite("Weights under a second name")
struct TiedWeightsTests {
  private typealias Tensors = [String: (shape: [Int], values: [Float])]

  private let folder: TemporaryFolder
  private let trainer: Trainer
  /// The trainer's first weights, each one larger.
  private let tensors: Tensors

  private let table = "transformer.wte.weight"
  private let head = "lm_head.weight"

  init() throws {
    folder = try TemporaryFolder()
    let fixture = try ReferenceTrajectories(model: "gpt", optimizer: "sgd")
    let batches = try ReplayedBatches(path: ReferenceFixtures.path(fixture.batchesFile), task: fixture.model.task)
    trainer = try Trainer(
      Trainer.Configuration(
        model: fixture.model.model(batches), batches: batches, optimizer: .sgd(learningRate: 0.1)),
      precision: .fp32, backend: CPUBackend())
    var tensors: Tensors = [:]
    for entry in trainer.state.layout.entries where entry.kind != .optimizer {
      tensors[entry.name] = (entry.shape.dimensions, try trainer.state.floats(entry.name).map { $0 + 1 })
    }
    self.tensors = tensors
  }

  @Test("A file as nanoGPT writes it, with the token table again as the head, loads")
  func both() throws {
    try trainer.loadWeights(from: file { $0[head] = $0[table] })
    try expectLoaded()
  }

  @Test("The head alone stands for the token table")
  func headOnly() throws {
    try trainer.loadWeights(from: file { $0[head] = $0.removeValue(forKey: table) })
    try expectLoaded()
  }

  @Test("Without head and table the table is missing")
  func neither() throws { try expectRefusal("\"\(table)\" is missing") { $0[table] = nil } }

  @Test("A wrong shape is refused with the tensor's name in the file and both shapes")
  func shapes() throws {
    let shape = try #require(tensors[table]?.shape)
    let (found, expected) = (Shape([shape[1], shape[0]]), Shape(shape))
    try expectRefusal("\"\(table)\" has shape \(found), this model has \(expected)") {
      $0[table]?.shape = found.dimensions
    }
    try expectRefusal("\"\(head)\" has shape \(found), this model has \(expected)") {
      $0[head] = $0.removeValue(forKey: table)
      $0[head]?.shape = found.dimensions
    }
    try expectRefusal("\"\(head)\" has shape \(found), this model has \(expected)") {
      $0[head] = $0[table]
      $0[head]?.shape = found.dimensions
    }
  }

  @Test("A head that is not the table is refused: the network has but one")
  func different() throws {
    try expectRefusal("\"\(head)\" and \"\(table)\" are one tensor in this model, but differ in the file") {
      $0[head] = $0[table]
      $0[head]?.values[5] += 1
    }
  }

  private func expectLoaded() throws {
    for (name, tensor) in tensors {
      let values = try trainer.state.floats(name)
      #expect(values == tensor.values, "\(name)")
    }
  }

  private func expectRefusal(_ text: String, _ change: (inout Tensors) -> Void) throws {
    let (file, before) = (try file(change), try trainer.state.bits)
    let error = #expect(throws: TrainingError.self) { try trainer.loadWeights(from: file) }
    #expect(error?.message.contains(text) == true, "\(error?.message ?? "no error")")
    #expect(error?.message.contains(file.path) == true)
    #expect(try trainer.state.bits == before)
  }

  /// A file of the tensors with a change.
  private func file(_ change: (inout Tensors) -> Void) throws -> SafetensorsFile {
    var changed = tensors
    change(&changed)
    let path = folder.path("weights.safetensors")
    var writer = SafetensorsWriter(path: path)
    for (name, tensor) in changed { try writer.add(name, shape: tensor.shape, floats: tensor.values) }
    try writer.write()
    return try SafetensorsFile(path: path)
  }
}

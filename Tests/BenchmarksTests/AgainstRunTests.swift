import BackendAPI
import BackendCPU
import Datasets
import Foundation
import ModelZoo
import SafetensorsFormat
import TensorCore
import Testing
import Training
import TrainingEvents

@testable import Benchmarks

@Suite("Runs against PyTorch")
struct AgainstRunTests {
  private let fake: FakeTwin

  init() throws { fake = try FakeTwin() }

  private func configuration() throws -> Trainer.Configuration {
    let data = try SyntheticGlyphs.generate(seed: 3, trainCount: 64, validationCount: 8)
    let network = Sequential(Flatten(), Linear(784, 8), ReLU(), Linear(8, 10))
    return Trainer.Configuration(
      model: Model(name: "small", network: network, input: data.input, task: data.task),
      batches: try ShuffledBatches(dataset: data, batchSize: 8, seed: 1), optimizer: .adamW())
  }

  private func run(_ precisions: [Precision], rounds: Int = 3) throws -> AgainstRun {
    var run = AgainstRun(
      name: "small", configuration: try configuration(), twin: TwinDescription(fields: ["kind": .name("mlp")]),
      precisions: precisions, rounds: rounds)
    run.segmentMilliseconds = 1
    return run
  }

  /// What this engine's first losses are, as the stand-in is to state them.
  private func losses(_ precision: Precision) throws -> [Double] {
    var configuration = try configuration()
    configuration.batches = try FixedBatches(configuration.batches, count: AgainstRun.batchCount)
    let trainer = try Trainer(configuration, precision: precision, backend: CPUBackend())
    return try (0..<AgainstRun.checkedSteps).map { _ in try trainer.step().loss }
  }

  private func text(_ losses: [Double]) -> String { losses.map { "\($0)" }.joined(separator: ",") }

  private func rows(
    _ run: AgainstRun, _ settings: [String: String], progress: @escaping @Sendable (String) -> Void = { _ in }
  ) throws -> [AgainstReport.Row] {
    let process = try fake.process(settings)
    try process.start(threads: 1, processors: [])
    return try run.measure(on: CPUBackend(), against: process, processors: [], progress: progress)
  }

  @Test("Every side has a figure a round, and ratios are of the same rounds")
  func measured() throws {
    let rows = try rows(
      run([.fp32, .ampBF16]), ["FAKE_LOSSES": text(losses(.fp32)), "FAKE_MILLISECONDS": "50"])
    #expect(rows.map(\.precision) == [.fp32, .ampBF16] && rows.allSatisfy { $0.error == nil && $0.batch == 8 })
    for row in rows {
      let (eager, compiled) = (try #require(row.eager), try #require(row.compiled))
      #expect(row.ours.rounds.count == 3 && row.ours.steps >= 2 && row.ours.losses.count == 4)
      #expect(eager.rounds == [50, 50, 50] && eager.steps == 2 && eager.memory == 3_145_728)
      #expect(eager.ratio == AgainstReport.Ratio(row.ours.rounds.map { 50 / $0 }) && compiled.ratio == eager.ratio)
      #expect(row.ours.memory == row.memory?.total, "planned bytes")
    }
    #expect(rows[0].overFP32 == nil)
    #expect(rows[1].overFP32 == AgainstReport.Ratio(rows[1].ours.rounds, over: rows[0].ours.rounds))
  }

  @Test("Losses that differ by more than the tolerance of the mode make the row an error without figures")
  func differentNetworks() throws {
    let own = try losses(.fp32)
    var moved = own
    moved[0] *= 1.001
    let rows = try rows(run([.fp32, .ampBF16], rounds: 1), ["FAKE_LOSSES": text(moved)])
    let error = try #require(rows[0].error)
    #expect(error.contains("another network") && error.contains("within 0.01 0.50 0.50 0.50 %"))
    #expect(rows[0].ours.rounds.isEmpty && rows[0].best == nil && rows[0].ours.losses == own)
    #expect(rows[0].eager?.losses == moved)
    #expect(rows[1].error == nil, "a thousandth is within the tolerance of a 16-bit format")
    #expect(rows[1].overFP32 == nil, "there is no fp32 to compare with")
    for (factor, isSame) in [(1.004, true), (1.006, false)] {
      let later = own.enumerated().map { $0 == 3 ? $1 * factor : $1 }
      let row = try #require(try self.rows(run([.fp32], rounds: 1), ["FAKE_LOSSES": text(later)]).first)
      #expect((row.error == nil) == isSame, "later losses part a little")
    }
    let fewer = try self.rows(run([.fp32], rounds: 1), ["FAKE_LOSSES": text(Array(own.dropLast()))])
    #expect(fewer[0].error != nil, "a loss is missing")
    let nan = try self.rows(run([.ampBF16], rounds: 1), ["FAKE_LOSSES": "\"nan\",1,1,1"])
    #expect(nan[0].error?.contains("losses of the first steps nan") == true)
  }

  @Test(
    "Losses after the first may part by five times what PyTorch's own part by from weights one ulp away, and not more")
  func perturbed() throws {
    let own = try losses(.fp32)
    func row(_ factors: [Double], perturbed: [Double]) throws -> AgainstReport.Row {
      let settings = [
        "FAKE_LOSSES": text(zip(own, factors).map { $0 * $1 }),
        "FAKE_PERTURBED": text(zip(own, zip(factors, perturbed)).map { $0 * $1.0 * $1.1 }),
      ]
      return try #require(try rows(run([.fp32], rounds: 1), settings).first)
    }
    let wide = try row([1, 1.02, 0.95, 1.1], perturbed: [1, 1.01, 0.98, 1.03])
    #expect(wide.error == nil && wide.best != nil)
    #expect(wide.notes.contains { $0.contains("may part by 0.01 5.00 10.00 15.00 %: after the first") })
    let narrow = try row([1, 1.02, 0.95, 1.1], perturbed: [1, 1.01, 0.98, 1.01])
    #expect(narrow.error?.contains("within 0.01 5.00 10.00 5.00 % of ours") == true && narrow.best == nil)
    // However far they part, the first losses must agree.
    #expect(try row([1.001, 1, 1, 1], perturbed: [1.5, 1, 1, 1]).error != nil)
    #expect(try row([1, 1, 1, 1.6], perturbed: [1, 1, 1, 9]).error?.contains("50.00 % of ours") == true)
    #expect(try row([1, 1, 1, 1.004], perturbed: [1, 1, 1, 9]).notes.allSatisfy { !$0.contains("part by") })
  }

  @Test("What cannot be compiled is compared with eager PyTorch, what does not run at all not, and both say why")
  func failure() throws {
    let settings = ["FAKE_LOSSES": text(try losses(.fp32)), "FAKE_COMPILE_ERROR": "no compiler"]
    let row = try #require(try rows(run([.fp32], rounds: 1), settings).first)
    #expect(row.compiled == nil && row.best != nil && row.best == row.eager?.ratio && row.error == nil)
    #expect(row.notes.contains("torch.compile failed: no compiler"))

    let without = try rows(run([.fp32, .ampBF16], rounds: 1), ["FAKE_BUILD_ERROR": "no kernel"])
    #expect(without.allSatisfy { $0.best == nil && $0.error == nil && $0.ours.rounds.count == 1 })
    #expect(without[1].overFP32 != nil && without[1].notes.contains("eager PyTorch failed: no kernel"))
    var report = AgainstReport(machine: machine, versions: [:], threads: 1, processors: [], rounds: 1)
    report.add(without)
    #expect(report.means.map(\.networks) == [0, 0] && report.means[1].overFP32 != nil && !report.hasErrors)
  }

  @Test("A segment has as many steps as take its time, and not fewer than three, or two where a step takes long")
  func steps() throws {
    for (milliseconds, steps) in [("0.1", 10), ("0.4", 3), ("9", 2), ("0.0001", 1000)] {
      let settings = ["FAKE_LOSSES": text(try losses(.fp32)), "FAKE_MILLISECONDS": milliseconds]
      #expect(try rows(run([.fp32], rounds: 1), settings).first?.eager?.steps == steps, "\(milliseconds) ms")
    }
  }

  @Test("fp16 is not compiled; a process that ends in a round ends the run")
  func halfAndEnd() throws {
    let settings = ["FAKE_LOSSES": text(try losses(.ampFP16))]
    #expect(try rows(run([.ampFP16], rounds: 1), settings).first?.compiled == nil)
    let error = #expect(throws: BenchmarkError.self) {
      try rows(run([.fp32]), settings.merging(["FAKE_END": "run"]) { $1 })
    }
    #expect(error?.description.contains("it has ended") == true)
  }

  @Test("Is given up when asked to")
  func givenUp() throws {
    let process = try fake.process(["FAKE_LOSSES": text(try losses(.fp32))])
    try process.start(threads: 1, processors: [])
    let error = #expect(throws: BenchmarkError.self) {
      try run([.fp32]).measure(on: CPUBackend(), against: process, processors: [], shouldStop: { true })
    }
    #expect(error == .givenUp)
  }

  @Test("Requests are what the Python program takes: snake case, and null where nothing is scaled")
  func requests() throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    func object(_ scaler: TwinScaler?) throws -> [String: Any] {
      let request = TwinRequest.Build(
        name: "a", model: TwinDescription(fields: ["input_shape": .counts([1, 2])]), mode: "fp32", compiled: false,
        weights: "w", batches: "b", optimizer: TwinOptimizer(.adamW(learningRate: 0.5)), scaler: scaler, steps: 4)
      let text = try encoder.encode(request)
      return try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
    }
    let plain = try object(nil)
    #expect(plain["do"] as? String == "build" && plain["scaler"] is NSNull)
    #expect((plain["model"] as? [String: [Int]])?["input_shape"] == [1, 2])
    let optimizer = try #require(plain["optimizer"] as? [String: Any])
    #expect(Set(optimizer.keys) == ["kind", "lr", "weight_decay", "betas", "eps"] && optimizer["lr"] as? Double == 0.5)
    let scaler = try #require(try object(TwinScaler(GradScaler.Settings()))["scaler"] as? [String: Any])
    #expect(Set(scaler.keys) == ["init_scale", "growth_factor", "backoff_factor", "growth_interval"])
    #expect(scaler["init_scale"] as? Int == 65536 && scaler["growth_interval"] as? Int == 2000)
  }
}

@Suite("A few batches in turn")
struct FixedBatchesTests {
  /// Batches of two coloured images of 1 × 2 pixels: every number says where it is.
  private struct Source: BatchSource {
    let batchSize = 2
    let input = SampleType(.float32, [3, 1, 2])
    let task = LearningTask.classification(classes: 10)
    var attemptLimit: Int? { nil }

    func fill(
      attempt: Int, inputs: UnsafeMutableRawBufferPointer, targets: UnsafeMutableRawBufferPointer
    ) throws {
      let values = (0..<12).map { Float(100 * attempt + $0) }
      values.withUnsafeBytes { inputs.copyMemory(from: $0) }
      [Int64(attempt), 9].withUnsafeBytes { targets.copyMemory(from: $0) }
    }
  }

  private func batch(_ batches: FixedBatches, _ attempt: Int) throws -> (inputs: [Float], targets: [Int64]) {
    var (inputs, targets) = ([Float](repeating: 0, count: 12), [Int64](repeating: 0, count: 2))
    try inputs.withUnsafeMutableBytes { inputs in
      try targets.withUnsafeMutableBytes { try batches.fill(attempt: attempt, inputs: inputs, targets: $0) }
    }
    return (inputs, targets)
  }

  @Test("Come again after the last, for ever")
  func turns() throws {
    let batches = try FixedBatches(Source(), count: 3)
    #expect(batches.attemptLimit == nil && batches.batchSize == 2)
    for attempt in [0, 1, 2, 3, 7] {
      let (inputs, targets) = try batch(batches, attempt)
      #expect(targets == [Int64(attempt % 3), 9] && inputs.first == Float(100 * (attempt % 3)))
    }
  }

  @Test("Are written channels first, as --batches and PyTorch take them")
  func file() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("ampscope-\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: url) }
    let batches = try FixedBatches(Source(), count: 2)
    try batches.write(to: url.path)
    let file = try SafetensorsFile(path: url.path)
    #expect(try file.tensor("x").shape == [2, 2, 3, 1, 2] && file.tensor("y").shape == [2, 2])
    #expect(try Array(file.floats("x").prefix(6)) == [0, 3, 1, 4, 2, 5])
    let replayed = try ReplayedBatches(path: url.path)
    for attempt in 0..<2 {
      var (inputs, targets) = ([Float](repeating: 0, count: 12), [Int64](repeating: 0, count: 2))
      try inputs.withUnsafeMutableBytes { inputs in
        try targets.withUnsafeMutableBytes { try replayed.fill(attempt: attempt, inputs: inputs, targets: $0) }
      }
      let own = try batch(batches, attempt)
      #expect(inputs == own.inputs && targets == own.targets, "read back it is the same batch")
    }
  }
}

public import BackendAPI
import GraphIR
public import SafetensorsFormat
import TensorCore

/// Weights in and out, under PyTorch's state_dict names.
extension DeviceState {
  /// Loads every parameter and statistic from a file; "num_batches_tracked" and the like are passed over.
  ///
  /// `tiedNames` are second names that the file may have for a tensor, or in its place: see `Layer.tiedNames`.
  /// Throws `TrainingError` that names the tensor where one is missing, has another shape, belongs to no layer or differs
  /// from its second name, and `SafetensorsError` where the file is broken. Nothing is changed unless everything fits.
  public func loadWeights(from file: SafetensorsFile, tiedNames: [String: String] = [:]) throws {
    let wanted = layout.entries.filter { $0.kind != .optimizer }
    var loaded: [(name: String, values: [Float])] = []
    for entry in wanted {
      let second = tiedNames.filter { $0.value == entry.name }.keys.sorted()
      let names = ([entry.name] + second).filter(file.contains)
      guard let first = names.first else {
        throw TrainingError(
          "\(file.path): tensor \"\(entry.name)\" is missing; `ampscope inspect` lists the names of this model")
      }
      for name in names {
        let shape = try file.tensor(name).shape
        guard shape == entry.shape.dimensions else {
          throw TrainingError(
            "\(file.path): tensor \"\(name)\" has shape \(Shape(shape)), this model has \(entry.shape); "
              + "check --model and its size flags")
        }
      }
      let values = try file.floats(first)
      for name in names.dropFirst() where try file.floats(name).map(\.bitPattern) != values.map(\.bitPattern) {
        throw TrainingError(
          "\(file.path): tensors \"\(name)\" and \"\(first)\" are one tensor in this model, but differ in the file; "
            + "remove the one that does not count")
      }
      loaded.append((entry.name, values))
    }
    let names = Set(wanted.map(\.name)).union(tiedNames.keys)
    for tensor in file.tensors where !names.contains(tensor.name) && !tensor.name.hasSuffix("num_batches_tracked") {
      throw TrainingError(
        "\(file.path): tensor \"\(tensor.name)\" belongs to no layer of this model; check --model and its size flags")
    }
    for (name, values) in loaded { try write(name, values) }
  }

  /// Writes every parameter and statistic in fp32.
  ///
  /// Throws `SafetensorsError` where the file cannot be written.
  public func saveWeights(to path: String, metadata: [String: String] = [:]) throws {
    var writer = SafetensorsWriter(path: path, metadata: metadata)
    for entry in layout.entries where entry.kind != .optimizer {
      try writer.add(entry.name, shape: entry.shape.dimensions, floats: try floats(entry.name))
    }
    try writer.write()
  }
}

extension Trainer {
  /// Loads weights and rebuilds the 16-bit copies.
  ///
  /// See `DeviceState.loadWeights(from:)`.
  public func loadWeights(from file: SafetensorsFile) throws {
    try state.loadWeights(from: file, tiedNames: configuration.model.tiedNames)
    try executable.activate(state)
  }
}

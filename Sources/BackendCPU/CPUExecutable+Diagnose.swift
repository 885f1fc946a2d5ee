import BackendAPI
import CKernels
import GraphCompiler
import GraphIR
import TensorCore

extension CPUExecutable {
  var watchedTensors: [WatchedTensor] { watch.tensors }

  /// Puts values that are not finite into the first elements of tensors; `number` is that of the node that just ran, nil
  /// for the input.
  func inject(_ injections: [Injection], after number: Int?, _ context: borrowing CallContext) {
    for injection in injections where injection.node == number {
      let value = number.map { graph.nodes[$0].outputs.first } ?? graph.inputs["x"]
      guard let value, let address = addresses[value.index], graph[value].type.dtype.isFloatingPoint else { continue }
      var number = injection.value
      amp_cast(1, AMP_F32, &number, graph[value].type.dtype.kernelType, address.pointer(context), 1)
    }
  }

  func diagnose(_ request: StepRequest, scale: Float?, on state: any DeviceState) throws -> Finding? {
    let host = try hostState(state)
    guard host.arenaByteCount >= plan.arenaBytes else {
      throw BackendError("the executable was not activated on this state")
    }
    for microBatch in 0..<microBatchCount {
      let context = callContext(request, host, scale: scale, microBatch: microBatch)
      try load(request, context)
      var largest: [ValueID: Float] = [:]
      if let finding = findInSources(request, context, &largest) { return finding }
      for call in microBatchCalls {
        try call.run(context)
        inject(request.injections, after: call.number, context)
        if let finding = find(in: call.number, request, context, &largest) { return finding }
      }
    }
    let inverse = Float(1 / Double(scale ?? 1))
    guard inverse.isFinite, inverse > 0 else {
      return Finding(source: .inverseScale, dtype: .float32, count: 1, infinities: 1, nans: 0)
    }
    return nil
  }

  /// What the step is given: the batch, parameters and statistics, and 16-bit copies.
  private func findInSources(
    _ request: StepRequest, _ context: borrowing CallContext, _ largest: inout [ValueID: Float]
  ) -> Finding? {
    for value in graph.values {
      let source: Finding.Source
      switch value.origin {
      case .input(let name):
        source = request.injections.contains { $0.node == nil } ? .injection(node: nil) : .input(name)
      case .parameter(let name), .statistic(let name): source = .state(name)
      case .lowPrecisionCopy(let name): source = .copy(of: name)
      case .node: continue
      }
      guard let found = count(value, context) else { continue }
      largest[value.id] = found.largest
      if found.infinities + found.nans > 0 { return Finding(source, value, found) }
    }
    return nil
  }

  private func find(
    in number: Int, _ request: StepRequest, _ context: borrowing CallContext, _ largest: inout [ValueID: Float]
  ) -> Finding? {
    let node = graph.nodes[number]
    for output in node.outputs {
      guard let found = count(graph[output], context) else { continue }
      largest[output] = found.largest
      guard found.infinities + found.nans > 0 else { continue }
      let isInjected = request.injections.contains { $0.node == number }
      var finding = Finding(isInjected ? .injection(node: number) : .node(number), graph[output], found)
      finding.largestOperand = node.inputs.compactMap { largest[$0] }.max()
      return finding
    }
    return nil
  }

  /// Counts the elements of a floating-point value; nil for other values.
  private func count(_ value: Value, _ context: borrowing CallContext) -> amp_tensor_counters? {
    guard value.type.dtype.isFloatingPoint, let address = addresses[value.id.index] else { return nil }
    var found = amp_tensor_counters()
    amp_tensor_count(threads, value.type.dtype.kernelType, address.pointer(context), value.type.shape.count, &found)
    return found
  }
}

extension Finding {
  fileprivate init(_ source: Source, _ value: Value, _ found: amp_tensor_counters) {
    self.init(
      source: source, dtype: value.type.dtype, count: value.type.shape.count, infinities: Int(found.infinities),
      nans: Int(found.nans))
  }
}

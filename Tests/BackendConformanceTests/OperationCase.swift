import GraphIR
import TensorCore
import Testing

/// One operation on operands that both backends see with the same bits.
struct OperationCase: Sendable, CustomTestStringConvertible {
  /// An operand, drawn at random.
  enum Operand: Sendable {
    /// In the format under test; channels-last in memory if of rank 4.
    case activation(Shape)
    /// In the format under test, as it lies in the state: matrices, vectors, weights of convolutions.
    case plain(Shape)
    /// In fp32, uniform on [0.5, 1.5): a scale, a variance or a reciprocal deviation.
    case positive(Shape)
    /// In fp32.
    case vector(Shape)
    /// In fp32, uniform on [0, 1).
    case probabilities(Shape)
    /// Class labels of the batch, and targets of other losses.
    case labels(Shape)
    case targets(Shape)
    /// Numbers of rows, fed as the batch.
    case indices(Shape)
    /// Result number `result` of the operation before.
    case previous(result: Int)
  }

  var testDescription: String
  /// What is applied, one after the other, each with its operands and the shape of its result if a pass would state it.
  var steps: [(operation: GraphIR.Operation, operands: [Operand], stated: Shape?)]
  /// Whether the operation exists in fp32 only.
  var isFloat32Only = false
  /// Whether values inside the operation are rounded to the format, as `ReferenceInterpreter` says where it does.
  var hasInnerRoundings = false

  init(_ name: String, _ operation: GraphIR.Operation, _ operands: [Operand], stated: Shape? = nil) {
    testDescription = name
    steps = [(operation, operands, stated)]
  }

  /// The formats that the operation exists in.
  var formats: [DType] { isFloat32Only ? [.float32] : [.float32, .bfloat16, .float16] }

  /// Another operation that follows.
  func then(
    _ operation: GraphIR.Operation, _ operands: [Operand], stated: Shape? = nil
  ) -> OperationCase {
    var result = self
    result.steps.append((operation, operands, stated))
    return result
  }

  /// The same case in fp32 only.
  var inFloat32: OperationCase {
    var result = self
    result.isFloat32Only = true
    return result
  }

  /// The same case of an operation that rounds inside.
  var roundingInside: OperationCase {
    var result = self
    result.hasInnerRoundings = true
    return result
  }

  /// The graph in a format, with every floating-point result of every step as output "STEP.RESULT".
  ///
  /// Operands are parameters "operand N", brought to their shape and format by `unflatten` and `cast`, which are exact.
  func graph(_ format: DType) throws -> Graph {
    var builder = GraphBuilder(isTraining: true)
    var names = 0
    func parameter(_ shape: Shape, _ initializer: Initializer) throws -> ValueID {
      let id = try builder.parameter("operand \(names)", shape, initializer)
      names += 1
      return id
    }
    // The builder declares all sources; nodes are appended to its graph, as passes do.
    var sources: [[ValueID]] = []
    for step in steps {
      sources.append(
        try step.operands.map { operand in
          switch operand {
          case .activation(let shape) where shape.rank == 4:
            try parameter([shape[0], shape.count / shape[0]], .uniform(bound: 1))
          case .activation(let shape), .plain(let shape): try parameter(shape, .uniform(bound: 1))
          case .positive(let shape): try parameter(shape, .constant(1))
          case .vector(let shape): try parameter(shape, .uniform(bound: 1))
          case .probabilities(let shape): try parameter(shape, .constant(0.5))
          case .labels(let shape): builder.input("labels", TensorType(.int64, shape))
          case .targets(let shape): builder.input("labels", TensorType(.float32, shape))
          case .indices(let shape): builder.input("x", TensorType(.int64, shape))
          case .previous: ValueID(index: 0)
          }
        })
    }
    var graph = builder.graph
    var last: [ValueID] = []
    for (number, step) in steps.enumerated() {
      var operands: [ValueID] = []
      for (operand, source) in zip(step.operands, sources[number]) {
        operands.append(try prepare(operand, source, format, last, &graph))
      }
      last = try graph.addNode(step.operation, operands, layer: testDescription, resultShape: step.stated)
      for (position, result) in last.enumerated() where graph[result].type.dtype.isFloatingPoint {
        graph.setOutput("\(number).\(position)", result)
      }
    }
    try graph.verify()
    return graph
  }

  private func prepare(
    _ operand: Operand, _ source: ValueID, _ format: DType, _ last: [ValueID], _ graph: inout Graph
  ) throws -> ValueID {
    var value = source
    switch operand {
    case .previous(let result): return last[result]
    case .positive, .vector, .probabilities, .labels, .targets, .indices: return source
    case .activation(let shape) where shape.rank == 4:
      value = try graph.addNode(.unflatten, [value], layer: "operand", resultShape: shape)[0]
    case .activation, .plain: break
    }
    return format == .float32 ? value : try graph.addNode(.cast(format), [value], layer: "operand")[0]
  }
}

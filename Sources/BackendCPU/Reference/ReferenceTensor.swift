import GraphIR
public import TensorCore

/// A tensor of the reference interpreter: Doubles in logical order, (N, C, H, W) row-major, whatever a device does.
public struct ReferenceTensor: Sendable, Hashable {
  /// Extents.
  public let shape: Shape
  /// Elements, the last extent varying fastest.
  public var elements: [Double]

  /// A tensor of these elements; `elements.count` is the product of the extents.
  public init(_ shape: Shape, _ elements: [Double]) {
    self.shape = shape
    self.elements = elements
  }

  /// A tensor of zeros.
  init(zeros shape: Shape) { self.init(shape, [Double](repeating: 0, count: shape.count)) }

  /// A matrix of `element(row, column)`.
  init(rows: Int, columns: Int, _ element: (Int, Int) -> Double) {
    var elements: [Double] = []
    elements.reserveCapacity(rows * columns)
    for row in 0..<rows {
      for column in 0..<columns { elements.append(element(row, column)) }
    }
    self.init([rows, columns], elements)
  }

  /// The element of a matrix.
  subscript(_ row: Int, _ column: Int) -> Double {
    get { elements[row * shape[1] + column] }
    set { elements[row * shape[1] + column] = newValue }
  }

  /// Matrix number `number` of a batch (B, m, n); a matrix is its own only one.
  func matrix(_ number: Int) -> ReferenceTensor {
    let extents = Shape(Array(shape.dimensions.suffix(2)))
    return ReferenceTensor(extents, Array(elements.dropFirst(number * extents.count).prefix(extents.count)))
  }

  /// The same extents with every element changed.
  func map(_ transform: (Double) -> Double) -> ReferenceTensor { ReferenceTensor(shape, elements.map(transform)) }

  /// Elements of two tensors of the same extents, paired.
  func zip(_ other: ReferenceTensor, _ combine: (Double, Double) -> Double) -> ReferenceTensor {
    ReferenceTensor(shape, elements.indices.map { combine(elements[$0], other.elements[$0]) })
  }

  /// Elements of one channel: dimension 1 of (N, C) or (N, C, H, W).
  func channel(ofElement index: Int) -> Int {
    index / shape.dimensions.dropFirst(2).reduce(1, *) % shape[1]
  }
}

/// The order in which the elements of a value lie in a device's memory.
enum MemoryOrder: Sendable, Hashable {
  /// Row-major as the shape reads: matrices, vectors, convolution weights (O, I, KH, KW).
  case plain
  /// Activations of rank 4: logical (N, C, H, W), in memory N, H, W, C.
  case channelsLast

  /// For each place in memory the index of the element in logical order.
  func logicalIndices(_ shape: Shape) -> [Int] {
    guard self == .channelsLast, shape.rank == 4 else { return Array(0..<shape.count) }
    let (channels, spatial) = (shape[1], shape[2] * shape[3])
    var indices: [Int] = []
    indices.reserveCapacity(shape.count)
    for n in 0..<shape[0] {
      for position in 0..<spatial {
        for c in 0..<channels { indices.append((n * channels + c) * spatial + position) }
      }
    }
    return indices
  }

  /// Elements as they lie in memory.
  func memory(of tensor: ReferenceTensor) -> [Double] { logicalIndices(tensor.shape).map { tensor.elements[$0] } }

  /// The tensor that lies in memory as `memory`.
  func tensor(_ shape: Shape, memory: [Double]) -> ReferenceTensor {
    var tensor = ReferenceTensor(zeros: shape)
    for (place, index) in logicalIndices(shape).enumerated() { tensor.elements[index] = memory[place] }
    return tensor
  }
}

extension Graph {
  /// How a value lies in memory: parameters and what is computed elementwise from them or stands for their gradient lie
  /// plain, everything else channels-last.
  func memoryOrder(of value: ValueID) -> MemoryOrder {
    switch self[value].origin {
    case .input: return .channelsLast
    case .parameter, .statistic, .lowPrecisionCopy: return .plain
    case .node(let number, _):
      let node = nodes[number]
      switch node.operation {
      case .conv2dBackwardWeights: return .plain
      case .relu, .gelu, .sigmoid, .tanh, .silu, .dropout, .add, .multiply, .cast, .reluBackward, .geluBackward,
        .sigmoidBackward, .tanhBackward, .siluBackward, .accumulate:
        return memoryOrder(of: node.inputs[0])
      default: return .channelsLast
      }
    }
  }
}

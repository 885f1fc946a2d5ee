import GraphIR
import TensorCore

/// Sums over leading extents, operations that move elements, and enlargement.
extension OperationCase {
  static let shapes: [OperationCase] = moved + slices + enlarged

  private static let moved: [OperationCase] = [
    OperationCase("add, a row to matrices", .add, [.activation([3, 5, 7]), .plain([7])]),
    OperationCase("add, a matrix to each", .add, [.activation([3, 5, 7]), .plain([5, 7])]),
    OperationCase("add, a row to rows", .add, [.activation([33, 17]), .plain([17])]),
    OperationCase("to sequence", .toSequence, [.activation([2, 3, 5, 7])]),
    OperationCase("from sequence", .fromSequence, [.activation([2, 35, 3])], stated: [2, 3, 5, 7]),
    OperationCase("reshape", .reshape, [.activation([2, 35, 3])], stated: [7, 30]),
    OperationCase("expand", .expand(count: 5), [.activation([1, 3, 7])]),
    OperationCase("expand, a row", .expand(count: 3), [.activation([1, 9])]),
    OperationCase("cat of rows", .concat(dimension: 0), [.activation([3, 5]), .activation([1, 5])]),
    OperationCase(
      "cat of columns", .concat(dimension: 1), [.activation([3, 5]), .activation([3, 1]), .activation([3, 7])]),
    OperationCase("cat of features", .concat(dimension: 2), [.activation([2, 3, 5]), .activation([2, 3, 1])]),
    OperationCase("cat of steps", .concat(dimension: 1), [.activation([2, 3, 5]), .activation([2, 1, 5])]),
    OperationCase("cat of channels", .concat(dimension: 1), [.activation([2, 3, 5, 3]), .activation([2, 1, 5, 3])]),
    OperationCase("cat of images", .concat(dimension: 0), [.activation([2, 3, 5, 3]), .activation([1, 3, 5, 3])]),
  ]

  private static let slices: [OperationCase] =
    slice([7, 5], 0, 2..<5) + slice([3, 7], 1, 6..<7) + slice([2, 7, 5], 1, 0..<3) + slice([2, 3, 7], 2, 3..<7)
    + slice([2, 7, 3, 5], 1, 2..<5) + slice([5, 2, 3, 3], 0, 1..<3)

  private static func slice(_ shape: Shape, _ dimension: Int, _ places: Range<Int>) -> [OperationCase] {
    var part = shape
    part.dimensions[dimension] = places.count
    let name = "slice \(places) of \(shape) along \(dimension)"
    return [
      OperationCase(
        name, .slice(dimension: dimension, start: places.lowerBound, count: places.count), [.activation(shape)]),
      OperationCase(
        "\(name), dx", .sliceBackward(dimension: dimension, start: places.lowerBound), [.activation(part)],
        stated: shape),
    ]
  }

  private static let enlarged: [OperationCase] = [UpsampleAttributes.Mode.nearest, .bilinear].flatMap { mode in
    [2, 3].flatMap { scale in
      [Shape([2, 3, 5, 7]), [1, 1, 1, 3], [3, 17, 2, 2]].flatMap { shape in
        let attributes = UpsampleAttributes(scale: scale, mode: mode)
        let large: Shape = [shape[0], shape[1], scale * shape[2], scale * shape[3]]
        let name = "upsample \(shape), \(mode.rawValue), scale \(scale)"
        return [
          OperationCase(name, .upsample2d(attributes), [.activation(shape)]),
          OperationCase("\(name), dx", .upsample2dBackward(attributes), [.activation(large)], stated: shape),
        ]
      }
    }
  }
}

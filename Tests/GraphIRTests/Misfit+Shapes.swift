import GraphIR
import TensorCore
import Testing

private let doubling = ConvolutionAttributes(kernel: [2, 2], stride: [2, 2], padding: [0, 0])
private let bilinear = UpsampleAttributes(scale: 2, mode: .bilinear)

extension Misfit {
  /// Operations that move elements or repeat them, and enlarge images.
  static let shapes: [Misfit] = [
    Misfit(.add, [f32(2, 3), f32(3, 2)], .shape, "(2, 3)", "(3, 2)"),
    Misfit(.add, [f32(2, 3), bf16(2, 3)], .dtype, "f32(2, 3)", "bf16(2, 3)"),
    Misfit(.add, [f32(2, 3), bf16(3)], .dtype, "f32(2, 3)", "bf16(3)"),
    Misfit(.add, [f32(3), f32(2, 3)], .shape, "(3)", "(2, 3)"),
    // Channels are not the trailing extent of an image.
    Misfit(.add, [f32(2, 3, 4, 5), f32(5)], .shape, "(2, 3, 4, 5)", "(5)"),
    Misfit(.add, [f32(2, 3), f32()], .shape, "(2, 3)", "f32()"),
    Misfit(.add, [f32(2, 3)], .invariant, "2", "1"),
    Misfit(.multiply, [f32(2, 3), f32(3)], .shape, "(2, 3)", "(3)"),
    Misfit(.multiply, [f32(2, 3), bf16(2, 3)], .dtype, "mul", "bf16(2, 3)"),
    Misfit(.toSequence, [f32(2, 3, 4)], .shape, "rank 4", "(2, 3, 4)"),
    Misfit(.fromSequence, [f32(2, 20, 3)], stated: [2, 3, 4, 4], .shape, "(2, 3, 4, 4)", "(2, 16, 3)", "(2, 20, 3)"),
    Misfit(.fromSequence, [f32(2, 20, 3)], stated: [40, 3], .shape, "(40, 3)", "(2, 20, 3)"),
    Misfit(.reshape, [f32(2, 20, 3)], stated: [41, 3], .shape, "(41, 3)", "(2, 20, 3)"),
    Misfit(.reshape, [f32(2, 20, 3)], stated: [2, 4, 5, 3], .shape, "(2, 4, 5, 3)", "(2, 20, 3)"),
    Misfit(.reshape, [f32(2, 4, 5, 3)], stated: [2, 60], .shape, "(2, 60)", "(2, 4, 5, 3)"),
    Misfit(.reshape, [f32(2, 20, 3)], .invariant, "result shape"),
    Misfit(.concat(dimension: 1), [f32(2, 3)], .shape, "two tensors or more", "(2, 3)"),
    Misfit(.concat(dimension: 1), [f32(2, 3), f32(3, 3)], .shape, "dimension 1", "(2, 3)", "(3, 3)"),
    Misfit(.concat(dimension: 1), [f32(2, 3), f32(2, 3, 1)], .shape, "dimension 1", "(2, 3)", "(2, 3, 1)"),
    Misfit(.concat(dimension: 1), [f32(2, 3), bf16(2, 3)], .dtype, "f32(2, 3)", "bf16(2, 3)"),
    Misfit(.concat(dimension: 2), [f32(2, 3), f32(2, 3)], .attribute, "dimension 2", "(2, 3)"),
    // Height and width lie inside the channels-last image.
    Misfit(.concat(dimension: 3), [f32(2, 3, 4, 5), f32(2, 3, 4, 5)], .attribute, "dimension 3", "(2, 3, 4, 5)"),
    Misfit(.slice(dimension: 1, start: 3, count: 3), [f32(2, 5)], .shape, "3 places from 3 on", "5 in (2, 5)"),
    Misfit(.slice(dimension: 1, start: -1, count: 3), [f32(2, 5)], .shape, "from -1 on"),
    Misfit(.slice(dimension: 1, start: 0, count: 0), [f32(2, 5)], .shape, "0 places"),
    Misfit(.slice(dimension: 2, start: 0, count: 1), [f32(2, 3, 4, 5)], .attribute, "dimension 2", "(2, 3, 4, 5)"),
    Misfit(.slice(dimension: -1, start: 0, count: 1), [f32(2, 3)], .attribute, "dimension -1", "(2, 3)"),
    Misfit(
      .sliceBackward(dimension: 1, start: 3), [f32(2, 3)], stated: [2, 5], .shape, "3 places from 3 on", "(2, 5)"),
    Misfit(.sliceBackward(dimension: 1, start: 0), [f32(3, 3)], stated: [2, 5], .shape, "(2, 5)", "(3, 3)"),
    Misfit(.sliceBackward(dimension: 2, start: 0), [f32(2, 3)], stated: [2, 5], .shape, "(2, 5)", "(2, 3)"),
    Misfit(.expand(count: 3), [f32(2, 5)], .shape, "(1, …)", "(2, 5)"),
    Misfit(.expand(count: 0), [f32(1, 5)], .shape, "(1, 5) 0 times"),
    Misfit(.expand(count: 3), [f32(1, 2, 3, 4)], .shape, "rank 3 or less", "(1, 2, 3, 4)"),
    Misfit(.columnSum, [f32(5)], .shape, "rank 2", "(5)"),
    Misfit(.columnSum, [f32(2, 5, 7)], stated: [5, 6], .shape, "(5, 6)", "(2, 5, 7)"),
    Misfit(.columnSum, [f32(2, 5)], stated: [1, 2, 5], .shape, "(1, 2, 5)", "(2, 5)"),
    Misfit(.upsample2d(UpsampleAttributes(scale: 0, mode: .nearest)), [f32(2, 3, 4, 5)], .attribute, "scale", "0"),
    Misfit(.upsample2d(bilinear), [f32(2, 3)], .shape, "rank 4", "(2, 3)"),
    Misfit(
      .upsample2dBackward(bilinear), [f32(2, 3, 8, 9)], stated: [2, 3, 4, 5], .shape, "(2, 3, 4, 5)", "(2, 3, 8, 9)"),
    Misfit(
      .convTranspose2d(doubling), [f32(2, 3, 4, 5), f32(4, 3, 2, 2)], .shape, "4 input channels", "(4, 3, 2, 2)",
      "(2, 3, 4, 5)"),
    Misfit(
      .convTranspose2d(doubling), [f32(2, 3, 4, 5), f32(3, 4, 2, 2), f32(3)], .shape, "(3, 4, 2, 2)", "(4)", "(3)"),
    Misfit(.convTranspose2d(doubling), [f32(2, 3, 4, 5), f32(3, 4, 3, 3)], .shape, "kernel 2x2", "(3, 4, 3, 3)"),
    Misfit(.convTranspose2d(doubling), [f32(2, 3, 4, 5), bf16(3, 4, 2, 2)], .dtype, "bf16(3, 4, 2, 2)"),
    Misfit(.convTranspose2d(doubling), [f32(2, 12), f32(3, 4, 2, 2)], .shape, "rank 4", "(2, 12)"),
    Misfit(
      .convTranspose2d(ConvolutionAttributes(kernel: [2, 2], stride: [2, 2], padding: [5, 0])),
      [f32(2, 3, 4, 5), f32(3, 4, 2, 2)], .attribute, "padding 5x0", "(2, 3, 4, 5)"),
    Misfit(
      .convTranspose2d(ConvolutionAttributes(kernel: [2, 2], stride: [2], padding: [0, 0])),
      [f32(2, 3, 4, 5), f32(3, 4, 2, 2)], .attribute, "stride 2 "),
  ]
}

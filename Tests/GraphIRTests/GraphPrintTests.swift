import GraphIR
import TensorCore
import Testing

@Suite("Graph printer")
struct GraphPrintTests {
  @Test("prints sources first, then one line a node with its layer")
  func network() throws {
    let expected = """
      %0 = input "x" f32(2, 1, 6, 6)
      %1 = input "labels" i64(2)
      %2 = parameter "features.0.weight" f32(4, 1, 3, 3)
      %4 = parameter "features.1.weight" f32(4)
      %5 = parameter "features.1.bias" f32(4)
      %6 = statistic "features.1.running_mean" f32(4)
      %7 = statistic "features.1.running_var" f32(4)
      %18 = parameter "classifier.weight" f32(3, 36)
      %19 = parameter "classifier.bias" f32(3)
      %3 f32(2, 4, 6, 6) = conv2d(%0, %2) {kernel 3x3 stride 1x1 padding 1x1} [forward, features.0]
      %8 f32(2, 4, 6, 6), %9 f32(4), %10 f32(4), %11 f32(4), %12 f32(4) = batch_norm(%3, %4, %5, %6, %7) \
      {momentum 0.1 eps 1e-05} [forward, features.1]
      %13 f32(2, 4, 6, 6) = relu(%8) [forward, features.1]
      %14 f32(2, 4, 3, 3), %15 u8(2, 4, 3, 3) = max_pool2d(%13) {kernel 2x2 stride 2x2 padding 0x0} \
      [forward, features.1]
      %16 f32(2, 36) = flatten(%14) [forward]
      %17 f32(2, 36) = dropout(%16) {p 0.5 stream 0} [forward]
      %20 f32(2, 3) = linear(%17, %18, %19) [forward, classifier]
      %21 f32() = cross_entropy(%20, %1) [forward]
      output "logits" = %20
      output "loss" = %21
      """
    #expect(try smallConvolutionNetwork().description == expected)
  }

  @Test("prints copies, phases, reasons and nodes without results")
  func passes() throws {
    var graph = Graph()
    let copy = graph.addValue(
      TensorType(.bfloat16, [2]), origin: .lowPrecisionCopy(of: "w"), label: "head")
    let loss = graph.addValue(f32(), origin: .input("loss"), label: "loss")
    try graph.addNode(.cast(.float32), [copy], layer: "head", phase: .backward, reason: "because")
    let verdict = try graph.addNode(.unscale, [copy], layer: "", phase: .optimizer)[0]
    let clipped = try graph.addNode(.clip(.norm(0.5)), [verdict], layer: "", phase: .optimizer)[0]
    let attributes = CommitAttributes(
      optimizer: .adamW(beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0), parameters: ["w"], copies: [copy],
      statistics: [])
    try graph.addNode(.commit(attributes), [loss, clipped, copy], layer: "", phase: .optimizer)
    #expect(
      graph.description == """
        %0 = copy of "w" bf16(2), written by the optimizer
        %1 = input "loss" f32()
        %2 f32(2) = cast_f32(%0) [backward, head]  ; because
        %3 f32(6) = unscale(%0) [optimizer]
        %4 f32(6) = clip_grad_norm(%3) {maximum 0.5} [optimizer]
        commit(%1, %4, %0) {adamw, 1 parameters (1 with 16-bit copies), 0 statistics} [optimizer]
        """)
  }

  @Test("prints what an operation is told besides its operands")
  func attributes() throws {
    let bilinear = UpsampleAttributes(scale: 2, mode: .bilinear)
    let operations: [(GraphIR.Operation, String)] = [
      (.matmul(transposeA: true, transposeB: false), "matmul {Aᵀ·B}"),
      (
        .convTranspose2d(ConvolutionAttributes(kernel: [2, 3], stride: [2, 1], padding: [0, 1])),
        "conv_transpose2d {kernel 2x3 stride 2x1 padding 0x1}"
      ),
      (.attention(AttentionAttributes(heads: 4, isCausal: true)), "scaled_dot_product_attention {heads 4 causal}"),
      (
        .attentionBackward(AttentionAttributes(heads: 4, isCausal: false)),
        "scaled_dot_product_attention_backward {heads 4}"
      ),
      (.layerNorm(eps: 1e-5), "layer_norm {eps 1e-05}"),
      (.concat(dimension: 1), "cat {dimension 1}"),
      (.slice(dimension: 1, start: 2, count: 3), "slice {dimension 1 from 2 count 3}"),
      (.sliceBackward(dimension: 1, start: 2), "slice_backward {dimension 1 from 2}"),
      (.expand(count: 6), "expand {count 6}"),
      (.upsample2d(UpsampleAttributes(scale: 3, mode: .nearest)), "upsample_nearest2d {scale 3}"),
      (.upsample2dBackward(bilinear), "upsample_bilinear2d_backward {scale 2}"),
      (.accumulateLoss(count: 3), "accumulate_loss {mean of 3 micro-batches}"),
      (.clip(.value(2)), "clip_grad_value {maximum 2.0}"),
      (.multiply, "mul {}"),
    ]
    for (operation, text) in operations {
      #expect("\(operation.name) {\(operation.attributesText)}" == text)
    }
  }
}

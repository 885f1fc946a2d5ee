import Testing

@Suite struct InspectCommandTests {
  @Test("inspect prints every cast with its reason, parameters by PyTorch's names, kernels and the memory plan")
  func everything() throws {
    let run = try Program(["inspect", "--model", "cnn", "--precision", "amp-bf16", "--batch", "8"])
    #expect(run.status == 0)
    #expect(run.output.contains("autocast: conv2d is on the lower-precision list"))
    #expect(run.output.contains("autocast: cross_entropy is on the fp32 list"))
    #expect(run.output.contains("parameter features.0.weight f32(32, 1, 3, 3)"))
    #expect(run.output.contains("copy of \"features.0.weight\" bf16(32, 1, 3, 3), written by the optimizer"))
    #expect(run.output.contains("arena"))
    #expect(run.output.contains("lower bound"))
    #expect(run.output.contains("bytes a step that nothing can avoid moving"))
  }

  @Test(
    "every stage can be printed alone",
    arguments: [
      "parameters", "forward", "autocast", "fuse activations", "autodiff", "commit", "low-precision copies", "simplify",
      "schedule", "kernels", "memory",
    ])
  func stages(stage: String) throws {
    let run = try Program(["inspect", "--model", "mlp", "--batch", "4", "--hidden", "8", "--stage", stage])
    #expect(run.status == 0)
    #expect(!run.output.isEmpty)
  }

  @Test(
    "every network can be inspected in small",
    arguments: [
      ["resnet", "--width", "4"], ["unet", "--channels", "4"], ["lstm", "--hidden", "8"], ["gpt", "--size", "nano"],
      ["vit", "--width", "8", "--layers", "1"], ["ncf", "--factors", "4", "--tables", "20,30"],
    ])
  func networks(arguments: [String]) throws {
    let run = try Program(["inspect", "--model"] + arguments + ["--batch", "2"])
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.hasPrefix("model \(arguments[0]), batch 2, precision amp-bf16"))
  }

  @Test("fp32 has no casts and no 16-bit copies")
  func fp32() throws {
    let run = try Program(["inspect", "--model", "cnn", "--precision", "fp32", "--batch", "8", "--stage", "schedule"])
    #expect(run.status == 0)
    #expect(!run.output.contains("cast_"))
    #expect(!run.output.contains("copy of"))
  }
}

import Foundation
import Testing

/// Bad input gets an error that names what is wrong, and the documented status.
@Suite struct BadInputTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var arguments: [String]
    var status: Int32
    var message: String
    var testDescription: String { arguments.joined(separator: " ") }
  }

  @Test(
    "usage errors exit with 2 and name the option",
    arguments: [
      Case(arguments: ["train", "--model", "cn"], status: 2, message: "did you mean cnn?"),
      Case(arguments: ["train", "--lanes", "fp32,amp-bf61"], status: 2, message: "did you mean amp-bf16?"),
      Case(arguments: ["train", "--lanes", "tf32"], status: 2, message: "tensor cores"),
      Case(arguments: ["train", "--lanes", "fp32,fp32,fp32,fp32,fp32"], status: 2, message: "1 to 4"),
      Case(arguments: ["train", "--stepz", "5"], status: 2, message: "--steps"),
      Case(arguments: ["train", "--steps", "0"], status: 2, message: "--steps must be at least 1"),
      Case(arguments: ["train", "--batch", "0"], status: 2, message: "--batch must be at least 1"),
      Case(arguments: ["train", "--lr", "nan"], status: 2, message: "--lr must be a finite number"),
      Case(arguments: ["train", "--device", "cuda"], status: 2, message: "use --device cpu"),
      Case(arguments: ["train", "--schedule", "alternatin"], status: 2, message: "did you mean alternating?"),
      Case(arguments: ["train", "--optimizer", "adammw"], status: 2, message: "did you mean adamw?"),
      Case(arguments: ["train", "--data", "mnist"], status: 2, message: "--data"),
      Case(arguments: ["train", "--dropout", "1"], status: 2, message: "--dropout"),
      Case(arguments: ["train", "--init-scale", "-1"], status: 2, message: "--init-scale"),
      Case(arguments: ["train", "--growth-interval", "0"], status: 2, message: "--growth-interval"),
      Case(arguments: ["train", "--scaler", "dynamc"], status: 2, message: "did you mean dynamic?"),
      Case(arguments: ["train", "--threads", "0"], status: 2, message: "--threads"),
      Case(arguments: ["train", "--channels", "8,x,8", "--data", "synthetic"], status: 2, message: "--channels"),
      Case(arguments: ["inspect", "--model", "gpt", "--hidden", "8"], status: 2, message: "mlp, lstm, not of gpt"),
      Case(arguments: ["inspect", "--depth", "18"], status: 2, message: "--depth is a size of resnet, not of cnn"),
      Case(arguments: ["inspect", "--model", "gpt", "--size", "tiny"], status: 2, message: "--size is one of nano"),
      Case(arguments: ["inspect", "--model", "unet", "--channels", "8,8"], status: 2, message: "one width"),
      Case(arguments: ["inspect", "--model", "gpt", "--heads", "3"], status: 2, message: "multiple of --heads"),
      Case(arguments: ["train", "--model", "gpt", "--data", "glyphs"], status: 2, message: "grammar or fortunes"),
      Case(arguments: ["inspect", "--momentum", "0.5"], status: 2, message: "--momentum belongs to sgd"),
      Case(arguments: ["inspect", "--weight-decay", "-1"], status: 2, message: "--weight-decay"),
      Case(arguments: ["inspect", "--model", "gpt", "--sample", "1,28,28"], status: 2, message: "--sample of gpt"),
      Case(arguments: ["train", "--lr-schedule", "cosin", "--steps", "9"], status: 2, message: "did you mean cosine?"),
      Case(arguments: ["dashboard", "--lr-schedule", "cosine"], status: 2, message: "needs a length"),
      Case(arguments: ["train", "--warmup", "-1"], status: 2, message: "--warmup"),
      Case(arguments: ["train", "--lr-steps", "9"], status: 2, message: "--lr-steps means nothing"),
      Case(arguments: ["train", "--clip-norm", "0"], status: 2, message: "--clip-norm"),
      Case(arguments: ["train", "--clip-value", "inf"], status: 2, message: "--clip-value"),
      Case(arguments: ["train", "--accumulate", "0"], status: 2, message: "--accumulate"),
      Case(
        arguments: ["train", "--recompute", "1"], status: 2,
        message: "--recompute must be off, auto or 2 to 1000 segments, found 1"),
      Case(arguments: ["train", "--scaler", "static"], status: 2, message: "--scaler static"),
      Case(arguments: ["train", "--require-speedup", "0"], status: 2, message: "--require-speedup"),
      Case(arguments: ["train", "--require-agreement", "nan"], status: 2, message: "--require-agreement"),
      Case(arguments: ["bench"], status: 2, message: "choose one of --zoo, --accuracy, --against"),
      Case(arguments: ["bench", "--zoo", "--models", "resnt"], status: 2, message: "did you mean resnet?"),
      Case(arguments: ["bench", "--zoo", "--size", "smal"], status: 2, message: "did you mean small?"),
      Case(arguments: ["bench", "--accuracy", "--seeds", "1"], status: 2, message: "--seeds"),
      Case(arguments: ["bench", "--zoo", "--lanes", "amp-bf16"], status: 2, message: "compares with fp32"),
      Case(arguments: ["inspect", "--stage", "autocas"], status: 2, message: "did you mean autocast?"),
      Case(arguments: ["inspect", "--sample", "1,28"], status: 2, message: "--sample"),
    ])
  func usage(bad: Case) throws {
    let run = try Program(bad.arguments)
    #expect(run.status == bad.status)
    #expect(run.errors.contains(bad.message), "\(run.errors)")
  }

  @Test(
    "missing and broken files exit with 1 and name the file",
    arguments: [
      Case(arguments: ["train", "--data-dir", "/nowhere"], status: 1, message: "dataset-fashion-mnist"),
      Case(arguments: ["train", "--init", "/nowhere.safetensors"], status: 1, message: "/nowhere.safetensors"),
      Case(arguments: ["train", "--batches", "/nowhere.safetensors"], status: 1, message: "/nowhere.safetensors"),
      Case(arguments: ["train", "--jsonl", "/nowhere/x"], status: 1, message: "--jsonl /nowhere/x"),
      Case(arguments: ["replay", "/nowhere.jsonl"], status: 1, message: "/nowhere.jsonl"),
    ])
  func files(bad: Case) throws {
    let run = try Program(bad.arguments)
    #expect(run.status == bad.status)
    #expect(run.errors.contains(bad.message), "\(run.errors)")
  }

  @Test("a replayed file that holds no events is refused with its line")
  func brokenRecording() throws {
    let file = TemporaryFile(".jsonl")
    try Data("{\"v\": 1}\n".utf8).write(to: file.url)
    let run = try Program(["replay", file.url.path])
    #expect(run.status == 1)
    #expect(run.errors.contains("line 1"))
  }

  @Test("a full disk under --jsonl is an error, not a crash")
  func fullDisk() throws {
    let run = try Program(smallRun + ["--jsonl", "/dev/full"])
    #expect(run.status == 1)
    #expect(run.errors.contains("--jsonl /dev/full: cannot be written"), "\(run.errors)")
  }

  @Test("without a terminal the dashboard says so and prints plain lines without escapes", arguments: ["dumb", ""])
  func plainLines(term: String) throws {
    let run = try Program(Array(smallRun.dropFirst()) + ["--steps", "10"], environment: ["TERM": term])
    #expect(run.status == 0)
    #expect(run.errors.contains("no dashboard"))
    #expect(run.output.contains("summary after"))
    #expect(!run.output.contains("\u{1B}"))
  }
}

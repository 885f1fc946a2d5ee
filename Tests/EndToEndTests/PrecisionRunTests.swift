import Foundation
import Testing
import TrainingEvents

@Suite struct PrecisionRunTests {
  @Test("Every mode and spelling of Apex and Lightning trains, with the casts and the numerics stated")
  func modes() throws {
    let run = try Program(smallRun + ["--steps", "45", "--lanes", "O0,O1,O2,bf16-true", "--optimizer", "sgd"])
    #expect(run.status == 0)
    for lane in ["lane A fp32", "lane B amp-fp16", "lane C o2", "lane D bf16"] {
      #expect(run.output.contains("\(lane) finished: 4"), "\(lane)")
    }
    #expect(run.output.contains("% of step time"))
    #expect(run.output.matches(of: /, casts \d+\.\d %/).count == 4)
  }

  @Test("A weight that is broken for good ends in a named diagnosis and exit 3, with the scale at its floor or above")
  func persistentNaN() throws {
    let run = try Program(
      smallRun + ["--steps", "110", "--lanes", "fp32,amp-fp16", "--fault", "nan:1.weight@4/B"])
    #expect(run.status == 3)
    #expect(run.output.contains("fault nan:1.weight@4/B"))
    #expect(run.output.contains("1.weight holds 1 NaN of 12544 already: every step is skipped from here on"))
    #expect(run.output.contains("lane B amp-fp16 diverged: 4 committed, 106 skipped"))
    #expect(run.output.contains("lane A fp32 finished: 110 committed"))
    #expect(!run.output.contains("-> 0 ("))
  }

  @Test("fp16 without masters fails under adamw, says why before and after, and trains with an eps that exists there")
  func pureHalf() throws {
    // Most rows of the tables are in no batch: their gradients are 0.
    let failing = try Program([
      "train", "--model", "ncf", "--data", "ratings", "--threads", "1", "--steps", "110", "--lanes", "fp32,fp16",
    ])
    #expect(failing.status == 3)
    #expect(failing.output.contains("adamw's eps 1e-08 is 0 in fp16"))
    #expect(failing.output.contains("--eps 1e-4 exists"))
    let training = try Program(smallRun + ["--steps", "60", "--lanes", "fp32,O3", "--eps", "1e-4"])
    #expect(training.status == 0)
    #expect(training.output.contains("lane B fp16 finished: 60 committed"))
  }

  @Test("A layer kept in fp32 is said, recorded and printed with its reason")
  func keeps() throws {
    let run = try Program(smallRun + ["--steps", "20", "--lanes", "fp32,amp-bf16", "--keep-fp32", "1,cross_entropy"])
    #expect(run.status == 0)
    #expect(run.output.contains("lane B amp-bf16, fp32: 1 cross_entropy"))
    let graph = try Program([
      "inspect", "--model", "mlp", "--precision", "amp-bf16", "--keep-fp32", "1", "--stage", "autocast",
    ])
    #expect(graph.status == 0)
    #expect(graph.output.contains("autocast: linear is on the lower-precision list"))
    let whole = try Program(["inspect", "--model", "cnn", "--precision", "fp16", "--master-weights", "true"])
    #expect(whole.output.contains("precision fp16, master_weights true"))
    #expect(whole.output.contains("casts of"))
  }

  @Test(
    "What contradicts a mode or names nothing exits with 2 and says what there is",
    arguments: [
      (["--keep-fp32", "tail"], "names no layer and no operation; layers: "),
      (["--lanes", "fp32,amp-bf16", "--master-weights", "true"], "master_weights means nothing to"),
      (["--lanes", "fp32", "--keep-fp32", "1"], "everything is fp32 already"),
      (["--lanes", "fp32,fp16", "--stochastic-rounding"], "stochastic rounding is for parameters stored in bf16"),
      (["--lanes", "fp32,tf32"], "needs NVIDIA tensor cores"),
      (["--fault", "nan:tail"], "no tensor \"tail\"; write a layer ("),
      (["--fault", "zero:x"], "unknown fault in \"zero:x\""),
      (["--numerics", "0"], "--numerics must be at least 1"),
      (["--optimizer", "sgd", "--eps", "1e-4"], "--eps belongs to adam and adamw"),
    ])
  func refusals(arguments: [String], text: String) throws {
    let run = try Program(smallRun + ["--steps", "5"] + arguments)
    #expect(run.status == 2)
    #expect(run.errors.contains(text), "\(run.errors)")
  }
}

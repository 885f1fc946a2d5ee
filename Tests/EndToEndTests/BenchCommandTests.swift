import Benchmarks
import Foundation
import RunStatistics
import Testing
import TrainingEvents

@Suite struct BenchCommandTests {
  @Test("--zoo prints a row a lane and writes the same as JSON")
  func zoo() throws {
    let file = TemporaryFile(".json")
    let run = try Program([
      "bench", "--zoo", "--models", "ncf", "--steps", "45", "--threads", "1", "--json", file.url.path,
    ])
    #expect(run.status == 0)
    let report = try JSONDecoder().decode(ZooReport.self, from: Data(contentsOf: file.url))
    #expect(report.rows.map(\.precision) == [.fp32, .ampBF16, .ampFP16, .o2, .bf16, .fp16])
    #expect(report.rows.allSatisfy { $0.network == "ncf" && $0.samplesPerSecond != nil && $0.loss != nil })
    #expect(report.rows[1].speedup?.low != nil)
    for row in report.rows { #expect(run.output.contains(row.precision.rawValue)) }
    #expect(run.output.contains("geometric mean of 1 speedups"))
    #expect(run.output.contains("optimizer"), "memory by owner")
    #expect(run.errors.contains("1/1 ncf"), "progress")
  }

  @Test("--json - prints nothing but JSON")
  func json() throws {
    let run = try Program(["bench", "--zoo", "--models", "ncf", "--steps", "12", "--threads", "1", "--json", "-"])
    #expect(run.status == 0)
    let report = try JSONDecoder().decode(ZooReport.self, from: Data(run.output.utf8))
    #expect(report.steps == 12)
  }

  @Test("--accuracy tests every mode against fp32 over the seeds")
  func accuracy() throws {
    let run = try Program([
      "bench", "--accuracy", "--models", "cnn", "--steps", "3", "--seeds", "2", "--lanes", "fp32,amp-bf16", "--threads",
      "1", "--json", "-",
    ])
    #expect(run.status == 0)
    let report = try JSONDecoder().decode(AccuracyReport.self, from: Data(run.output.utf8))
    #expect(report.seeds == [0, 1])
    #expect(report.rows.map(\.precision) == [.ampBF16])
    #expect(report.rows.allSatisfy { $0.differences.count == 2 && $0.margin == 0.5 && $0.interval != nil })
  }

  @Test("--ui measures the dashboard on terminals of its own, and is done whatever the figures say")
  func ui() throws {
    let file = TemporaryFile(".json")
    let run = try Program(["bench", "--ui", "--quick", "--json", file.url.path])
    #expect(run.status == 0, "\(run.errors.suffix(500))")
    let report = try JSONDecoder().decode(UIReport.self, from: Data(contentsOf: file.url))
    #expect(report.frames.count == 24 && report.frames.allSatisfy { $0.bytes.median > 0 })
    #expect(report.keys?.count == 3 && report.firstFrame?.count == 2)
    // On a busy machine a short segment may hold no whole step of a lane: that lane has no row then.
    #expect(Set(report.throughput.map(\.precision)).isSubset(of: [.fp32, .ampBF16]))
    #expect(run.output.contains("Key to changed frame") && run.output.contains("Start to first frame"))
  }

  @Test("--roofline prints floors beside measured times, and where the time goes")
  func roofline() throws {
    let file = TemporaryFile(".json")
    let run = try Program([
      "bench", "--roofline", "--models", "ncf", "--steps", "5", "--threads", "1", "--stream-mib", "6", "--kinds",
      "--operations", "2", "--json", file.url.path,
    ])
    #expect(run.status == 0, "\(run.errors.suffix(500))")
    let report = try JSONDecoder().decode(RooflineReport.self, from: Data(contentsOf: file.url))
    #expect(report.rows.map(\.precision) == [.fp32, .ampBF16] && report.rows.allSatisfy { $0.achieved > 0 })
    #expect(report.speedups.map(\.network) == ["ncf"] && report.operations.count == 4)
    #expect(run.output.contains("floor ms") && run.output.contains("embedding") && run.output.contains("optimizer"))
    #expect(run.errors.contains("1/1 ncf"), "progress")
  }

  @Test("--scaling measures growth, compilation, switches and lanes at once")
  func scaling() throws {
    let file = TemporaryFile(".json")
    let run = try Program(["bench", "--scaling", "--quick", "--threads", "1", "--json", file.url.path])
    #expect(run.status == 0, "\(run.errors.suffix(500))")
    let report = try JSONDecoder().decode(ScalingReport.self, from: Data(contentsOf: file.url))
    #expect(report.axes.count == 2 && report.axes.allSatisfy { $0.points.count == 3 })
    #expect(report.compilations.map(\.network) == ["ncf", "ncf"])
    // With one processor there are no lanes at once.
    #expect(report.switchings.count == report.sharings.count / 2)
    #expect((report.sharedBandwidth == nil) == report.sharings.isEmpty)
    #expect(run.output.contains("ms/GFLOP") && run.errors.contains("mlp by batch"))
    #expect(report.recordings.map(\.steps) == [100, 1000, 3000])
    #expect(
      report.recordings.allSatisfy {
        $0.eventMicroseconds > 0 && $0.frameMilliseconds > 0 && $0.lossMilliseconds > 0 && $0.heapBytes ?? 0 > 0
      })
    #expect(run.output.contains("bytes a step") && run.errors.contains("dashboard: taking in 3000 steps"))
  }

  @Test("--guard exits with 4 exactly where a threshold is missed, and names it")
  func guarded() throws {
    let file = TemporaryFile(".json")
    let run = try Program(["bench", "--guard", "--steps", "1", "--json", file.url.path])
    let report = try JSONDecoder().decode(GuardReport.self, from: Data(contentsOf: file.url))
    #expect(report.rows.count >= 20)
    #expect(run.status == (report.passes ? 0 : 4), "\(run.errors.suffix(500))")
    #expect(run.errors.contains("has become slower") == !report.passes)
    #expect(run.output.contains("cnn fp32: batch norm") && run.output.contains("perceptron fp32: step"))
    // Counted on a machine with a counter; elsewhere the reason stands below the table.
    #expect(report.rows.allSatisfy { ($0.instructions != nil) == (report.uncounted == nil) })
    #expect(run.output.contains(report.uncounted.map { "Instructions were not counted: \($0)" } ?? "in millions"))
  }

  @Test("A network is chosen by its name in the tables too, and a wrong name is an error that names the nearest")
  func names() throws {
    let run = try Program([
      "bench", "--zoo", "--models", "resnet-8", "--lanes", "fp32", "--steps", "11", "--threads", "1", "--json", "-",
    ])
    #expect(run.status == 0, "\(run.errors.suffix(500))")
    let report = try JSONDecoder().decode(ZooReport.self, from: Data(run.output.utf8))
    #expect(report.rows.map(\.network) == ["resnet-8"])
    let wrong = try Program(["bench", "--zoo", "--size", "full", "--models", "gpt-125m"])
    #expect(wrong.status == 2 && wrong.errors.contains("did you mean gpt-124m?"))
  }

  @Test("The help wraps by itself: no line is cut short in the middle of a paragraph")
  func help() throws {
    let run = try Program(["bench", "--help"])
    #expect(run.status == 0 && run.output.contains("WHAT TO MEASURE (ONE OF THESE):"))
    let overview = run.output.components(separatedBy: "\n\n")[1].split(separator: "\n")
    for (line, next) in zip(overview, overview.dropFirst()) {
      let word = next.prefix { $0 != " " }
      #expect(line.count + 1 + word.count >= 80, "\(line)")
    }
  }

  @Test("bench wants one thing to measure")
  func choice() throws {
    for arguments in [[], ["--ui", "--zoo"], ["--zoo", "--quick"], ["--zoo", "--kinds"]] {
      #expect(try Program(["bench"] + arguments).status == 2, "\(arguments)")
    }
  }

  @Test("A signal ends a bench with 128 + n and without a table")
  func signal() throws {
    let run = try Program(
      ["bench", "--zoo", "--models", "ncf", "--steps", "1000000", "--threads", "1", "--json", "-"],
      signalOnErrors: ("1/1 ncf", SIGTERM))
    #expect(run.status == 128 + SIGTERM)
    #expect(run.output.isEmpty)
  }
}

@Suite struct RequirementTests {
  @Test("A speedup that nothing reaches exits with 4 and says what was measured")
  func speedup() throws {
    let run = try Program(smallRun + ["--steps", "50", "--lanes", "fp32,amp-bf16", "--require-speedup", "1000"])
    #expect(run.status == 4)
    #expect(run.errors.contains("--require-speedup 1000 is not met"))
    #expect(run.output.contains("summary after"))
  }

  @Test("What twins reach exits with 0: two fp32 lanes agree to the last bit")
  func met() throws {
    let run = try Program(
      smallRun + ["--steps", "50", "--lanes", "fp32,fp32", "--require-agreement", "0.5", "--require-speedup", "0.01"])
    #expect(run.status == 0)
    #expect(run.errors.isEmpty)
  }

  @Test("Too few steps show nothing, which is not met")
  func tooFew() throws {
    let run = try Program(smallRun + ["--steps", "12", "--lanes", "fp32,amp-bf16", "--require-speedup", "0.01"])
    #expect(run.status == 4)
    #expect(run.errors.contains("fewer than 30 paired steps"))
  }

  @Test("Demands that a run cannot show are usage errors")
  func impossible() throws {
    let alone = try Program(smallRun + ["--steps", "5", "--lanes", "fp32", "--require-speedup", "1"])
    #expect(alone.status == 2)
    let concurrent = try Program(
      smallRun + ["--steps", "5", "--schedule", "concurrent", "--lanes", "fp32,fp32", "--require-speedup", "1"])
    // Where two processors are not to be had the schedule is alternating after all.
    #expect(concurrent.status == 2 || concurrent.output.contains("alternating"))
  }
}

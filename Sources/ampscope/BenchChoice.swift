import ArgumentParser
import DashboardCore

/// What `ampscope bench` measures: one of these.
struct BenchChoice: ParsableArguments {
  @Flag(help: "Every network in every mode: step time, speedup with its interval, memory, loss and score.")
  var zoo = false

  @Flag(
    help: """
      Whether each mode reaches fp32's result: cnn, resnet and gpt are trained from several seeds, and compared by two \
      one-sided t-tests.
      """)
  var accuracy = false

  @Option(
    help: ArgumentHelp(
      """
      The same networks in this engine and in another framework, in turns: pytorch. The first losses must agree; \
      exit 1 where they do not.
      """, valueName: "framework"))
  var against: String?

  @Flag(help: "How near each step comes to what this machine can multiply and move, measured in the same run.")
  var roofline = false

  @Flag(
    help: """
      Step time against batch, width and depth; compile time; recomputing; switches of precision; two lanes at once; a \
      dashboard with a million steps behind it.
      """)
  var scaling = false

  @Flag(
    name: .customLong("guard"),
    help: "Whether the engine is as far ahead of fixed references as it was; exit 4 where a threshold is missed.")
  var regressions = false

  @Flag(help: "What the dashboard costs and how quick it is, against its budget: frames, keys, start, throughput.")
  var ui = false

  func validate() throws {
    let choices = [zoo, accuracy, against != nil, roofline, scaling, regressions, ui]
    guard choices.count(where: { $0 }) == 1 else {
      throw ValidationError(
        "choose one of --zoo, --accuracy, --against pytorch, --roofline, --scaling, --guard and --ui")
    }
    if let against, against != "pytorch" {
      throw ValidationError(
        "--against: unknown framework \"\(against)\"\(NearestName.hint(for: against, among: ["pytorch"]))")
    }
  }
}

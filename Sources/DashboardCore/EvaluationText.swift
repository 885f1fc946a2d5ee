import TrainingEvents

/// The words for a lane's result on the validation split.
enum EvaluationText {
  /// Score, loss and other measures in one line, and whether the score that shows the task learned is reached.
  static func line(_ report: EvaluationReport, goal: ScoreGoal?) -> String {
    let measures = (report.measures ?? [:]).sorted { $0.key < $1.key }
      .map { ", \($0.key) \(Format.significant($0.value))" }.joined()
    return "\(report.isFinal ? "final evaluation" : "evaluation"): \(report.scoreName ?? "accuracy") "
      + "\(Format.percent(report.accuracy, decimals: 2)), loss \(Format.significant(report.loss)) "
      + "on \(Format.grouped(report.count)) samples\(measures)\(goal.map { verdict(report, $0) } ?? "")"
  }

  private static func verdict(_ report: EvaluationReport, _ goal: ScoreGoal) -> String {
    let bound =
      goal.metric == .accuracy ? Format.percent(goal.value, decimals: 1) : Format.significant(goal.value)
    return "; \(goal.isReached(by: report) ? "reaches" : "does not reach") the known score, \(goal.metric.rawValue) "
      + "\(goal.isAtLeast ? "≥" : "≤") \(bound)"
  }
}

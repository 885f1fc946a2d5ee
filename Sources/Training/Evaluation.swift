public import Datasets
import Foundation

/// Loss and score on a split, with the verdict on every sample.
public struct Evaluation: Sendable, Hashable {
  /// Mean loss of the task.
  public var loss: Double
  /// For each sample its score, 0 to 1: whether the answer is right, or the share of right pixels or tokens.
  public var scores: [Float]
  /// For each sample its mean loss.
  public var losses: [Float]
  /// Other measures of the task by name: "mean IoU", "perplexity", "AUC", "RMSE".
  public var measures: [String: Double]

  /// Mean score, 0 to 1: the accuracy.
  public var accuracy: Double {
    scores.isEmpty ? 0 : scores.reduce(0) { $0 + Double($1) } / Double(scores.count)
  }
}

extension LearningTask {
  /// What a score of 1 means.
  public var scoreName: String {
    switch self {
    case .classification: "accuracy"
    case .segmentation: "pixel accuracy"
    case .language: "token accuracy"
    case .interaction: "accuracy"
    case .rating: "within half a star"
    }
  }
}

/// Gathers the verdicts on samples, in fp64.
struct EvaluationBuilder {
  private let task: LearningTask
  private(set) var result = Evaluation(loss: 0, scores: [], losses: [], measures: [:])
  private var totalLoss = 0.0
  /// Pixels of each class predicted as each class: intersections on the diagonal.
  private var confusion: [Int]
  /// Logit and target of every interaction.
  private var ranked: [(logit: Float, isPositive: Bool)] = []
  private var squaredError = 0.0

  init(task: LearningTask, capacity: Int) {
    self.task = task
    result.scores.reserveCapacity(capacity)
    result.losses.reserveCapacity(capacity)
    if case .segmentation(let classes) = task {
      confusion = [Int](repeating: 0, count: classes * classes)
    } else {
      confusion = []
    }
  }

  /// Judges one sample: its logits as they lie in memory, classes last, and its classes, one a row of logits.
  mutating func add(logits: ArraySlice<Float>, classes labels: UnsafeBufferPointer<Int64>) {
    let width = logits.count / max(labels.count, 1)
    var (loss, right) = (0.0, 0)
    for (row, label) in labels.enumerated() {
      let start = logits.startIndex + row * width
      let (rowLoss, prediction) = judge(logits[start..<(start + width)], label: Int(label))
      loss += rowLoss
      if prediction == Int(label) { right += 1 }
      if !confusion.isEmpty, let prediction, (0..<width).contains(Int(label)) {
        confusion[Int(label) * width + prediction] += 1
      }
    }
    append(loss: loss / Double(max(labels.count, 1)), score: Float(right) / Float(max(labels.count, 1)))
  }

  /// Judges one sample that predicts a number.
  mutating func add(prediction: Float, target: Float) {
    let (x, t) = (Double(prediction), Double(target))
    if task == .interaction {
      ranked.append((prediction, target > 0.5))
      // The stable form: max(x, 0) - x t + log(1 + e^-|x|).
      append(loss: max(x, 0) - x * t + log1p(exp(-abs(x))) + 0 * x, score: (prediction > 0) == (target > 0.5) ? 1 : 0)
    } else {
      squaredError += (x - t) * (x - t)
      append(loss: (x - t) * (x - t), score: abs(x - t) < 0.5 ? 1 : 0)
    }
  }

  /// The whole evaluation.
  func finished() -> Evaluation {
    var evaluation = result
    let count = Double(max(evaluation.scores.count, 1))
    evaluation.loss = totalLoss / count
    switch task {
    case .classification: break
    case .segmentation(let classes): evaluation.measures["mean IoU"] = meanIntersectionOverUnion(classes)
    case .language: evaluation.measures["perplexity"] = exp(evaluation.loss)
    case .interaction: evaluation.measures["AUC"] = areaUnderCurve
    case .rating: evaluation.measures["RMSE"] = (squaredError / count).squareRoot()
    }
    return evaluation
  }

  private mutating func append(loss: Double, score: Float) {
    totalLoss += loss
    result.losses.append(Float(loss))
    result.scores.append(score)
  }

  /// Cross-entropy of one row, logsumexp(z) - z[label], and the largest logit's class; NaN and nil where one is NaN.
  private func judge(_ logits: ArraySlice<Float>, label: Int) -> (loss: Double, prediction: Int?) {
    var (best, top) = (-1, -Float.infinity)
    for (index, logit) in logits.enumerated() {
      if logit.isNaN { return (.nan, nil) }
      if logit > top || best < 0 { (best, top) = (index, logit) }
    }
    guard (0..<logits.count).contains(label) else { return (.nan, nil) }
    let sum = logits.reduce(0.0) { $0 + exp(Double($1) - Double(top)) }
    return (Double(top) + log(sum) - Double(logits[logits.startIndex + label]), best)
  }

  /// Mean over the classes that occur of intersection over union (Everingham and others 2010).
  private func meanIntersectionOverUnion(_ classes: Int) -> Double {
    var shares: [Double] = []
    for k in 0..<classes {
      let labelled = (0..<classes).reduce(0) { $0 + confusion[k * classes + $1] }
      let predicted = (0..<classes).reduce(0) { $0 + confusion[$1 * classes + k] }
      let both = confusion[k * classes + k]
      if labelled + predicted > 0 { shares.append(Double(both) / Double(labelled + predicted - both)) }
    }
    return shares.isEmpty ? 0 : shares.reduce(0, +) / Double(shares.count)
  }

  /// Share of pairs of a positive and a negative that are in order, ties half (Mann & Whitney 1947); NaN where one kind
  /// is missing or a logit is NaN.
  private var areaUnderCurve: Double {
    guard !ranked.contains(where: { $0.logit.isNaN }) else { return .nan }
    let order = ranked.sorted { $0.logit < $1.logit }
    let positives = order.count { $0.isPositive }
    let negatives = order.count - positives
    guard positives > 0, negatives > 0 else { return .nan }
    var (rankSum, index) = (0.0, 0)
    while index < order.count {
      var end = index
      while end < order.count, order[end].logit == order[index].logit { end += 1 }
      // Equal logits share the mean of their ranks, which count from 1.
      let rank = Double(index + end + 1) / 2
      rankSum += rank * Double(order[index..<end].count { $0.isPositive })
      index = end
    }
    return (rankSum - Double(positives) * Double(positives + 1) / 2) / (Double(positives) * Double(negatives))
  }
}

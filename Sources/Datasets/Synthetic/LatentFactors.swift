import Foundation

/// Users and items as points of a plane: affinity is a user's bias, an item's bias, and the product of their points.
struct LatentFactors {
  /// A user or an item.
  private struct Factor {
    let bias: Double
    let x: Double
    let y: Double
  }

  private let users: [Factor]
  private let items: [Factor]
  private let seed: UInt64

  /// Standard deviation of a bias, where the product of two points has 1.
  private static let biasDeviation = 0.5
  /// Pairs at most: all of them are shuffled.
  private static let mostPairs = 10_000_000

  /// Draws factors; throws `DatasetError` if a table is empty or there are more than 10,000,000 pairs.
  init(seed: UInt64, users: Int, items: Int) throws {
    let (pairs, overflow) = users.multipliedReportingOverflow(by: items)
    guard users >= 1, items >= 1, !overflow, pairs <= LatentFactors.mostPairs else {
      throw DatasetError(
        .badSetting, "\(users) users and \(items) items: expected 1 to \(LatentFactors.mostPairs) pairs of them")
    }
    self.seed = seed
    self.users = LatentFactors.draw(users, seed, RandomPurpose.userFactors)
    self.items = LatentFactors.draw(items, seed, RandomPurpose.itemFactors)
  }

  /// What a user's and an item's points add to their biases.
  func product(_ user: Int, _ item: Int) -> Double {
    users[user].x * items[item].x + users[user].y * items[item].y
  }

  /// Affinity of a user for an item.
  func affinity(_ user: Int, _ item: Int) -> Double {
    users[user].bias + items[item].bias + product(user, item)
  }

  /// Pairs of both splits in random order, no pair twice.
  ///
  /// `number` makes a pair's target of its affinity. Training pairs are the same whatever the number of validation
  /// pairs, and the other way round. Throws `DatasetError` if a count is not positive or there are not as many pairs.
  func draw(
    train: Int, validation: Int, number: (Double, inout KeyedRandom) -> Float
  ) throws -> (train: PairDataset.Part, validation: PairDataset.Part) {
    let cells = users.count * items.count
    try SampleCounts.check(train: train, validation: validation, of: "pairs", most: cells)
    guard train + validation <= cells else {
      throw DatasetError(
        .badSetting,
        "\(train) training and \(validation) validation pairs: \(users.count) users and \(items.count) items make only "
          + "\(cells)")
    }
    var order = (0..<UInt32(cells)).map { $0 }
    var random = KeyedRandom(seed: seed, purpose: RandomPurpose.pairs, place: 0)
    for last in stride(from: cells - 1, to: 0, by: -1) {
      order.swapAt(last, Int(random.index(below: UInt64(last + 1))))
    }
    func part(_ pairs: some Sequence<UInt32>) -> PairDataset.Part {
      var part = PairDataset.Part()
      for cell in pairs {
        let (user, item) = Int(cell).quotientAndRemainder(dividingBy: items.count)
        // Keyed by the pair, so that its number does not depend on what was drawn before.
        var noise = KeyedRandom(seed: seed, purpose: RandomPurpose.pairNoise, place: UInt64(cell))
        part.users.append(UInt32(user))
        part.items.append(UInt32(item))
        part.numbers.append(number(affinity(user, item), &noise))
      }
      return part
    }
    return (part(order.prefix(train)), part(order.suffix(validation).reversed()))
  }

  private static func draw(_ count: Int, _ seed: UInt64, _ purpose: UInt64) -> [Factor] {
    // Two products of a user's and an item's coordinate with variance √½ · √½ each make variance 1.
    let deviation = 0.5.squareRoot().squareRoot()
    return (0..<count).map {
      var random = KeyedRandom(seed: seed, purpose: purpose, place: UInt64($0))
      return Factor(
        bias: biasDeviation * random.normal(), x: deviation * random.normal(), y: deviation * random.normal())
    }
  }
}

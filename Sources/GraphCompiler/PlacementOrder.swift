/// Orders in which storages are given their places: which one leaves the fewest gaps depends on the graph.
enum PlacementOrder: CaseIterable {
  /// The largest first.
  case size
  /// Those first that are alive when most bytes are, of these the largest.
  case breadth
  /// Those first that are alive when most bytes are, of these the longest-lived.
  case breadthAndLifetime
  /// Those first that are alive at the peak, the longest-lived of them at the bottom; of the rest the largest first.
  case peak
  /// Those first that are alive at the peak, of these and of the rest those that take most bytes for most nodes.
  case area

  /// Indices of the blocks in this order; the largest, then the earliest, decides between equals.
  ///
  /// `alive` are the bytes in use at each node. O(nodes · blocks).
  func indices(of blocks: [MemoryPlan.Block], alive: [Int]) -> [Int] {
    let keys = blocks.map { key(of: $0, alive: alive) }
    return blocks.indices.sorted {
      (keys[$0].0, keys[$0].1, blocks[$0].byteCount, blocks[$1].lifetime.lowerBound, $1) > (
        keys[$1].0, keys[$1].1, blocks[$1].byteCount, blocks[$0].lifetime.lowerBound, $0
      )
    }
  }

  private func key(of block: MemoryPlan.Block, alive: [Int]) -> (Int, Int) {
    let breadth = alive[block.lifetime].max() ?? 0
    let isAtPeak = breadth == alive.max()
    return switch self {
    case .size: (block.byteCount, 0)
    case .breadth: (breadth, block.byteCount)
    case .breadthAndLifetime: (breadth, block.lifetime.count)
    case .peak: isAtPeak ? (1, block.lifetime.count) : (0, block.byteCount)
    case .area: (isAtPeak ? 1 : 0, block.byteCount * block.lifetime.count)
    }
  }
}

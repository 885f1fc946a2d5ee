/// Orders in which storages are given their places: which one leaves the fewest gaps depends on the graph.
enum PlacementOrder: CaseIterable {
  /// The largest first.
  case size
  /// Those first that are alive when most bytes are, so that the moment of the peak is packed without gaps.
  case breadth
  /// Those first that take most bytes for most nodes.
  case area
  /// Those first that live longest.
  case lifetime

  /// Indices of the blocks in this order; the largest, then the earliest, decides between equals.
  ///
  /// O(blocks · nodes).
  func indices(of blocks: [MemoryPlan.Block], nodes: Int) -> [Int] {
    let keys = keys(of: blocks, nodes: nodes)
    return blocks.indices.sorted {
      (keys[$0], blocks[$0].byteCount, blocks[$1].lifetime.lowerBound, $1) > (
        keys[$1], blocks[$1].byteCount, blocks[$0].lifetime.lowerBound, $0
      )
    }
  }

  private func keys(of blocks: [MemoryPlan.Block], nodes: Int) -> [Int] {
    switch self {
    case .size: return blocks.map(\.byteCount)
    case .area: return blocks.map { $0.byteCount * $0.lifetime.count }
    case .lifetime: return blocks.map(\.lifetime.count)
    case .breadth:
      var alive = [Int](repeating: 0, count: nodes)
      for block in blocks {
        for node in block.lifetime { alive[node] += block.byteCount }
      }
      return blocks.map { block in block.lifetime.reduce(0) { max($0, alive[$1]) } }
    }
  }
}

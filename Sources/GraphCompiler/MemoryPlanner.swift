public import GraphIR
import TensorCore

/// Assigns offsets in one arena from lifetimes.
///
/// Algorithm: (1) values that may share storage are merged: views (`flatten` of channels-last data that needs no move)
/// and operations that may write over an operand that dies there. (2) Each storage lives from its first write to its
/// last read; inputs live from node 0, named outputs and low-precision copies to the end; what is carried from one
/// micro-batch to the next (sums of gradients, pending statistics) lives throughout. (3) Offsets: storages one after
/// another, each at the lowest gap among those alive at the same time, 64-byte aligned. Several orders are tried, until one
/// reaches the lower bound; else the smallest arena wins. They are greedy by size, greedy by breadth (Pisarchyk & Lee
/// 2020) and by lifetime in several ways (`PlacementOrder`).
///
/// `scratch` states the bytes that the backend's kernels need at each node, by node number.
/// O(n² log n) in the number of storages, at compile time only.
public func planMemory(_ graph: Graph, scratch: [Int: Int]) -> MemoryPlan {
  var planner = MemoryPlanner(graph: graph)
  planner.collectLifetimes()
  planner.shareStorage()
  return planner.assignOffsets(scratch: scratch)
}

/// Most bytes of tensors in use at one time, without scratch.
///
/// What `planMemory` calls the lower bound, before kernels exist. O(n) in the number of values.
func peakBytes(_ graph: Graph) -> Int {
  var planner = MemoryPlanner(graph: graph)
  planner.collectLifetimes()
  planner.shareStorage()
  return planner.peakBytes()
}

private struct MemoryPlanner {
  let graph: Graph
  /// Storage of each value in the arena; values that share have the same root.
  var root: [ValueID: ValueID] = [:]
  var firstWrite: [ValueID: Int] = [:]
  var lastRead: [ValueID: Int] = [:]
  /// Storages whose contents outlive the run: nothing may write over them.
  var kept = Set<ValueID>()
  let end: Int

  init(graph: Graph) {
    self.graph = graph
    end = max(graph.nodes.count - 1, 0)
  }

  mutating func collectLifetimes() {
    for value in graph.values {
      switch value.origin {
      case .input: (firstWrite[value.id], lastRead[value.id]) = (0, 0)
      case .lowPrecisionCopy:
        (firstWrite[value.id], lastRead[value.id]) = (0, end)
        kept.insert(value.id)
      case .node(let number, _): (firstWrite[value.id], lastRead[value.id]) = (number, number)
      case .parameter, .statistic: continue
      }
      root[value.id] = value.id
    }
    for (number, node) in graph.nodes.enumerated() {
      for input in node.inputs where lastRead[input] != nil { lastRead[input] = max(lastRead[input] ?? 0, number) }
    }
    for value in graph.carriedValues {
      (firstWrite[value], lastRead[value]) = (0, end)
      kept.insert(value)
    }
    for output in graph.outputs.values where lastRead[output] != nil {
      lastRead[output] = end
      kept.insert(output)
    }
  }

  mutating func shareStorage() {
    for (number, node) in graph.nodes.enumerated() {
      let isView = graph.isView(node)
      for (result, operand) in graph.sharableOperands(of: node) {
        guard let storage = root[operand] else { continue }
        guard graph[result].type.byteCount == graph[storage].type.byteCount else { continue }
        // Writing in place destroys the operand: nobody may read it later, and it must not be a kept value.
        if !isView { guard lastRead[storage] == number, !kept.contains(storage) else { continue } }
        root[result] = storage
        if kept.contains(result) { kept.insert(storage) }
        lastRead[storage] = max(lastRead[storage] ?? number, lastRead[result] ?? number)
      }
    }
  }

  func peakBytes() -> Int {
    var change = [Int](repeating: 0, count: end + 2)
    for value in graph.values where root[value.id] == value.id {
      let bytes = Self.aligned(value.type.byteCount)
      change[firstWrite[value.id] ?? 0] += bytes
      change[(lastRead[value.id] ?? end) + 1] -= bytes
    }
    var (alive, most) = (0, 0)
    for step in change {
      alive += step
      most = max(most, alive)
    }
    return most
  }

  func assignOffsets(scratch: [Int: Int]) -> MemoryPlan {
    var plan = MemoryPlan()
    let gradients = graph.parameterGradients
    var storageBlock: [ValueID: Int] = [:]
    for value in graph.values where root[value.id] == value.id {
      storageBlock[value.id] = plan.blocks.count
      plan.blocks.append(
        MemoryPlan.Block(
          label: "\(value.id) \(graph.title(of: value))", owner: owner(of: value, gradients), offset: 0,
          byteCount: value.type.byteCount,
          lifetime: (firstWrite[value.id] ?? 0)...(lastRead[value.id] ?? end), type: value.type))
    }
    for (number, byteCount) in scratch.sorted(by: { $0.key < $1.key }) where byteCount > 0 {
      plan.scratchOfNode[number] = plan.blocks.count
      plan.blocks.append(
        MemoryPlan.Block(
          label: "scratch of node \(number) \(graph.nodes[number].operation.name)", owner: .workspace, offset: 0,
          byteCount: byteCount, lifetime: number...number, type: nil))
    }
    for (value, storage) in root { plan.blockOfValue[value] = storageBlock[storage] }
    plan.unsharedBytes = plan.blocks.reduce(0) { $0 + Self.aligned($1.byteCount) }
    measurePeak(&plan)
    place(&plan)
    sortBlocks(&plan)
    return plan
  }

  private static func aligned(_ byteCount: Int) -> Int { roundUp(byteCount, toMultipleOf: HostBuffer.alignment) }

  private func owner(of value: Value, _ gradients: Set<ValueID>) -> MemoryPlan.Owner {
    if case .lowPrecisionCopy = value.origin { return .lowPrecisionCopy }
    return gradients.contains(value.id) ? .gradient : .activation
  }

  private func place(_ plan: inout MemoryPlan) {
    var alive = [Int](repeating: 0, count: end + 1)
    for block in plan.blocks {
      for number in block.lifetime { alive[number] += Self.aligned(block.byteCount) }
    }
    var smallest: (offsets: [Int], arenaBytes: Int)?
    for order in PlacementOrder.allCases {
      let found = offsets(of: plan.blocks, in: order.indices(of: plan.blocks, alive: alive))
      if found.arenaBytes < smallest?.arenaBytes ?? .max { smallest = found }
      if found.arenaBytes == plan.lowerBound { break }
    }
    guard let smallest else { return }
    for (index, offset) in smallest.offsets.enumerated() { plan.blocks[index].offset = offset }
    plan.arenaBytes = smallest.arenaBytes
  }

  private func offsets(of blocks: [MemoryPlan.Block], in order: [Int]) -> (offsets: [Int], arenaBytes: Int) {
    var offsets = [Int](repeating: 0, count: blocks.count)
    var placed: [Int] = []
    var arenaBytes = 0
    for index in order {
      let neighbours = placed.filter { blocks[$0].lifetime.overlaps(blocks[index].lifetime) }
        .sorted { offsets[$0] < offsets[$1] }
      let bytes = Self.aligned(blocks[index].byteCount)
      var offset = 0
      for other in neighbours {
        if offset + bytes <= offsets[other] { break }
        offset = max(offset, offsets[other] + Self.aligned(blocks[other].byteCount))
      }
      offsets[index] = offset
      arenaBytes = max(arenaBytes, offset + bytes)
      placed.append(index)
    }
    return (offsets, arenaBytes)
  }

  private func measurePeak(_ plan: inout MemoryPlan) {
    for number in 0...end {
      var byOwner: [MemoryPlan.Owner: Int] = [:]
      for block in plan.blocks where block.lifetime.contains(number) {
        byOwner[block.owner, default: 0] += Self.aligned(block.byteCount)
      }
      plan.mostByOwner.merge(byOwner, uniquingKeysWith: max)
      let total = byOwner.values.reduce(0, +)
      if total > plan.lowerBound { (plan.lowerBound, plan.peakByOwner) = (total, byOwner) }
    }
  }

  private func sortBlocks(_ plan: inout MemoryPlan) {
    let order = plan.blocks.indices.sorted {
      (plan.blocks[$0].offset, plan.blocks[$0].lifetime.lowerBound, $0) < (
        plan.blocks[$1].offset, plan.blocks[$1].lifetime.lowerBound, $1
      )
    }
    var place = [Int](repeating: 0, count: order.count)
    for (new, old) in order.enumerated() { place[old] = new }
    plan.blocks = order.map { plan.blocks[$0] }
    plan.blockOfValue = plan.blockOfValue.mapValues { place[$0] }
    plan.scratchOfNode = plan.scratchOfNode.mapValues { place[$0] }
  }
}

import BackendAPI
import GraphIR
import TensorCore
import Testing

/// The layout of a network with two parameters and a statistic under an optimizer.
func layout(_ optimizer: OptimizerKind?) throws -> StateLayout {
  var builder = GraphBuilder(isTraining: true)
  _ = try builder.parameter("weight", [3, 5], .constant(0))
  _ = try builder.statistic("running_mean", [3], .constant(0))
  _ = try builder.parameter("bias", [3], .constant(0))
  return StateLayout(parameters: builder.graph.parameters, optimizer: optimizer)
}

private let adamW = OptimizerKind.adamW(beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0)

@Suite("State layout")
struct StateLayoutTests {
  @Test("holds parameters, statistics and optimizer states, aligned and apart")
  func entries() throws {
    let layout = try layout(adamW)
    #expect(
      layout.entries.map(\.name) == [
        "weight", "running_mean", "bias", "optimizer.exp_avg.weight", "optimizer.exp_avg_sq.weight",
        "optimizer.exp_avg.bias", "optimizer.exp_avg_sq.bias",
      ])
    for (entry, next) in zip(layout.entries, layout.entries.dropFirst()) {
      #expect(entry.offset % HostBuffer.alignment == 0)
      #expect(entry.offset + entry.shape.count * 4 <= next.offset)
    }
    #expect(layout.byteCount(of: .parameter) == 72)
    #expect(layout.byteCount(of: .statistic) == 12)
    #expect(layout.byteCount(of: .optimizer) == 144)
    #expect(layout["bias"]?.kind == .parameter)
    #expect(layout["nothing"] == nil)
  }

  @Test("has no optimizer states without an optimizer")
  func inference() throws {
    #expect(try layout(nil).entries.map(\.name) == ["weight", "running_mean", "bias"])
  }
}

@Suite("Host state")
struct HostStateTests {
  @Test("starts at zero and keeps what is written")
  func readAndWrite() throws {
    let state = try HostState(layout(adamW))
    #expect(try state.floats("weight") == [Float](repeating: 0, count: 15))
    try state.write("bias", [1, 2, 3])
    #expect(try state.floats("bias") == [1, 2, 3])
    #expect(try state.floats("running_mean") == [0, 0, 0], "neighbours stay as they are")
  }

  @Test("refuses unknown names and other sizes, and says which")
  func refusals() throws {
    let state = try HostState(layout(nil))
    let unknown = #expect(throws: BackendError.self) { try state.write("weigth", [1]) }
    #expect(unknown?.message.contains("\"weigth\"") == true)
    let size = #expect(throws: BackendError.self) { try state.write("bias", [1, 2]) }
    #expect(size?.message.contains("12 bytes, found 8") == true)
    #expect(throws: BackendError.self) { try state.floats("nothing") }
  }

  @Test("forgets bounds of magnitudes when someone writes")
  func magnitudes() throws {
    let state = try HostState(layout(nil))
    state.control.magnitudes = StepControl.Magnitudes(weight: 1, state: (2, 3))
    #expect(state.control.magnitudes?.state.second == 3)
    try state.write("bias", [1, 2, 3])
    #expect(state.control.magnitudes == nil)
  }

  @Test("copies contents and control into a state of its own")
  func copies() throws {
    let state = try HostState(layout(nil))
    try state.write("bias", [1, 2, 3])
    state.control.committedSteps = 7
    let copy = try state.copy()
    try state.write("bias", [4, 5, 6])
    state.control.committedSteps = 8
    #expect(try copy.floats("bias") == [1, 2, 3])
    #expect(copy.control.committedSteps == 7)
  }

  @Test("grows the arena and never shrinks it")
  func arena() throws {
    let state = try HostState(layout(nil))
    try state.reserveArena(1000)
    let base = state.arena
    try state.reserveArena(10)
    #expect(state.arena == base)
    #expect(state.arenaByteCount == 1000)
    try state.reserveArena(5000)
    #expect(state.arenaByteCount == 5000)
    #expect(Int(bitPattern: state.arena) % HostBuffer.alignment == 0)
  }

  @Test("begins large arenas at a huge page, and zeroes all of them")
  func hugePages() throws {
    let state = try HostState(layout(nil))
    try state.reserveArena(5 << 20 | 100)
    #expect(Int(bitPattern: state.arena) % (2 << 20) == 0)
    let bytes = UnsafeRawBufferPointer(start: state.arena, count: state.arenaByteCount)
    #expect(bytes.count == 5 << 20 | 100)
    #expect(bytes.allSatisfy { $0 == 0 })
  }
}

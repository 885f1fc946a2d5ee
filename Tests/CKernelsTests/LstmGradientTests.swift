import CKernels
import Foundation
import Testing

extension KernelTests.Lstm {
  /// What the backward pass of a step reads, as tensors of all steps where they are views, and what it changes.
  struct GradientInputs {
    var dy: Tensor?
    var dhRecurrent: Tensor?
    var dc: Tensor
    var isFirst: Bool
    var gates: Tensor
    var cells: Tensor

    init(
      _ step: Step, _ dtype: amp_dtype, hasDy: Bool = true, hasRecurrent: Bool = true, isFirst: Bool = false,
      _ random: inout Randomness
    ) {
      dy = hasDy ? Tensor(dtype, random.floats(step.cellCount)) : nil
      dhRecurrent = hasRecurrent ? Tensor(dtype, random.floats(step.samples * step.hidden)) : nil
      // The first step that runs backward must not read what dc holds.
      dc =
        isFirst
        ? Tensor(dtype, Array(repeating: .nan, count: step.samples * step.hidden))
        : Tensor(dtype, random.floats(step.samples * step.hidden))
      self.isFirst = isFirst
      gates = Tensor(dtype, random.floats(4 * step.cellCount, in: 0...1))
      cells = Tensor(dtype, random.floats(step.cellCount, in: -2...2))
    }
  }

  /// dgates of all steps, of which one is written, and dc; dgates lies over the gates where `inPlace`.
  static func gradients(
    _ step: Step, _ inputs: GradientInputs, threads: Int32, inPlace: Bool = false
  ) -> (dgates: Tensor, dc: Tensor) {
    let dtype = inputs.cells.dtype
    var dgates = inPlace ? inputs.gates : Tensor(dtype, count: 4 * step.cellCount)
    var dc = inputs.dc
    let (size, shape) = (Tensor.size(of: dtype), [step.shape])
    let offset = step.step * step.hidden * size
    inputs.gates.bytes.withUnsafeBytes { gates in
      inputs.cells.bytes.withUnsafeBytes { cells in
        (inputs.dy?.bytes ?? []).withUnsafeBytes { dy in
          dgates.bytes.withUnsafeMutableBytes { dgates in
            let from = inPlace ? UnsafeRawBufferPointer(dgates) : gates
            amp_lstm_cell_backward(
              threads, dtype, inputs.dy == nil ? nil : dy.baseAddress.map { $0 + offset }, inputs.dhRecurrent?.bytes,
              &dc.bytes, inputs.isFirst, from.baseAddress.map { $0 + 4 * offset },
              step.step == 0 ? nil : cells.baseAddress.map { $0 + offset - step.hidden * size },
              cells.baseAddress.map { $0 + offset }, dgates.baseAddress.map { $0 + 4 * offset }, shape)
          }
        }
      }
    }
    #expect(dgates.isGuardIntact && dc.isGuardIntact)
    return (dgates, dc)
  }
}

extension KernelTests {
  @Suite("Gradient of an LSTM step")
  struct LstmGradient {
    /// (has dy, has dh_recurrent, is the first that runs backward).
    static let forms = [(true, true, false), (true, false, true), (false, true, false)]

    /// Every operation in Double, from what is stored.
    static func expected(_ step: Lstm.Step, _ inputs: Lstm.GradientInputs) -> (dgates: [Double], dc: [Double]) {
      let dtype = inputs.cells.dtype
      var dgates = Tensor(dtype, count: 4 * step.cellCount).floats.map(Double.init)
      var dc = inputs.dc.floats.map(Double.init)
      let (gates, cells) = (inputs.gates.floats.map(Double.init), inputs.cells.floats.map(Double.init))
      let (dy, dhRecurrent) = (inputs.dy?.floats, inputs.dhRecurrent?.floats)
      for (sample, cell) in step.cells {
        let (here, dense) = (step.cell(sample, cell), sample * step.hidden + cell)
        let values = (0..<4).map { gates[step.gate(sample, $0, cell)] }
        let (i, f, g, o) = (values[0], values[1], values[2], values[3])
        let before = step.step == 0 ? 0 : cells[step.cell(sample, cell, before: 1)]
        let dh = Double(dy?[here] ?? 0) + Double(dhRecurrent?[dense] ?? 0)
        let tanhC = tanh(cells[here])
        let total = (inputs.isFirst ? 0 : dc[dense]) + dh * o * (1 - tanhC * tanhC)
        let found = [
          total * g * i * (1 - i), total * before * f * (1 - f), total * i * (1 - g * g), dh * tanhC * o * (1 - o),
        ]
        for gate in 0..<4 { dgates[step.gate(sample, gate, cell)] = found[gate] }
        dc[dense] = total * f
      }
      return (dgates, dc)
    }

    @Test("Gradients of gates and cell follow the formulas, each rounded once; absent gradients are zeros")
    func backward() {
      var random = Randomness(seed: 54)
      for step in Lstm.steps {
        for dtype in KernelTests.dtypes {
          for (hasDy, hasRecurrent, isFirst) in LstmGradient.forms {
            let inputs = Lstm.GradientInputs(
              step, dtype, hasDy: hasDy, hasRecurrent: hasRecurrent, isFirst: isFirst, &random)
            let expected = LstmGradient.expected(step, inputs)
            var ofOneThread: [UInt32] = []
            KernelTests.onEveryKernelSet { isa, threads in
              let found = Lstm.gradients(step, inputs, threads: threads)
              let place = "\(isa) \(threads) \(step) \(dtype) \(hasDy) \(hasRecurrent) \(isFirst)"
              // dh is up to 8 and the gradient of c up to 12, times a cell of 2: six roundings and the tangent's.
              let (relative, absolute) = (unit(of: dtype) / 2, 24 * 8 * 0x1p-24 + smallestError(of: dtype))
              #expect(
                firstDifference(found.dgates.floats, expected.dgates, relative: relative, absolute: absolute) == nil,
                "\(place)")
              #expect(
                firstDifference(found.dc.floats, expected.dc, relative: relative, absolute: absolute) == nil,
                "\(place)")
              let bits = found.dgates.patterns + found.dc.patterns
              if threads == 1 { ofOneThread = bits }
              #expect(bits == ofOneThread, "\(place)")
              let inPlace = Lstm.gradients(step, inputs, threads: threads, inPlace: true)
              #expect(inPlace.dc.patterns == found.dc.patterns, "\(place)")
              let (over, apart) = (inPlace.dgates.patterns, found.dgates.patterns)
              for sample in 0..<step.samples {
                let first = step.gate(sample, 0, 0)
                #expect(over[first..<first + 4 * step.hidden] == apart[first..<first + 4 * step.hidden], "\(place)")
              }
            }
          }
        }
      }
    }

    @Test("A NaN reaches the outputs and gradients of its own cell and no other")
    func nonFinite() {
      var random = Randomness(seed: 55)
      let step = Lstm.Step(samples: 2, hidden: 19, steps: 2, step: 1)
      for dtype in KernelTests.dtypes {
        for cell in [0, 15, 18] {
          var inputs = Lstm.Inputs(step, dtype, &random)
          var values = inputs.inputGates.floats
          values[step.gate(1, 1, cell)] = .nan
          inputs.inputGates = Tensor(dtype, values)
          var gradients = Lstm.GradientInputs(step, dtype, &random)
          gradients.dy = gradients.dy.map { dy in
            var values = dy.floats
            values[step.cell(1, cell)] = .nan
            return Tensor(dtype, values)
          }
          KernelTests.onEveryKernelSet { isa, threads in
            let found = Lstm.run(step, inputs, threads: threads)
            let isReached = (0..<step.cellCount).map { $0 == step.cell(1, cell) }
            #expect(found.cells.floats.map(\.isNaN) == isReached, "\(isa) \(dtype) \(cell)")
            #expect(found.y.floats.map(\.isNaN) == isReached, "\(isa) \(dtype) \(cell)")
            let backward = Lstm.gradients(step, gradients, threads: threads)
            #expect(backward.dc.floats.map(\.isNaN) == (0..<38).map { $0 == 19 + cell }, "\(isa) \(dtype) \(cell)")
            let gates = (0..<4).map { step.gate(1, $0, cell) }
            let hit = backward.dgates.floats.map(\.isNaN)
            #expect(hit.indices.filter { hit[$0] } == gates, "\(isa) \(dtype) \(cell)")
          }
        }
      }
    }
  }
}

import CKernels
import Foundation
import Testing

extension KernelTests {
  @Suite("LSTM step")
  struct Lstm {
    /// One step of a sequence: tensors are (samples, steps, ...), the step is a view into them.
    struct Step {
      let samples: Int
      let hidden: Int
      let steps: Int
      let step: Int

      var shape: amp_lstm_shape {
        amp_lstm_shape(
          n: samples, hidden: hidden, input_gates_stride: 4 * hidden * steps, gates_stride: 4 * hidden * steps,
          cells_stride: hidden * steps, y_stride: hidden * steps)
      }
      var cellCount: Int { samples * steps * hidden }

      /// Places of a cell in (samples, steps, hidden), and of its gates in (samples, steps, 4 * hidden).
      func cell(_ sample: Int, _ cell: Int, before: Int = 0) -> Int {
        (sample * steps + step - before) * hidden + cell
      }
      func gate(_ sample: Int, _ gate: Int, _ cell: Int) -> Int {
        (sample * steps + step) * 4 * hidden + gate * hidden + cell
      }
      /// All cells, as (sample, cell).
      var cells: [(Int, Int)] { (0..<samples).flatMap { sample in (0..<hidden).map { (sample, $0) } } }
    }

    /// First, middle and last step; a single cell, tails of every kind, enough work for three threads.
    static let steps = [
      Step(samples: 0, hidden: 3, steps: 1, step: 0), Step(samples: 1, hidden: 1, steps: 1, step: 0),
      Step(samples: 3, hidden: 7, steps: 3, step: 0), Step(samples: 3, hidden: 7, steps: 3, step: 2),
      Step(samples: 2, hidden: 33, steps: 2, step: 1), Step(samples: 7, hidden: 16, steps: 4, step: 2),
      Step(samples: 64, hidden: 50, steps: 2, step: 1),
    ]

    static func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

    /// What a step reads: forward the first three, backward the rest.
    struct Inputs {
      var inputGates: Tensor
      /// nil: zeros.
      var recurrentSums: [Float]?
      var recurrentBias: Tensor
      private let biases: [Float]
      /// All steps: the ones before are known, this one and those after are yet to be written.
      var cells: Tensor

      /// What the product of the recurrent weights comes to in the sum of a gate: rounded once the bias is added.
      func recurrent(_ sample: Int, _ gate: Int, _ cell: Int, hidden: Int) -> Float {
        let (column, dtype) = (gate * hidden + cell, recurrentBias.dtype)
        let product = recurrentSums?[sample * 4 * hidden + column] ?? 0
        return Tensor.rounded(product + biases[column], to: dtype)
      }

      init(_ step: Step, _ dtype: amp_dtype, _ random: inout Randomness) {
        inputGates = Tensor(dtype, random.floats(4 * step.cellCount))
        recurrentSums = step.step == 0 ? nil : random.floats(4 * step.samples * step.hidden)
        recurrentBias = Tensor(dtype, random.floats(4 * step.hidden, in: -1...1))
        biases = recurrentBias.floats
        cells = Tensor(dtype, random.floats(step.cellCount, in: -2...2))
      }
    }

    struct Outputs {
      var gates: Tensor
      var cells: Tensor
      var y: Tensor
    }

    static func run(_ step: Step, _ inputs: Inputs, threads: Int32) -> Outputs {
      let dtype = inputs.cells.dtype
      var outputs = Outputs(
        gates: Tensor(dtype, count: 4 * step.cellCount), cells: inputs.cells, y: Tensor(dtype, count: step.cellCount))
      let (size, width, shape) = (Tensor.size(of: dtype), step.hidden * Tensor.size(of: dtype), [step.shape])
      inputs.inputGates.bytes.withUnsafeBytes { inputGates in
        outputs.gates.bytes.withUnsafeMutableBytes { gates in
          outputs.cells.bytes.withUnsafeMutableBytes { cells in
            outputs.y.bytes.withUnsafeMutableBytes { y in
              let offset = step.step * step.hidden * size
              amp_lstm_cell(
                threads, dtype, inputGates.baseAddress.map { $0 + 4 * offset }, inputs.recurrentSums,
                inputs.recurrentBias.bytes,
                step.step == 0 ? nil : cells.baseAddress.map { UnsafeRawPointer($0) + offset - width },
                gates.baseAddress.map { $0 + 4 * offset }, cells.baseAddress.map { $0 + offset },
                y.baseAddress.map { $0 + offset }, shape)
            }
          }
        }
      }
      #expect(outputs.gates.isGuardIntact && outputs.cells.isGuardIntact && outputs.y.isGuardIntact)
      return outputs
    }

    @Test("A step gives torch's gates, cell and output, each rounded once, and writes no other step")
    func forward() {
      var random = Randomness(seed: 52)
      for step in Lstm.steps {
        for dtype in KernelTests.dtypes {
          let inputs = Inputs(step, dtype, &random)
          let (input, old) = (inputs.inputGates.floats, inputs.cells.floats)
          var gates = Tensor(dtype, count: 4 * step.cellCount).floats.map(Double.init)
          var (cells, y) = (old.map(Double.init), Tensor(dtype, count: step.cellCount).floats.map(Double.init))
          for (sample, cell) in step.cells {
            let values = (0..<4).map { gate -> Double in
              let recurrent = inputs.recurrent(sample, gate, cell, hidden: step.hidden)
              let sum = input[step.gate(sample, gate, cell)] + recurrent
              return gate == 2 ? tanh(Double(sum)) : Lstm.logistic(Double(sum))
            }
            let before = step.step == 0 ? 0 : Double(old[step.cell(sample, cell, before: 1)])
            let c = values[1] * before + values[0] * values[2]
            for gate in 0..<4 { gates[step.gate(sample, gate, cell)] = values[gate] }
            cells[step.cell(sample, cell)] = c
            y[step.cell(sample, cell)] = values[3] * tanh(c)
          }
          var ofOneThread: [UInt32] = []
          KernelTests.onEveryKernelSet { isa, threads in
            let found = Lstm.run(step, inputs, threads: threads)
            let place = "\(isa) \(threads) \(step) \(dtype)"
            // Gates within 3 units in the last place; cells up to 3 and outputs up to 1 from them.
            let (relative, small) = (unit(of: dtype) / 2, smallestError(of: dtype))
            #expect(
              firstDifference(found.gates.floats, gates, relative: relative + 3 * 0x1p-23, absolute: small) == nil,
              "\(place)")
            #expect(
              firstDifference(found.cells.floats, cells, relative: relative, absolute: 12 * 0x1p-23 + small) == nil,
              "\(place)")
            #expect(
              firstDifference(found.y.floats, y, relative: relative, absolute: 16 * 0x1p-23 + small) == nil, "\(place)")
            let bits = found.gates.patterns + found.cells.patterns + found.y.patterns
            if threads == 1 { ofOneThread = bits }
            #expect(bits == ofOneThread, "\(place)")
          }
        }
      }
    }

    @Test("The activated gates may be written over the sums of the input")
    func inPlace() {
      var random = Randomness(seed: 53)
      let step = Lstm.steps[4]
      for dtype in KernelTests.dtypes {
        let inputs = Inputs(step, dtype, &random)
        KernelTests.onEveryKernelSet { isa, threads in
          let expected = Lstm.run(step, inputs, threads: threads)
          var (gates, cells, y) = (inputs.inputGates, inputs.cells, Tensor(dtype, count: step.cellCount))
          let (offset, shape) = (step.step * step.hidden * Tensor.size(of: dtype), [step.shape])
          gates.bytes.withUnsafeMutableBytes { gates in
            cells.bytes.withUnsafeMutableBytes { cells in
              y.bytes.withUnsafeMutableBytes { y in
                guard let gates = gates.baseAddress, let cells = cells.baseAddress, let y = y.baseAddress else {
                  return
                }
                amp_lstm_cell(
                  threads, dtype, gates + 4 * offset, inputs.recurrentSums, inputs.recurrentBias.bytes,
                  cells + offset - step.hidden * Tensor.size(of: dtype), gates + 4 * offset, cells + offset, y + offset,
                  shape)
              }
            }
          }
          let (over, apart) = (gates.patterns, expected.gates.patterns)
          for sample in 0..<step.samples {
            let first = step.gate(sample, 0, 0)
            let place = first..<first + 4 * step.hidden
            #expect(over[place] == apart[place], "\(isa) \(threads) \(dtype)")
          }
          #expect(cells.bytes == expected.cells.bytes && y.bytes == expected.y.bytes, "\(isa) \(threads) \(dtype)")
        }
      }
    }
  }
}

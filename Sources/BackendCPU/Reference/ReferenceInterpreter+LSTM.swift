import TensorCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// One layer of long short-term memory (Hochreiter & Schmidhuber 1997; torch.nn.LSTM, batch first), from a state of
/// zeros. Gates stand in torch's order: input, forget, cell, output, H columns each.
///
/// What a step hands to the next is stored, so it is rounded to the format `stored` of the operands: h and c forward, dc
/// and the products of gates and weights; as torch's fused cell (_thnn_fused_lstm_cell) does.
extension ReferenceInterpreter {
  /// Operands: x (N, T, I), weight_ih (4 H, I), weight_hh (4 H, H), bias_ih, bias_hh (4 H).
  ///
  /// Results: y (N, T, H), activated gates (N, T, 4 H), cells (N, T, H).
  func lstm(_ operands: [ReferenceTensor], stored: DType) -> [ReferenceTensor] {
    let (x, inputWeight, hiddenWeight) = (operands[0], operands[1], operands[2])
    let (samples, length, hidden) = (x.shape[0], x.shape[1], hiddenWeight.shape[1])
    let rounded = rounder(to: stored)
    var y = ReferenceTensor(zeros: [samples, length, hidden])
    var (gates, cells) = (ReferenceTensor(zeros: [samples, length, 4 * hidden]), y)
    var h = ReferenceTensor(zeros: [samples, hidden])
    var c = h
    for t in 0..<length {
      let fromInput = Self.linear(x.step(t), inputWeight, bias: operands[3], relu: false).map(rounded)
      let fromHidden = Self.linear(h, hiddenWeight, bias: operands[4], relu: false).map(rounded)
      let sums = fromInput.zip(fromHidden, +)
      var activated = sums
      for n in 0..<samples {
        for j in 0..<hidden {
          let columns = GateColumns(j, hidden)
          let i = Self.sigmoid(sums[n, columns.input])
          let f = Self.sigmoid(sums[n, columns.forget])
          let g = tanh(sums[n, columns.cell])
          let o = Self.sigmoid(sums[n, columns.output])
          (activated[n, columns.input], activated[n, columns.forget]) = (i, f)
          (activated[n, columns.cell], activated[n, columns.output]) = (g, o)
          let cell = f * c[n, j] + i * g
          c[n, j] = rounded(cell)
          h[n, j] = rounded(o * tanh(cell))
        }
      }
      gates.setStep(t, activated)
      cells.setStep(t, c)
      y.setStep(t, h)
    }
    return [y, gates, cells]
  }

  /// Operands: dy, x, weight_ih, weight_hh, y, activated gates, cells.
  ///
  /// Results: dx, dweight_ih, dweight_hh, the gradient of both biases, and those of the sums of the gates.
  ///
  /// Backward in time: dh = dy + dh from the step after, dc = dc from the step after + dh · o (1 - tanh² c); gates get
  /// dh or dc times what they multiplied, times the derivative of their activation.
  func lstmBackward(_ operands: [ReferenceTensor], stored: DType) -> [ReferenceTensor] {
    let (dy, x, inputWeight, hiddenWeight) = (operands[0], operands[1], operands[2], operands[3])
    let (y, gates, cells) = (operands[4], operands[5], operands[6])
    let (samples, length, hidden) = (x.shape[0], x.shape[1], hiddenWeight.shape[1])
    let rounded = rounder(to: stored)
    var (dx, dinputWeight) = (ReferenceTensor(zeros: x.shape), ReferenceTensor(zeros: inputWeight.shape))
    var (dhiddenWeight, dbias) = (
      ReferenceTensor(zeros: hiddenWeight.shape), ReferenceTensor(zeros: [4 * hidden])
    )
    var dgatesOfAll = ReferenceTensor(zeros: gates.shape)
    let start = ReferenceTensor(zeros: [samples, hidden])
    var (dhLater, dcLater) = (start, start)
    for t in (0..<length).reversed() {
      let (gate, c, dh) = (gates.step(t), cells.step(t), dy.step(t).zip(dhLater, +))
      let before = t > 0 ? (c: cells.step(t - 1), h: y.step(t - 1)) : (c: start, h: start)
      var dgates = gate
      for n in 0..<samples {
        for j in 0..<hidden {
          let columns = GateColumns(j, hidden)
          let (i, f) = (gate[n, columns.input], gate[n, columns.forget])
          let (g, o) = (gate[n, columns.cell], gate[n, columns.output])
          let squashed = tanh(c[n, j])
          let dc = dcLater[n, j] + dh[n, j] * o * (1 - squashed * squashed)
          dgates[n, columns.input] = rounded(dc * g * i * (1 - i))
          dgates[n, columns.forget] = rounded(dc * before.c[n, j] * f * (1 - f))
          dgates[n, columns.cell] = rounded(dc * i * (1 - g * g))
          dgates[n, columns.output] = rounded(dh[n, j] * squashed * o * (1 - o))
          dcLater[n, j] = rounded(dc * f)
        }
      }
      dgatesOfAll.setStep(t, dgates)
      dhLater = Self.matmul(dgates, hiddenWeight, transposeA: false, transposeB: false).map(rounded)
      dx.setStep(t, Self.matmul(dgates, inputWeight, transposeA: false, transposeB: false))
      dinputWeight = dinputWeight.zip(Self.matmul(dgates, x.step(t), transposeA: true, transposeB: false), +)
      dhiddenWeight = dhiddenWeight.zip(Self.matmul(dgates, before.h, transposeA: true, transposeB: false), +)
      dbias = dbias.zip(Self.columnSum(dgates, into: ReferenceTensor(zeros: dbias.shape)), +)
    }
    return [dx, dinputWeight, dhiddenWeight, dbias, dgatesOfAll]
  }
}

/// Columns of a cell's four gates.
private struct GateColumns {
  let input: Int
  let forget: Int
  let cell: Int
  let output: Int

  init(_ cell: Int, _ hidden: Int) {
    (input, forget, self.cell, output) = (cell, hidden + cell, 2 * hidden + cell, 3 * hidden + cell)
  }
}

extension ReferenceTensor {
  /// Step `t` of (N, T, C): (N, C).
  fileprivate func step(_ t: Int) -> ReferenceTensor {
    let (length, columns) = (shape[1], shape[2])
    return ReferenceTensor(rows: shape[0], columns: columns) { elements[($0 * length + t) * columns + $1] }
  }

  /// Writes step `t` of (N, T, C).
  fileprivate mutating func setStep(_ t: Int, _ step: ReferenceTensor) {
    for (index, element) in step.elements.enumerated() {
      let (n, column) = (index / shape[2], index % shape[2])
      elements[(n * shape[1] + t) * shape[2] + column] = element
    }
  }
}

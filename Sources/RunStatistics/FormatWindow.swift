public import TrainingEvents

extension NumericFormat {
  /// Exponent of the smallest normal number: -126, -14 (IEEE 754 binary32, binary16), -126 (bfloat16).
  public var lowestNormalExponent: Int { self == .fp16 ? -14 : -126 }

  /// Exponent of the smallest subnormal number: -149, -24, -133.
  public var lowestSubnormalExponent: Int {
    switch self {
    case .fp32: -149
    case .fp16: -24
    case .bf16: -133
    }
  }

  /// Exponent of the largest number: 127, 15, 127.
  public var highestExponent: Int { self == .fp16 ? 15 : 127 }

  /// Largest finite number.
  public var largest: Double {
    switch self {
    case .fp32: Double(Float.greatestFiniteMagnitude)
    case .fp16: 65504
    case .bf16: 0x1.FEp127
    }
  }

  /// Bits of a normal number's significand, the implicit one among them: 24, 11, 8.
  public var precisionBits: Int {
    switch self {
    case .fp32: 24
    case .fp16: 11
    case .bf16: 8
    }
  }
}

/// What becomes of a tensor's elements in a format.
public struct FormatFit: Sendable, Hashable {
  /// Share of all elements that are zero already.
  public var zero: Double
  /// Share of all elements, not zero, that become zero.
  public var flushed: Double
  /// Share of all elements that become subnormal: they keep fewer bits.
  public var subnormal: Double
  /// Share of all elements that keep their precision.
  public var normal: Double
  /// Share of all elements that become infinite.
  public var overflowing: Double

  /// Creates shares that add up to 1.
  public init(zero: Double, flushed: Double, subnormal: Double, normal: Double, overflowing: Double) {
    self.zero = zero
    self.flushed = flushed
    self.subnormal = subnormal
    self.normal = normal
    self.overflowing = overflowing
  }
}

extension ExponentHistogram {
  /// Number of elements counted: finite and not zero.
  public var count: Int { counts.reduce(0, +) }

  /// Number of elements whose power of two is `exponent`.
  public subscript(_ exponent: Int) -> Int {
    let index = exponent - lowest
    return counts.indices.contains(index) ? counts[index] : 0
  }

  /// Exponents of the first and last counts that are not 0; nil where there are none.
  public var range: ClosedRange<Int>? {
    guard let first = counts.firstIndex(where: { $0 > 0 }), let last = counts.lastIndex(where: { $0 > 0 }) else {
      return nil
    }
    return (lowest + first)...(lowest + last)
  }

  /// What would become of the elements, each times 2^`shift`, in a format.
  ///
  /// A histogram knows powers of two only. Of the elements just below the smallest subnormal number, 2^s, those of
  /// 2^(s-1) and above round up to it (ties to even): they count as subnormal. Elements of the format's highest power of
  /// two count as normal; the few above the largest number would overflow.
  ///
  /// - Parameters:
  ///   - format: the format.
  ///   - shift: what a loss scale of 2^shift does to gradients, less the scale they were stored with.
  ///   - zeros: elements that are zero.
  public func fit(in format: NumericFormat, shiftedBy shift: Int = 0, zeros: Int) -> FormatFit {
    var (flushed, subnormal, normal, overflowing) = (0, 0, 0, 0)
    for (index, count) in counts.enumerated() {
      switch lowest + index + shift {
      case ..<(format.lowestSubnormalExponent - 1): flushed += count
      case ..<format.lowestNormalExponent: subnormal += count
      case ...format.highestExponent: normal += count
      default: overflowing += count
      }
    }
    let total = Double(max(flushed + subnormal + normal + overflowing + zeros, 1))
    return FormatFit(
      zero: Double(zeros) / total, flushed: Double(flushed) / total, subnormal: Double(subnormal) / total,
      normal: Double(normal) / total, overflowing: Double(overflowing) / total)
  }
}

extension TensorReport {
  /// What would become of the tensor in a format, each element times 2^`shift`; nil without a histogram.
  public func fit(in format: NumericFormat, shiftedBy shift: Int = 0) -> FormatFit? {
    histogram?.fit(in: format, shiftedBy: shift, zeros: zeros)
  }
}

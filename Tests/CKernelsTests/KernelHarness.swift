import CKernels
import Testing

/// The kernel set is one setting of the process: suites that change it lie under this one and run one after the other.
@Suite("Kernels", .serialized)
enum KernelTests {
  static let dtypes = [AMP_F32, AMP_F16, AMP_BF16]

  /// Empty, shorter than a vector, around one and two vectors, and large enough to be cut in two with a tail.
  static let sizes = [0, 1, 7, 8, 9, 15, 16, 17, 31, 33, 1000, 16_411]

  /// Runs `body` with every kernel set that this processor has, on teams of one, two and three, or of the given sizes.
  static func onEveryKernelSet(
    threads teams: [Int32] = [1, 2, 3], _ body: (_ isa: amp_isa, _ threads: Int32) throws -> Void
  ) rethrows {
    defer { amp_select_kernels(amp_best_isa()) }
    for isa in [AMP_ISA_REFERENCE, AMP_ISA_AVX2, AMP_ISA_AVX512] where amp_select_kernels(isa) {
      for threads in teams { try body(isa, threads) }
    }
  }
}

/// SplitMix64: short, seeded, the same on every machine.
struct Randomness: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  /// Uniform in `range`.
  mutating func floats(_ count: Int, in range: ClosedRange<Float> = -4...4) -> [Float] {
    (0..<count).map { _ in Float.random(in: range, using: &self) }
  }

  /// Uniform in -4...4, with the awkward values spread among them.
  mutating func awkwardFloats(_ count: Int) -> [Float] {
    let awkward: [Float] = [.nan, .infinity, -.infinity, 0, -0.0, 0x1p-24, -0x1p-149, 65504, 0x1p-133, -3e38]
    var values = floats(count)
    for index in stride(from: 3, to: count, by: 7) { values[index] = awkward[(index / 7) % awkward.count] }
    return values
  }
}

/// Says where two lists of numbers differ first; nil where they hold the same values.
///
/// NaN equals NaN, 0 is not -0.
func firstDifference(_ found: [Float], _ expected: [Float]) -> String? {
  guard found.count == expected.count else { return "\(found.count) values instead of \(expected.count)" }
  for index in found.indices where found[index].bitPattern != expected[index].bitPattern {
    if found[index].isNaN && expected[index].isNaN { continue }
    return "[\(index)] is \(found[index]) instead of \(expected[index])"
  }
  return nil
}

/// Says where a value is further than `absolute + relative * |expected|` from what is expected; nil where none is.
func firstDifference(
  _ found: [Float], _ expected: [Double], relative: Double, absolute: Double = 0
) -> String? {
  guard found.count == expected.count else { return "\(found.count) values instead of \(expected.count)" }
  for index in found.indices {
    let (value, target) = (Double(found[index]), expected[index])
    if value == target || (value.isNaN && target.isNaN) { continue }
    if (value - target).magnitude <= absolute + relative * target.magnitude { continue }
    return "[\(index)] is \(value) instead of \(target)"
  }
  return nil
}

/// One unit in the last place of numbers in 1..<2, which is also the largest relative distance between neighbours.
func unit(of dtype: amp_dtype) -> Double {
  switch dtype {
  case AMP_F16: 0x1p-10
  case AMP_BF16: 0x1p-7
  default: 0x1p-23
  }
}

/// Half of the distance between the smallest numbers of a format: the rounding error of a result too small to be normal.
func smallestError(of dtype: amp_dtype) -> Double {
  switch dtype {
  case AMP_F16: 0x1p-25
  case AMP_BF16: 0x1p-134
  default: 0x1p-150
  }
}

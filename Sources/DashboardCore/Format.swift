import Glibc

/// Numbers as text, always the same width for the same kind of number where a view asks for it.
///
/// No locale.
enum Format {
  /// A number with a fixed count of decimals: "12.50"; "nan", "inf", "-inf" for the non-finite; exponents from 1e15.
  static func fixed(_ value: Double, decimals: Int) -> String {
    guard value.isFinite else { return nonFinite(value) }
    guard abs(value) < 1e15 else { return scientific(value) }
    let places = min(max(decimals, 0), 9)
    var unit: Int = 1
    for _ in 0..<places { unit *= 10 }
    // A number with many digits before the point keeps fewer behind it, so that the product stays exact.
    guard abs(value) * Double(unit) < 9e15 else { return fixed(value, decimals: places - 1) }
    let scaled = Int((abs(value) * Double(unit)).rounded())
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard places > 0 else { return "\(sign)\(scaled)" }
    let fraction = String(scaled % unit)
    return "\(sign)\(scaled / unit)." + String(repeating: "0", count: places - fraction.count) + fraction
  }

  /// Four significant digits in at most seven characters: "0.4123", "12.35", "1235", "1.2e-05".
  static func significant(_ value: Double) -> String {
    guard value.isFinite else { return nonFinite(value) }
    let size = abs(value)
    if size == 0 { return "0.0000" }
    if size < 0.000_95 || size >= 99_999.5 { return scientific(value) }
    if size < 9.999_95 { return fixed(value, decimals: 4) }
    if size < 99.999_5 { return fixed(value, decimals: 3) }
    if size < 999.995 { return fixed(value, decimals: 2) }
    return fixed(value, decimals: size < 9999.95 ? 1 : 0)
  }

  /// A number without the zeros that say nothing: "0.05", "0.001", "2".
  static func compact(_ value: Double) -> String {
    var text = significant(value)
    guard !text.contains("e"), text.contains(".") else { return text }
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  /// Two digits and an exponent: "1.2e-05".
  static func scientific(_ value: Double) -> String {
    guard value.isFinite else { return nonFinite(value) }
    guard value != 0 else { return "0.0e+00" }
    var exponent = Int(floor(log10(abs(value))))
    // Two steps, for 10^-324 is not a double.
    var mantissa = value / pow(10, Double(exponent / 2)) / pow(10, Double(exponent - exponent / 2))
    if abs(mantissa) >= 9.95 {
      mantissa /= 10
      exponent += 1
    }
    let digits = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
    return "\(fixed(mantissa, decimals: 1))e\(exponent < 0 ? "-" : "+")\(digits)"
  }

  /// Milliseconds: "31.24", "812.4", "2150".
  static func milliseconds(_ value: Double) -> String {
    guard value.isFinite else { return nonFinite(value) }
    if abs(value) < 99.995 { return fixed(value, decimals: 2) }
    return fixed(value, decimals: abs(value) < 999.95 ? 1 : 0)
  }

  /// A share as percent: 0.869 is "86.9 %".
  static func percent(_ share: Double, decimals: Int = 1) -> String { fixed(share * 100, decimals: decimals) + " %" }

  /// Bytes with a binary unit and four or five characters of number: "41.2 MiB".
  static func bytes(_ count: Int) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var value = Double(count)
    var unit = 0
    while abs(value) >= 999.5, unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    return fixed(value, decimals: unit == 0 ? 0 : abs(value) < 9.995 ? 2 : abs(value) < 99.95 ? 1 : 0) + " "
      + units[unit]
  }

  /// A count with thin groups of three: "60 000".
  static func grouped(_ count: Int) -> String {
    let digits = Array(String(count.magnitude))
    var result = count < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { result.append(" ") }
      result.append(digit)
    }
    return result
  }

  /// A count in three digits and a unit: "1.62 M".
  static func short(_ count: Double) -> String {
    guard count.isFinite else { return nonFinite(count) }
    let units = ["", " k", " M", " G", " T", " P"]
    var value = count
    var unit = 0
    while abs(value) >= 999.5, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    return fixed(value, decimals: unit == 0 ? 0 : abs(value) < 9.995 ? 2 : abs(value) < 99.95 ? 1 : 0) + units[unit]
  }

  /// Seconds as "mm:ss", from one hour on "h:mm:ss".
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "--:--" }
    let total = Int(seconds)
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let (hours, minutes) = (total / 3600, total / 60 % 60)
    return hours > 0 ? "\(hours):\(two(minutes)):\(two(total % 60))" : "\(two(minutes)):\(two(total % 60))"
  }

  /// A loss scale: "65 536" while it is a whole number of readable size, else a power of two.
  static func scale(_ value: Double) -> String {
    guard value.isFinite else { return nonFinite(value) }
    if value >= 1, value <= 10_000_000, value == value.rounded() { return grouped(Int(value)) }
    let exponent = value > 0 ? log2(value) : 0
    return value > 0 && exponent == exponent.rounded() ? "2^\(Int(exponent))" : significant(value)
  }

  private static func nonFinite(_ value: Double) -> String { value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
}

extension String {
  /// The text with spaces before it up to a width; never cut.
  func leftPadded(_ width: Int) -> String {
    let missing = width - columns
    return missing > 0 ? String(repeating: " ", count: missing) + self : self
  }

  /// The text with spaces behind it up to a width; never cut.
  func rightPadded(_ width: Int) -> String {
    let missing = width - columns
    return missing > 0 ? self + String(repeating: " ", count: missing) : self
  }

  /// Columns that the text takes in a grid.
  ///
  /// Scalars, counted by the bytes of UTF-8 that begin one.
  var columns: Int {
    var count = 0
    for byte in utf8 where byte & 0xC0 != 0x80 { count += 1 }
    return count
  }
}

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// e to the power of x.
func exponential(_ x: Double) -> Double { exp(x) }

/// Natural logarithm of x.
func logarithm(_ x: Double) -> Double { log(x) }

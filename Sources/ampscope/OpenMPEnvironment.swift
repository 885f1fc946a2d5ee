import Glibc

/// Settings of libgomp that would put all lanes on one processor.
enum OpenMPEnvironment {
  /// With one of these, libgomp binds every lane's first thread to the first processor, and all lanes share it.
  private static let binding = ["OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY"]

  /// Starts the program again without them: libgomp reads them when it is loaded, before `main`.
  ///
  /// The lanes bind their threads themselves. Where starting again fails the program goes on as it is.
  static func restartWithoutBinding() {
    guard binding.contains(where: { getenv($0) != nil }) else { return }
    for name in binding { unsetenv(name) }
    execv("/proc/self/exe", CommandLine.unsafeArgv)
  }
}

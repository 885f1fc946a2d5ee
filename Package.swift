// swift-tools-version: 6.2
import PackageDescription

/// CI sets this: warnings are errors then.
///
/// Users with a newer compiler must not fail on its new warnings.
let isStrict = Context.environment["AMPSCOPE_STRICT"] != nil

/// The same strictness for every Swift target: what a file imports is what it names, and what it exposes is spelled out.
let strict: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
  ] + (isStrict ? [.treatAllWarnings(as: .error)] : [])

let strictC: [CSetting] = isStrict ? [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])] : []

/// C kernels are optimised in debug builds too: the tests run millions of elements through them.
///
/// SwiftPM passes -O0 first and the last flag wins. No -march and no -ffast-math, ever: the instruction set is chosen
/// at run time, and non-finite checks must see non-finite numbers.
let optimised: [CSetting] = [.unsafeFlags(["-O3"], .when(configuration: .debug))]

/// A test target of a room, with what it needs besides.
func tests(
  of room: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
  .testTarget(
    name: "\(room)Tests", dependencies: [.byName(name: room)] + dependencies, exclude: exclude,
    swiftSettings: strict)
}

/// Rooms in the order of the data, ground floor first: a target imports only targets above it in this list.
let package = Package(
  name: "ampscope",
  products: [
    .library(name: "MixedPrecision", targets: ["MixedPrecision"]),
    .executable(name: "ampscope", targets: ["ampscope"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
  ],
  targets: [
    // C: libraries behind a face that Swift can import, and our own kernels.
    .target(
      name: "CNcurses", cSettings: strictC, linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]),
    .target(name: "CDNNL", cSettings: strictC, linkerSettings: [.linkedLibrary("dnnl"), .linkedLibrary("gomp")]),
    .target(name: "CZlib", cSettings: strictC, linkerSettings: [.linkedLibrary("z")]),
    .target(name: "CCounters", cSettings: strictC),
    .target(
      name: "CKernels", cSettings: optimised + strictC,
      linkerSettings: [.linkedLibrary("gomp"), .linkedLibrary("m")]),

    // The engine.
    .target(name: "TensorCore", swiftSettings: strict),
    .target(name: "TrainingEvents", swiftSettings: strict),
    .target(name: "RunStatistics", dependencies: ["TrainingEvents"], swiftSettings: strict),
    .target(name: "GraphIR", dependencies: ["TensorCore"], swiftSettings: strict),
    .target(name: "GraphCompiler", dependencies: ["TensorCore", "GraphIR"], swiftSettings: strict),
    .target(name: "BackendAPI", dependencies: ["TensorCore", "GraphIR", "GraphCompiler"], swiftSettings: strict),
    .target(
      name: "BackendCPU",
      dependencies: ["CDNNL", "CKernels", "TensorCore", "GraphIR", "GraphCompiler", "BackendAPI"],
      swiftSettings: strict),
    .target(name: "SafetensorsFormat", swiftSettings: strict),
    .target(name: "Datasets", dependencies: ["CZlib", "TensorCore", "SafetensorsFormat"], swiftSettings: strict),
    .target(
      name: "Training",
      dependencies: [
        "TensorCore", "TrainingEvents", "RunStatistics", "GraphIR", "GraphCompiler", "BackendAPI", "SafetensorsFormat",
        "Datasets",
      ],
      swiftSettings: strict),
    .target(name: "ModelZoo", dependencies: ["TensorCore", "GraphIR", "Datasets", "Training"], swiftSettings: strict),
    .target(
      name: "Benchmarks",
      dependencies: [
        "CCounters", "TensorCore", "TrainingEvents", "RunStatistics", "GraphIR", "GraphCompiler", "BackendAPI",
        "SafetensorsFormat", "Datasets", "Training", "ModelZoo",
      ],
      swiftSettings: strict),
    .target(
      name: "PrecisionDoctor",
      dependencies: [
        "TensorCore", "TrainingEvents", "RunStatistics", "GraphIR", "GraphCompiler", "BackendAPI", "SafetensorsFormat",
        "Datasets", "Training",
      ],
      swiftSettings: strict),
    .target(
      name: "MixedPrecision",
      dependencies: [
        "TensorCore", "TrainingEvents", "RunStatistics", "GraphIR", "GraphCompiler", "BackendAPI", "BackendCPU",
        "SafetensorsFormat", "Datasets", "Training", "ModelZoo", "PrecisionDoctor",
      ],
      swiftSettings: strict),

    // The front end: sees the engine only through TrainingEvents.
    .target(
      name: "DashboardCore",
      dependencies: [
        "TrainingEvents", "RunStatistics", .product(name: "DequeModule", package: "swift-collections"),
      ],
      swiftSettings: strict),
    .target(name: "DashboardTerminal", dependencies: ["CNcurses", "DashboardCore"], swiftSettings: strict),
    .target(name: "PseudoTerminals", swiftSettings: strict),
    .executableTarget(
      name: "ampscope",
      dependencies: [
        "BackendAPI", "BackendCPU", "Benchmarks", "Datasets", "GraphCompiler", "GraphIR", "ModelZoo",
        "PrecisionDoctor", "RunStatistics", "SafetensorsFormat", "TensorCore", "Training", "TrainingEvents",
        "DashboardCore", "DashboardTerminal", "PseudoTerminals",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "TOMLKit", package: "TOMLKit"),
      ],
      swiftSettings: strict),

    // Tests, room by room. TerminalProbe misbehaves on a real pty, on demand.
    tests(of: "CKernels"),
    tests(of: "CDNNL"),
    tests(of: "TrainingEvents"),
    tests(of: "RunStatistics", ["TrainingEvents"]),
    tests(of: "GraphIR", ["TensorCore"]),
    tests(of: "GraphCompiler", ["TensorCore", "GraphIR", "BackendCPU", "BackendAPI"]),
    tests(of: "BackendAPI", ["TensorCore", "GraphIR", "GraphCompiler"]),
    .testTarget(
      name: "BackendConformanceTests",
      dependencies: ["TensorCore", "GraphIR", "GraphCompiler", "BackendAPI", "BackendCPU", "CKernels"],
      swiftSettings: strict),
    tests(of: "SafetensorsFormat", exclude: ["Fixtures"]),
    tests(of: "Datasets", ["CZlib", "TensorCore", "SafetensorsFormat"]),
    tests(
      of: "Training",
      [
        "TensorCore", "TrainingEvents", "RunStatistics", "GraphIR", "GraphCompiler", "BackendAPI", "BackendCPU",
        "CKernels", "SafetensorsFormat", "Datasets", "ModelZoo",
      ]),
    tests(of: "ModelZoo", ["TensorCore", "GraphIR", "GraphCompiler", "Datasets", "Training"]),
    tests(
      of: "Benchmarks",
      [
        "TensorCore", "TrainingEvents", "RunStatistics", "GraphIR", "GraphCompiler", "BackendAPI", "BackendCPU",
        "SafetensorsFormat", "Datasets", "Training", "ModelZoo",
      ], exclude: ["Fixtures"]),
    tests(
      of: "PrecisionDoctor",
      [
        "TensorCore", "TrainingEvents", "RunStatistics", "GraphIR", "GraphCompiler", "BackendAPI", "BackendCPU",
        "SafetensorsFormat", "Datasets", "Training",
      ]),
    tests(of: "MixedPrecision"),
    tests(of: "DashboardCore", ["TrainingEvents", "RunStatistics"], exclude: ["Snapshots"]),
    .executableTarget(
      name: "TerminalProbe", dependencies: ["DashboardCore", "DashboardTerminal"], path: "Tests/TerminalProbe",
      swiftSettings: strict),
    .target(
      name: "TerminalTesting", dependencies: ["PseudoTerminals"], path: "Tests/TerminalTesting", swiftSettings: strict),
    tests(
      of: "DashboardTerminal", ["CNcurses", "DashboardCore", "TerminalProbe", "TerminalTesting", "PseudoTerminals"]),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "ampscope", "Benchmarks", "PrecisionDoctor", "RunStatistics", "TrainingEvents", "TerminalTesting",
        "PseudoTerminals", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu11
)

// The library that a Swift user imports: everything below, and nothing of its own.
@_exported public import BackendAPI
@_exported public import BackendCPU
@_exported public import Datasets
@_exported public import GraphCompiler
@_exported public import GraphIR
@_exported public import ModelZoo
@_exported public import PrecisionDoctor
@_exported public import RunStatistics
@_exported public import SafetensorsFormat
@_exported public import TensorCore
@_exported public import Training
@_exported public import TrainingEvents

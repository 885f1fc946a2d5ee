@testable import PrecisionDoctor
import Testing

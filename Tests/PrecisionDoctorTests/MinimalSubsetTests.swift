import Testing
import TrainingEvents

@testable import PrecisionDoctor

@Suite("Delta debugging") struct MinimalSubsetTests {
  private let elements = (0..<20).map { "layer\($0)" }

  @Test("A single element that suffices is found, whichever it is")
  func single() throws {
    for culprit in elements {
      var search = MinimalSubset<String> { $0.contains(culprit) }
      #expect(try search.search(elements) == [culprit])
    }
  }

  @Test(
    "Elements that are all needed are found together", arguments: [[3, 17], [0, 1], [2, 9, 15], [0, 6, 12, 19]])
  func several(indices: [Int]) throws {
    let culprits = indices.map { "layer\($0)" }
    var tests = 0
    var search = MinimalSubset<String> {
      tests += 1
      return $0.isSuperset(of: culprits)
    }
    #expect(try search.search(elements) == culprits)
    #expect(tests < 20 * 20)
  }

  @Test("Where all are needed all are returned")
  func all() throws {
    var search = MinimalSubset<String> { $0.count == 20 }
    #expect(try search.search(elements) == elements)
  }

  @Test("Without monotony the result still passes, and no element can be left out")
  func notMonotone() throws {
    // Passes for even counts of the first ten that hold 4 and 7, and for everything.
    func test(_ set: Set<String>) -> Bool {
      if set.count == 20 { return true }
      let low = set.filter { elements.prefix(10).contains($0) }
      return low.isSuperset(of: ["layer4", "layer7"]) && low.count.isMultiple(of: 2)
    }
    var search = MinimalSubset<String>(test)
    let found = Set(try search.search(elements))
    #expect(test(found))
    for element in found { #expect(!test(found.subtracting([element]))) }
  }

  @Test("No set is tried twice")
  func once() throws {
    var seen = Set<Set<String>>()
    var search = MinimalSubset<String> { set in
      #expect(seen.insert(set).inserted)
      return set.isSuperset(of: ["layer5", "layer11"])
    }
    _ = try search.search(elements)
    #expect(seen.count > 20)
  }
}

@Suite("The search for layers") struct LayerBisectionTests {
  private func bisect(
    tolerance: Double = 0.1, _ gap: @escaping (Set<String>) throws -> Double
  ) throws -> LayerBisection {
    try LayerBisection(
      mode: .ampFP16, steps: 40, tolerance: tolerance, referenceLoss: 1, layers: ["a", "b", "c", "d", "e"], gap: gap)
  }

  @Test("Without a gap one run is enough")
  func nothing() throws {
    let found = try bisect { _ in 0.05 }
    #expect(found.verdict == .nothingToClose && found.layers.isEmpty && found.runs.count == 1)
    #expect(found.gapBefore == 0.05)
  }

  @Test("A loss below the twin's is no gap")
  func better() throws { #expect(try bisect { _ in -3 }.verdict == .nothingToClose) }

  @Test("Where every layer in fp32 does not help two runs are enough")
  func elsewhere() throws {
    let found = try bisect { $0.count == 5 ? 0.4 : .infinity }
    #expect(found.verdict == .notLayers && found.layers.isEmpty && found.runs.count == 2)
    #expect(found.gapBefore == .infinity && found.gapAfter == 0.4)
  }

  @Test("One layer: gap before and after, and the run without it")
  func one() throws {
    let found = try bisect { $0.contains("c") ? 0.01 : .infinity }
    #expect(found.verdict == .layers && found.layers == ["c"])
    #expect(found.gapBefore == .infinity && found.gapAfter == 0.01 && found.gapsWithout == ["c": .infinity])
    #expect(found.runs.map(\.layers) == [[], ["a", "b", "c", "d", "e"], ["a"], ["b"], ["c"]])
  }

  @Test("Two layers that are only good together, with the gap that each leaves")
  func two() throws {
    let found = try bisect { set in
      switch (set.contains("b"), set.contains("e")) {
      case (true, true): 0
      case (true, false): 0.5
      default: 2
      }
    }
    #expect(found.layers == ["b", "e"])
    #expect(found.gapsWithout == ["b": 2, "e": 0.5])
    #expect(Set(found.runs.map(\.layers)).count == found.runs.count, "every set is trained once")
  }

  @Test("NaN closes nothing, and what the runs throw comes through")
  func failures() throws {
    #expect(try bisect { _ in .nan }.verdict == .notLayers)
    #expect(throws: DoctorError.givenUp) { try bisect { _ in throw DoctorError.givenUp } }
  }
}

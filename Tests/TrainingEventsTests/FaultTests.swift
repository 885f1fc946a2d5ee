import Foundation
import Testing
import TrainingEvents

@Suite("Faults")
struct FaultTests {
  @Test(
    "A fault is written as it is read",
    arguments: [
      ("nan:features.0@100", Fault(.inject(.nan, tensor: "features.0"), attempt: 100)),
      ("inf:grad:head/B", Fault(.inject(.inf, tensor: "grad:head"), lane: LaneID(1))),
      ("inf:x", Fault(.inject(.inf, tensor: "x"))),
      ("lr*100.0@7/A", Fault(.learningRate(factor: 100), attempt: 7, lane: LaneID(0))),
      ("scale=65536.0@3", Fault(.scale(65536), attempt: 3)),
    ])
  func parsing(text: String, fault: Fault) throws {
    #expect(try Fault(parsing: text) == fault)
    #expect(fault.description == text)
    let data = try JSONEncoder().encode(fault)
    #expect(try JSONDecoder().decode(Fault.self, from: data) == fault)
  }

  @Test(
    "What is no fault is refused with how to write one",
    arguments: [
      "", "nan", "nan:", "zero:x", "nan:x@", "nan:x@-1", "nan:x@two", "nan:x/", "nan:x/BB", "lr*", "lr*nan",
      "lr*-1", "scale=0", "scale=inf", "scale=x",
    ])
  func refusals(text: String) {
    let error = #expect(throws: FaultError.self) { try Fault(parsing: text) }
    #expect(error?.message.contains("write nan:TENSOR@ATTEMPT") == true)
    #expect(error?.message.contains("\"\(text)\"") == true)
  }
}

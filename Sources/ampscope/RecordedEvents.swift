import Foundation
import TrainingEvents

/// Reads recorded runs.
enum RecordedEvents {
  /// Lines between two words about how far it has come.
  private static let linesBetweenReports = 20_000

  /// Reads a whole file, line by line: one of a million steps has a gigabyte, which never lies in memory at once.
  ///
  /// `progress` is told the share of the file that was read. Throws `ReplayError` that names the line where it is no
  /// event.
  static func read(path: String, progress: (_ share: Double) -> Void = { _ in }) throws -> [TrainingEvent] {
    guard let file = fopen(path, "re") else { throw unreadable(path) }
    defer { fclose(file) }
    var status = stat()
    let byteCount = fstat(fileno(file), &status) == 0 ? Double(status.st_size) : 0
    let decoder = EventLineDecoder()
    var events: [TrainingEvent] = []
    var (line, capacity): (UnsafeMutablePointer<CChar>?, Int) = (nil, 0)
    defer { free(line) }
    var (number, place) = (0, 0)
    while case let length = getline(&line, &capacity, file), length >= 0, let bytes = line {
      (number, place) = (number + 1, place + length)
      if number.isMultiple(of: linesBetweenReports), byteCount > 0 { progress(min(1, Double(place) / byteCount)) }
      // An empty line, and the last one where it ends the file.
      guard length > 1 || bytes[0] != 0x0A else { continue }
      do {
        events.append(try decoder.event(Data(bytes: bytes, count: length)))
      } catch let error as DecodingError {
        throw ReplayError(path: path, problem: "line \(number) is no event: \(ReplayError.reason(error))")
      }
    }
    guard ferror(file) == 0 else { throw unreadable(path) }
    guard case .session? = events.first?.body else {
      throw ReplayError(path: path, problem: "does not begin with a session event; record one with --jsonl")
    }
    return events
  }

  private static func unreadable(_ path: String) -> ReplayError {
    ReplayError(path: path, problem: "cannot be read; check the path and its permissions")
  }
}

/// A recorded run that cannot be played.
struct ReplayError: Error, CustomStringConvertible {
  let path: String
  let problem: String

  var description: String { "\(path): \(problem)" }

  static func reason(_ error: DecodingError) -> String {
    switch error {
    case .dataCorrupted(let context), .keyNotFound(_, let context), .typeMismatch(_, let context),
      .valueNotFound(_, let context):
      context.debugDescription
    @unknown default: "\(error)"
    }
  }
}

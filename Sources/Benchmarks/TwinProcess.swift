import Foundation
import Glibc

// @unchecked: one thread uses it at a time, and hands it on by a lock or by starting another.
/// The PyTorch process of `bench --against pytorch`: `speed_twin.py` on the other end of a socket.
///
/// One request at a time; while it waits for the next it is blocked in a read. What it prints goes to a file, whose end
/// stands in errors.
public final class TwinProcess: @unchecked Sendable {
  /// Version of PyTorch, and its number of threads, after `start`.
  public private(set) var version = ""
  private let python: String
  private let twins: String
  private let limit: Duration
  private let shouldStop: () -> Bool
  private let log: URL
  private let socket: Int32
  private let process: pid_t
  private var pending: [UInt8] = []
  private var hasEnded = false

  /// Who an error belongs to that the process reports.
  static let name = "PyTorch"
  /// The program, and what it needs beside it.
  static let files = ["speed_twin.py", "timed_twin.py", "models.py", "training.py"]

  /// Starts Python.
  ///
  /// - Parameters:
  ///   - python: path of the interpreter, or its name on PATH.
  ///   - twins: folder with the twins.
  ///   - environment: variables of the process.
  ///   - limit: how long an answer may take; compiling a network takes minutes on a busy machine.
  ///   - shouldStop: asked twice a second while an answer is awaited; true gives up.
  ///
  /// Throws `BenchmarkError` that names the option where a file is missing or the interpreter cannot be started.
  public init(
    python: String, twins: String, environment: [String: String], limit: Duration = .seconds(900),
    shouldStop: @escaping () -> Bool = { false }
  ) throws {
    for file in TwinProcess.files
    where !FileManager.default.fileExists(atPath: (twins as NSString).appendingPathComponent(file)) {
      throw BenchmarkError.badSetting(
        "--twins \(twins): \(file) is not there; run ampscope in its repository, or name the repository's folder "
          + "Tests/Reference")
    }
    let path = (twins as NSString).appendingPathComponent(TwinProcess.files[0])
    (self.python, self.twins, self.limit, self.shouldStop) = (python, twins, limit, shouldStop)
    log = FileManager.default.temporaryDirectory.appendingPathComponent("ampscope-twin-\(UUID().uuidString).log")
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw BenchmarkError.badSetting("no socket for --python \(python): \(String(cString: strerror(errno)))")
    }
    socket = ends[0]
    let started = TwinProcess.spawn([python, path], environment: environment, socket: ends[1], log: log.path)
    close(ends[1])
    guard case .success(let process) = started else {
      close(socket)
      try? FileManager.default.removeItem(at: log)
      let reason = if case .failure(let failure) = started { failure.description } else { "" }
      throw BenchmarkError.badSetting(
        "--python \(python): cannot be started (\(reason)); name the Python that PyTorch is installed in, for example "
          + ".venv/bin/python")
    }
    self.process = process
  }

  deinit { end() }

  /// Ends the process; a request then is an error.
  public func end() {
    guard !hasEnded else { return }
    hasEnded = true
    close(socket)
    // Its own group: with it goes a compiler that it may have started.
    kill(-process, SIGKILL)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    try? FileManager.default.removeItem(at: log)
  }

  /// Lets it load PyTorch for a number of threads on these processors.
  ///
  /// Throws `BenchmarkError` that names what to install where a package is missing.
  public func start(threads: Int, processors: [Int]) throws {
    let answer: TwinAnswer.Start = try ask(TwinRequest.Start(threads: threads, processors: processors))
    guard answer.threads == threads else {
      throw BenchmarkError.failed(
        name: "--python \(python)", reason: "PyTorch runs \(answer.threads) threads where \(threads) were asked for")
    }
    version = answer.torch
  }

  /// Processor time that it and its threads have used so far, in milliseconds; nil where /proc does not say.
  var processorMilliseconds: Double? {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      // The name of the program, in brackets, may hold anything.
      let fields = text.split(separator: ")").last?.split(separator: " "), fields.count > 12,
      let user = Double(fields[11]), let system = Double(fields[12])
    else { return nil }
    return (user + system) * 1000 / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// Sends a request and waits for its answer.
  ///
  /// Throws `BenchmarkError.failed` where the process answers with an error or anything else, ends or takes too long, and
  /// `BenchmarkError.givenUp`.
  func ask<Answer: Decodable>(_ request: some Encodable) throws -> Answer {
    guard !hasEnded else { throw fault("it was ended") }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    try send(Array(encoder.encode(request)) + [UInt8(ascii: "\n")])
    let line = Data(try receive())
    let decoder = JSONDecoder()
    // As Python's str writes them.
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    if let failure = try? decoder.decode(TwinAnswer.Failure.self, from: line) { throw error(for: failure) }
    do {
      return try decoder.decode(Answer.self, from: line)
    } catch {
      throw fault("it answered \"\(String(decoding: line.prefix(200), as: UTF8.self))\"")
    }
  }

  // MARK: Lines

  private func send(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw fault("it has ended") }
      rest = rest.dropFirst(count)
    }
  }

  private func receive() throws -> [UInt8] {
    let deadline = ContinuousClock.now + limit
    while true {
      if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        defer { pending.removeFirst(end + 1) }
        return Array(pending[..<end])
      }
      if shouldStop() { throw BenchmarkError.givenUp }
      guard ContinuousClock.now < deadline else { throw fault("it did not answer within \(limit)") }
      var watched = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
      guard poll(&watched, 1, 500) > 0 else { continue }
      var piece = [UInt8](repeating: 0, count: 65_536)
      let count = read(socket, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw fault("it has ended") }
      pending += piece[..<count]
    }
  }

  // MARK: Errors

  private func error(for failure: TwinAnswer.Failure) -> BenchmarkError {
    guard let package = failure.missing else { return .failed(name: TwinProcess.name, reason: failure.error) }
    let list = (twins as NSString).appendingPathComponent("requirements.txt")
    return .badSetting(
      "--python \(python): the package \(package) is not installed in it; install it with "
        + "`\(python) -m pip install -r \(list)`, or name another Python")
  }

  private func fault(_ text: String) -> BenchmarkError {
    let said = ((try? String(contentsOf: log, encoding: .utf8)) ?? "").split(separator: "\n").suffix(3)
    let tail = said.isEmpty ? "" : ": " + said.joined(separator: " / ")
    return .failed(name: "--python \(python)", reason: text + tail)
  }
}

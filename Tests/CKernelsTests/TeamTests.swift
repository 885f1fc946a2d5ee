import CKernels
import Foundation
import Testing

extension KernelTests {
  @Suite("Team and dispatch")
  struct Team {
    /// How often each of eight indices ran, and what every member said about itself.
    ///
    /// Members write side by side.
    struct Record {
      let runs = Record.slots(Int32(0))
      let counts = Record.slots(Int32(0))
      let answers = Record.slots(-1)

      static func slots<Value>(_ value: Value) -> UnsafeMutableBufferPointer<Value> {
        let slots = UnsafeMutableBufferPointer<Value>.allocate(capacity: 8)
        slots.initialize(repeating: value)
        return slots
      }

      func deallocate() {
        runs.deallocate()
        counts.deallocate()
        answers.deallocate()
      }
    }

    @Test("Every index runs once and knows the count")
    func indices() {
      for threads: Int32 in [-1, 0, 1, 2, 5] {
        var record = Record()
        defer { record.deallocate() }
        amp_parallel(
          threads,
          { context, index, count in
            guard let record = context?.assumingMemoryBound(to: Record.self) else { return }
            record.pointee.runs[Int(index)] += 1
            record.pointee.counts[Int(index)] = count
          }, &record)
        let expected = Int(max(1, threads))
        #expect(Array(record.runs) == (0..<8).map { $0 < expected ? 1 : 0 }, "\(threads)")
        #expect(record.counts.prefix(expected).allSatisfy { $0 == Int32(expected) }, "\(threads)")
      }
    }

    @Test("In a nested call, where the runtime grants no second thread, every index still runs once")
    func nestedIndices() {
      var record = Record()
      defer { record.deallocate() }
      amp_parallel(
        2,
        { context, index, _ in
          guard index == 0 else { return }
          amp_parallel(
            5,
            { context, index, _ in
              context?.assumingMemoryBound(to: Record.self).pointee.runs[Int(index)] += 1
            }, context)
        }, &record)
      #expect(Array(record.runs) == [1, 1, 1, 1, 1, 0, 0, 0])
    }

    @Test("The team size is a setting of the calling thread")
    func teamSize() {
      let record = Team.onOwnThread { context in
        let record = context?.assumingMemoryBound(to: Record.self)
        guard let symbol = dlsym(nil, "omp_get_max_threads") else { return nil }
        let largestTeam = unsafeBitCast(symbol, to: (@convention(c) () -> Int32).self)
        for (index, size) in [3, 1, 0].enumerated() {
          amp_set_team_size(Int32(size))
          record?.pointee.counts[index] = largestTeam()
        }
        return nil
      }
      defer { record.deallocate() }
      #expect(Array(record.counts.prefix(3)) == [3, 1, 1])
    }

    @Test("A kernel set that the processor lacks is refused and changes nothing")
    func selection() {
      defer { amp_select_kernels(amp_best_isa()) }
      #expect(amp_select_kernels(AMP_ISA_REFERENCE))
      #expect(amp_selected_isa() == AMP_ISA_REFERENCE)
      #expect(!amp_select_kernels(amp_isa(rawValue: 77)))
      #expect(amp_selected_isa() == AMP_ISA_REFERENCE)
      #expect(amp_select_kernels(amp_best_isa()))
      #expect(amp_selected_isa() == amp_best_isa())
    }

    @Test("The best set is one whose instructions the processor reports")
    func detection() {
      let cpu = amp_detect_cpu()
      switch amp_best_isa() {
      case AMP_ISA_AVX512: #expect(cpu.avx512f && cpu.avx512bw && cpu.avx512vl && cpu.f16c)
      case AMP_ISA_AVX2: #expect(cpu.avx2 && cpu.fma && cpu.f16c)
      default: #expect(!(cpu.avx2 && cpu.fma && cpu.f16c))
      }
    }

    @Test("Subnormals are flushed on every member and come back")
    func flushing() {
      /// 2^-130 halved on each member, as bits.
      func halves(_ threads: Int32) -> [Int] {
        var record = Record()
        defer { record.deallocate() }
        amp_parallel(
          threads,
          { context, index, _ in
            guard let record = context?.assumingMemoryBound(to: Record.self) else { return }
            // Read from memory, so that the processor and not the compiler multiplies.
            let half = Float(bitPattern: 0x0008_0000) * Float(record.pointee.runs[7] + 1) * 0.5
            record.pointee.answers[Int(index)] = Int(half.bitPattern)
          }, &record)
        return Array(record.answers.prefix(Int(threads)))
      }
      for threads: Int32 in [1, 2] {
        amp_flush_denormals(threads, true)
        #expect(halves(threads).allSatisfy { $0 == 0 }, "\(threads)")
        amp_flush_denormals(threads, false)
        #expect(halves(threads).allSatisfy { $0 == 0x0004_0000 }, "\(threads)")
      }
    }

    /// Runs `body` on a thread of its own, whose priority and placement may change for good.
    ///
    /// The caller deallocates the record.
    static func onOwnThread(_ body: @escaping @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?)
      -> Record
    {
      var record = Record()
      withUnsafeMutablePointer(to: &record) { pointer in
        var thread = pthread_t()
        guard pthread_create(&thread, nil, body, pointer) == 0 else { return }
        pthread_join(thread, nil)
      }
      return record
    }

    /// Nice value of the calling thread.
    static func niceValue() -> Int { Int(getpriority(Int32(PRIO_PROCESS.rawValue), 0)) }

    /// The processors that the calling thread may run on, as the kernel lists them: "0-3,8".
    static func allowedProcessors() -> String {
      let status = (try? String(contentsOfFile: "/proc/thread-self/status", encoding: .utf8)) ?? ""
      let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
      return line.map { $0.dropFirst("Cpus_allowed_list:".count).trimmingCharacters(in: .whitespaces) } ?? ""
    }

    static func firstProcessor(of list: String) -> Int32 { Int32(list.prefix { $0.isNumber }) ?? -1 }

    @Test("Every member of the team takes the nice value, and no other thread does")
    func niceness() {
      let before = Team.niceValue()
      let record = Team.onOwnThread { context in
        let record = context?.assumingMemoryBound(to: Record.self)
        record?.pointee.counts[0] = amp_nice_team(2, Int32(min(19, Team.niceValue() + 5)))
        amp_parallel(
          2,
          { context, index, _ in
            let record = context?.assumingMemoryBound(to: Record.self)
            record?.pointee.answers[Int(index)] = Team.niceValue()
          }, context)
        return nil
      }
      defer { record.deallocate() }
      #expect(record.counts[0] == 0)
      #expect(Array(record.answers.prefix(2)) == [min(19, before + 5), min(19, before + 5)])
      #expect(Team.niceValue() == before)
    }

    @Test("Every member of the team is bound to the processor given; one that cannot be is an error")
    func binding() {
      let record = Team.onOwnThread { context in
        let record = context?.assumingMemoryBound(to: Record.self)
        let target = Team.firstProcessor(of: Team.allowedProcessors())
        record?.pointee.counts[0] = amp_bind_team(2, [target], 1)
        record?.pointee.counts[1] = amp_bind_team(1, [-1], 1)
        record?.pointee.counts[2] = amp_bind_team(1, [1 << 20], 1)
        record?.pointee.counts[3] = amp_bind_team(1, [], 0)
        record?.pointee.counts[4] = target
        amp_parallel(
          2,
          { context, index, _ in
            let record = context?.assumingMemoryBound(to: Record.self)
            let processors = Team.allowedProcessors()
            let answer = Int(processors) ?? -2
            record?.pointee.answers[Int(index)] = answer
          }, context)
        return nil
      }
      #expect(Array(record.counts.prefix(4)) == [0, EINVAL, EINVAL, EINVAL])
      #expect(record.answers.prefix(2).allSatisfy { $0 == Int(record.counts[4]) })
    }

    /// The first two numbers of a kernel list such as "0-3,8"; the first one twice where there is no second.
    static func firstTwoProcessors(of list: String) -> [Int32] {
      let numbers = list.split(separator: ",").flatMap { part -> [Int32] in
        let ends = part.split(separator: "-").compactMap { Int32($0) }
        return ends.count == 2 ? Array(ends[0]...ends[1]) : ends
      }
      return [numbers.first ?? -1, numbers.dropFirst().first ?? numbers.first ?? -1]
    }

    @Test("Each member gets a processor of its own where there are enough")
    func apart() {
      let record = Team.onOwnThread { context in
        let record = context?.assumingMemoryBound(to: Record.self)
        let targets = Team.firstTwoProcessors(of: Team.allowedProcessors())
        record?.pointee.counts[0] = targets.withUnsafeBufferPointer { amp_bind_team(2, $0.baseAddress, 2) }
        record?.pointee.counts[1] = targets[0]
        record?.pointee.counts[2] = targets[1]
        amp_parallel(
          2,
          { context, index, _ in
            let record = context?.assumingMemoryBound(to: Record.self)
            record?.pointee.answers[Int(index)] = Int(Team.allowedProcessors()) ?? -2
          }, context)
        return nil
      }
      #expect(record.counts[0] == 0)
      #expect(Array(record.answers.prefix(2)) == [Int(record.counts[1]), Int(record.counts[2])])
    }
  }
}

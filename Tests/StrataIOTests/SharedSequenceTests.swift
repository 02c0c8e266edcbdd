import SystemPackage
import TestSupport
import Testing

@testable import StrataIO

/// The counter that processes share, mapped and where nothing can be mapped.
@Suite struct SharedSequenceTests {
    /// Runs `body` where the file can be mapped, or not for `refusal`.
    private func with(_ refusal: Errno?, _ path: FilePath, _ body: () throws -> Void) throws {
        guard let refusal else { return try body() }
        let plan = DiskFaults.Plan(under: path, operations: [.map], at: 1, .fail(refusal), persistent: true)
        try DiskFaults.with(plan) { session in
            try body()
            #expect(session.count > 1)
        }
    }

    @Test(arguments: [nil, Errno.operationNotSupportedByDevice, .invalidArgument, .permissionDenied])
    func allSeeTheSameNumber(_ refusal: Errno?) throws {
        let directory = try TemporaryDirectory()
        let path = directory.appending("sequence")
        try with(refusal, path) {
            #expect(try SharedSequence(path) == nil)
            try SharedSequence.make(path, by: directory.appending("new"), sharing: .umask)
            let (one, other) = (try #require(try SharedSequence(path)), try #require(try SharedSequence(path)))
            var seen: Set<UInt64> = [try one.value()]
            for round in 1...20 {
                try (round % 2 == 0 ? one : other).count()
                #expect(try seen.insert(one.value()).inserted && one.value() == other.value())
            }
            #expect(try one.isCurrent() && other.isWritable && !other.isPoisoned)
            // On a busy machine the pause may be over before it is waited for, or seem long.
            let waited = (0..<20).lazy.map { _ in
                one.askForPause(nanoseconds: 20_000_000)
                return ContinuousClock().measure { other.waitForPause() }
            }
            #expect(waited.contains { $0 > .milliseconds(1) && $0 < .milliseconds(500) })
            // Cut short under all who have it.
            try Disk.truncate(path, to: 0)
            _ = try other.value()
            #expect(try other.isPoisoned && !other.isCurrent())
            #expect(throws: FileError.self) { try one.count() }
            try SharedSequence.make(path, by: directory.appending("new"), sharing: .umask)
            #expect(try SharedSequence(path)?.isCurrent() == true && one.isCurrent() == false)
        }
    }

    /// Other reasons are none to go on without.
    @Test func whatElseFailsIsAnError() throws {
        let directory = try TemporaryDirectory()
        let path = directory.appending("sequence")
        try SharedSequence.make(path, by: directory.appending("new"), sharing: .umask)
        for (operation, errno) in [(FileOperation.map, Errno.noMemory), (.open, .tooManyOpenFiles), (.read, .ioError)] {
            let plan = DiskFaults.Plan(under: path, operations: [operation], at: 1, .fail(errno))
            #expect(throws: FileError(operation, path, errno)) {
                try DiskFaults.with(plan) { _ in try SharedSequence(path)?.isCurrent() }
            }
        }
    }

    /// Readers may hold on to the file that was there before: who counts in the new one waits for them, once.
    @Test func aFileInThePlaceOfAnotherCountsLater() throws {
        let directory = try TemporaryDirectory()
        let path = directory.appending("sequence")
        // Tried again: on a busy machine anything may take so long once.
        var counted: [Duration] = []
        repeat {
            try Disk.unlinkIfPresent(path)
            try SharedSequence.make(path, by: directory.appending("new"), sharing: .umask)
            let fresh = try #require(try SharedSequence(path))
            counted.append(try ContinuousClock().measure { try fresh.count() })
        } while counted.last.map { $0 >= .milliseconds(80) } ?? false && counted.count < 20
        #expect(counted.contains { $0 < .milliseconds(80) }, "\(counted)")
        let first = try #require(try SharedSequence(path))
        try SharedSequence.make(path, by: directory.appending("new"), sharing: .umask, replacing: true)
        #expect(try !first.isCurrent())
        let (second, third) = (try #require(try SharedSequence(path)), try #require(try SharedSequence(path)))
        let start = ContinuousClock.now
        try concurrently(2) { number in try (number == 0 ? second : third).count() }
        #expect(ContinuousClock.now - start >= .milliseconds(SharedSequence.validity))
        let again = try (0..<5).map { _ in try ContinuousClock().measure { try third.count() } }
        #expect(again.contains { $0 < .milliseconds(80) })
    }
}

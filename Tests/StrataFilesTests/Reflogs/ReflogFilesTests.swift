import StrataIO
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataFiles

/// Reflog files beside git: what one writes the other reads.
@Suite struct ReflogFilesTests {
    private let main = RefName.known("refs/heads/main")

    private func entries(_ logs: ReflogFiles, _ name: RefName, newestFirst: Bool = false) throws -> [ReflogEntry] {
        var entries: [ReflogEntry] = []
        try logs.read(name, newestFirst: newestFirst) { (entry) throws(RefError) in
            entries.append(entry)
            return true
        }
        return entries
    }

    @Test func readsWhatGitWrites() throws {
        let repository = try LooseRepository()
        for target in ["HEAD~1", "main@{1}", "HEAD~1", "main@{1}"] {
            try repository.git("reset", "-q", "--soft", target)
        }
        let logs = repository.store().logs
        for name in [main, RefName.head] {
            let ours = try entries(logs, name, newestFirst: true).map {
                "\($0.new) \(String(decoding: $0.committer.name, as: UTF8.self)) "
                    + "<\(String(decoding: $0.committer.email, as: UTF8.self))> \(String(decoding: $0.message, as: UTF8.self))"
            }
            let theirs = try repository.git("reflog", "show", "--format=%H %gn <%ge> %gs", name.description)
            #expect(ours.joined(separator: "\n") == theirs)
            #expect(try entries(logs, name) == entries(logs, name, newestFirst: true).reversed())
        }
        #expect(try logs.names() == [.head, main])
        #expect(try logs.exists(main) && !logs.exists(.known("refs/heads/none")) && !logs.exists(.known("refs/heads")))
    }

    /// Lines that git passes over, one by one, between two that it reads.
    @Test func passesOverWhatGitDoes() throws {
        let repository = try LooseRepository()
        let (one, two) = (repository.first, repository.second)
        let good = "\(one) \(two) N <e@x> 1112911993 +0100\tfirst\n"
        let lines = [
            "\(one) \(two) N <e@x> 0 +0100\tzero time\n", "\(one) \(two) N <e@x> 12 0100\tno sign\n",
            "\(one) \(two) N <e@x> 12 +010\tshort zone\n", "\(one) \(two) N e@x 12 +0100\tno mail\n",
            "\(one) \(two)\n", "\(one)\n", "\n", "junk\n", "\(one)  \(two) N <e@x> 12 +0100\ttwo blanks\n",
            "\(one) \(two) N <e@x>12 +0100\tno blank\n", "\(one) \(two) <> 12 -0030\tnobody\n",
            "\(one) \(two) N <e@x> 12 +0100\n", "\(one) \(two) N <e@x> 12 +0100 no tab\n",
            "\(one) \(two) N <e@x>  12 +0100\tmore blanks\n", "\(one) \(two) N> 12 +0100\thalf a mail\n",
            "\(one.hex.uppercased()) \(two) N <e@x> 12 +0100\tcapitals\n", "\(one) \(two) N <e@x> x12 +0100\tno time\n",
            "\(one) \(two) N <e@x> 99999999999999999999999 +0100\tlong ago\n", "\(one) \(two) N <e@x> 12 +0100\t\n",
            "\(one) \(two) N <e@x> 12 +0100\ta\tb\n", "0\(one) \(two) N <e@x> 12 +0100\tlong id\n",
        ]
        let logs = repository.store().logs
        for line in lines {
            try repository.write(
                "logs/refs/heads/main", good + line + good + "\(one) \(two) N <e@x> 12 +0100\tno line feed")
            let theirs = try repository.git("reflog", "show", "--format=%gs|", "main")
            let ours = try entries(logs, main, newestFirst: true).map {
                String(decoding: $0.message, as: UTF8.self) + "|"
            }
            #expect(ours.joined(separator: "\n") == theirs, "\(line)")
        }
    }

    @Test func appendsAsGitDoes() throws {
        let repository = try LooseRepository()
        let logs = repository.store().logs
        let name = RefName.known("refs/x/y/z")
        let entry = ReflogEntry(
            old: .zero(.sha1), new: repository.first, committer: LooseRepository.committer, message: Array("hello".utf8)
        )
        try logs.append([entry], to: name, creates: false)
        #expect(try !logs.exists(name))
        try logs.append([entry, entry], to: name, creates: true)
        try logs.append([entry], to: name, creates: false)
        let line = "\(entry.old) \(entry.new) C O Mitter <committer@example.com> 1112911993 -0700\thello\n"
        #expect(try repository.text("logs/refs/x/y/z") == line + line + line)
        #expect(try entries(logs, name) == [entry, entry, entry])
        try logs.create(name)
        #expect(try entries(logs, name).count == 3)
        try logs.delete(name)
        try logs.delete(name)
        #expect(try !logs.exists(name) && !repository.exists("logs/refs/x/y"))
        try logs.create(name)
        #expect(try repository.git("reflog", "exists", "refs/x/y/z") == "" && logs.exists(name))
        // No message can make two lines of one.
        var odd = entry
        odd.message = Array("two\nlines\0".utf8)
        try logs.append([odd], to: name, creates: false)
        #expect(try entries(logs, name).map(\.message) == [Array("two lines ".utf8)])
    }

    @Test func expires() throws {
        let repository = try LooseRepository()
        let (one, two) = (repository.first, repository.second)
        let ids = [ObjectID.zero(.sha1), one, two, one, two]
        let lines = (0..<4).map { "\(ids[$0]) \(ids[$0 + 1])  N  <e@x> \($0 + 1) +0000\tm\($0)\n" }
        let logs = repository.store().logs
        func keep(_ numbers: Set<Int64>, rewrite: Bool) throws -> Int {
            try repository.write("logs/refs/heads/main", lines.joined())
            return try logs.expire(main, rewrite: rewrite) { (entry) throws(RefError) in
                numbers.contains(entry.committer.seconds)
            }
        }
        #expect(try keep([2, 4], rewrite: false) == 2)
        #expect(try repository.text("logs/refs/heads/main") == lines[1] + lines[3])
        #expect(try keep([2, 4], rewrite: true) == 2)
        let zero = ObjectID.zero(.sha1).hex
        #expect(
            try repository.text("logs/refs/heads/main")
                == zero + lines[1].dropFirst(40) + two.hex + lines[3].dropFirst(40))
        let inode = { try FileStat.stat(repository.path("logs/refs/heads/main"))?.inode }
        try repository.write("logs/refs/heads/main", lines.joined())
        let before = try inode()
        #expect(try keep([1, 2, 3, 4], rewrite: true) == 0)
        #expect(try inode() == before, "rewritten for nothing")
        #expect(try keep([], rewrite: false) == 4)
        #expect(try repository.text("logs/refs/heads/main") == "" && logs.exists(main))
        #expect(try logs.expire(.known("refs/heads/none"), rewrite: false) { (_) throws(RefError) in false } == 0)
        #expect(repository.tree("logs").filter { $0.hasSuffix(".lock") } == [])

        try repository.write("logs/refs/heads/main", lines.joined())
        try repository.write("logs/refs/heads/main.lock", "")
        #expect {
            try repository.store(timeout: 0).logs.expire(main, rewrite: false) { (_) throws(RefError) in false }
        } throws: {
            ($0 as? RefError)?.code == .locked
        }
        #expect(try repository.text("logs/refs/heads/main") == lines.joined())
    }

    /// At whatever call expiring fails, the error names the log and the call that failed, and the log is whole.
    @Test(arguments: [Durability.none, .full]) func aFailedExpiryNamesFileAndCause(_ durability: Durability) throws {
        let repository = try LooseRepository()
        let store = repository.store(durability: durability)
        let log = repository.path("logs/refs/heads/main")
        let old = try readFile(log)
        func expire() throws(RefError) {
            try store.logs.expire(main, rewrite: false) { (_) throws(RefError) in false }
        }
        let count = try DiskFaults.with(.init(under: repository.gitDirectory)) { session in
            try expire()
            return session.count
        }
        let new = try readFile(log)
        #expect(old != new)
        var failures = 0
        for number in 1...count {
            try Disk.replace(log, with: old ?? [], durability: .none)
            let plan = DiskFaults.Plan(under: repository.gitDirectory, at: number, .fail(.ioError))
            let (error, calls) = DiskFaults.with(plan) { session -> (RefError?, [DiskCall]) in
                do throws(RefError) { try expire() } catch { return (error, session.trace) }
                return (nil, session.trace)
            }
            // Not those of the first time, when there was more to make.
            guard calls.count >= number else { continue }
            let call = calls[number - 1]
            let found = try readFile(log)
            guard let error else {
                #expect(found == new, "\(call)")
                continue
            }
            failures += 1
            #expect(error.code == .unavailable && error.reference == main && error.path == log.string, "\(call)")
            let cause = Self.fileError(beneath: error)
            // What links the lock is told as its making.
            let operation = call.operation == .link ? .create : call.operation
            #expect(cause?.errno == .ioError && cause?.operation == operation, "\(call): \(error)")
            let isLate = call.operation == .syncDirectory && error.message.contains("may not survive")
            #expect(found == (isLate ? new : old), "\(call): \(error)")
        }
        #expect(failures > 2)
    }

    private static func fileError(beneath error: RefError) -> FileError? {
        if case .file(_, let error)? = error.cause as? LockError { return error }
        return error.cause as? FileError
    }

    @Test func sharesWithTheGroup() throws {
        let repository = try LooseRepository()
        let store = LooseRefStore(
            directory: repository.gitDirectory, hashAlgorithm: .sha1,
            locks: LockSpace(
                directory: repository.path("strata"), sharing: .adding(FilePermissions(rawValue: 0o660))))
        try repository.submit(
            .create(.known("refs/x/y/z"), at: repository.first), on: store,
            {
                var context = LooseRepository.context
                context.reflogs = .always
                return context
            }())
        for name in ["refs/x/y/z", "logs/refs/x/y/z"] {
            #expect(try (FileStat.stat(repository.path(name))?.permissions.rawValue ?? 0) & 0o660 == 0o660, "\(name)")
        }
        for name in ["refs/x/y", "logs/refs/x"] {
            #expect(try (FileStat.stat(repository.path(name))?.permissions.rawValue ?? 0) & 0o2770 == 0o2770, "\(name)")
        }
    }
}

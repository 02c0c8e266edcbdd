import Glibc
import StrataIO
import StrataLMDB
import StrataModel
import StrataRefs
import SystemPackage

/// database <directory> <writer>: sets three references to one number after the other, each time in one transaction, and says each number
/// that was acknowledged, until it is killed.
func writeDatabase(_ arguments: [String]) throws -> Int32 {
    let store = LMDBRefStore(
        try LMDBEnvironment.open(FilePath(arguments[0]), LMDBOptions()), lockTimeout: 10_000)
    let who = Signature(name: Array("A".utf8), email: Array("a@example.com".utf8), seconds: 1, offsetMinutes: 0)
    let context = RefTransactionContext(reflogs: .always) { who }
    let names = try ["a", "b", "c"].map { try RefName("refs/heads/\(arguments[1])/\($0)") }
    var number = try store.snapshot().objectID(of: names[0]).flatMap { Int($0.hex, radix: 16) } ?? 0
    while number < 1 << 40 {
        number += 1
        let digits = String(number, radix: 16)
        let hex = String(repeating: "0", count: 40 - digits.count) + digits
        guard let id = ObjectID(hex: hex) else { return 1 }
        try store.commit(RefTransaction(names.map { .update($0, to: id, message: "to \(number)") }), context)
        say("\(number)")
    }
    return 0
}

/// snapshots <directory> <readers> <count>: opens a database whose lock table is for so many, holds so many snapshots, says so, and waits.
func holdSnapshots(_ arguments: [String]) throws -> Int32 {
    var options = LMDBOptions()
    options.creates = true
    options.readers = Int(arguments[1]) ?? 0
    let store = LMDBRefStore(try LMDBEnvironment.open(FilePath(arguments[0]), options))
    let snapshots = try (0..<(Int(arguments[2]) ?? 0)).map { _ in try store.snapshot() }
    say("held")
    while readLine() != nil {}
    withExtendedLifetime(snapshots) {}
    return 0
}

/// use <directory> <user> read|write|create|only-read [<bytes>]: uses a database as that user (0 = the one that this is), writing a message of so many bytes.
/// Says `done`, or what the error's cause is.
func useDatabase(_ arguments: [String]) throws -> Int32 {
    let user = uid_t(arguments[1]) ?? 0
    if user != 0, setgroups(0, nil) != 0 || setgid(user) != 0 || setuid(user) != 0 { throw Errno(rawValue: errno) }
    do throws(RefError) {
        var options = LMDBOptions()
        options.creates = arguments[2] == "create"
        options.isReadOnly = arguments[2] == "only-read"
        options.reservation = 1 << 20
        let store = LMDBRefStore(try LMDBEnvironment.open(FilePath(arguments[0]), options), lockTimeout: 5_000)
        let name = RefName.head
        _ = try store.snapshot().read(name)
        if arguments[2].hasSuffix("read") {
            say("done")
            return 0
        }
        let message = String(repeating: "m", count: arguments.count > 3 ? Int(arguments[3]) ?? 0 : 0)
        let who = Signature(name: Array("A".utf8), email: Array("a@example.com".utf8), seconds: 1, offsetMinutes: 0)
        // Another than before.
        let digits = String(getpid(), radix: 16)
        guard let id = ObjectID(hex: String(repeating: "5", count: 40 - digits.count) + digits),
            let branch = try? RefName("refs/heads/used")
        else { return 1 }
        try store.commit(
            RefTransaction([.update(branch, to: id, message: message)]), RefTransactionContext(reflogs: .always) { who }
        )
        say("done")
    } catch {
        say(error.path == nil ? "no path" : error.cause.map { "\($0)" } ?? "no cause")
    }
    return 0
}

/// own <common dir> <n> before|after: writes a reference of the linked worktree `w`, and is stopped at the n-th change of its directory; 0 = not at all.
func writeOwn(_ common: FilePath, stopAt call: Int, isAfter: Bool) throws {
    let worktree = common.appending("worktrees/w")
    let store = LMDBRefStore(
        try LMDBEnvironment.open(common.appending("lmdb"), LMDBOptions()), worktree: Array("w".utf8),
        worktreeDirectory: worktree, lockTimeout: 10_000)
    let session = DiskFaults.install(.init(under: worktree, at: call, isAfter ? .stopAfter : .stopBefore))
    defer { session.remove() }
    guard let id = ObjectID(hex: String(repeating: "7", count: 40)) else { return }
    try store.commit(RefTransaction([.update(RefName("refs/worktree/written"), to: id)]))
    say("calls \(session.count)")
}

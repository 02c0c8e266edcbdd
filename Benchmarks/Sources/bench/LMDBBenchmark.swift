import CLMDBProbe
import Glibc
import StrataIO
import StrataLMDB
import StrataModel
import StrataObjects
import StrataRefs
import Synchronization
import SystemPackage

/// The LMDB store beside a C program on the same library that does the same gets, looks at neighbours and puts, and git's reftable.
///
/// In memory (`/dev/shm`): what is measured is the work, not the disk. The last table is on disk.
enum LMDBBenchmark {
    static func run() throws {
        let count = 1_000_000
        let place = try Scratch(in: "/dev/shm")
        // Before all else: so they lie in memory in their order, for Strata as for C.
        let (many, single) = (fresh(100_000, "many"), fresh(1000, "single"))
        let names = PackedRefsFile.names(count)
        let all = Names(names)
        let c = try Probe(place.path.appending("c"))
        let (environment, store) = try open(place.path.appending("strata"))
        unsafe try c.check(all.with { unsafe lmdb_probe_create(c.probe, $0, 0, 0) })
        try create(all.names, in: store)
        let sizes = (size(place.path.appending("c")), size(place.path.appending("strata")))
        print("\n\(count) references take \(sizes.0 >> 20) MiB in C, \(sizes.1 >> 20) MiB in Strata")
        try reads(c, store, all)
        try writes(c, store, many, single)
        try reftable(place)
        withExtendedLifetime(environment) {}
        try durable()
    }

    private static func open(_ directory: FilePath) throws -> (LMDBEnvironment, LMDBRefStore) {
        var options = LMDBOptions()
        options.creates = true
        let environment = try LMDBEnvironment.open(directory, options)
        return (environment, LMDBRefStore(environment))
    }

    private static func size(_ directory: FilePath) -> Int64 {
        (try? FileStat.stat(directory.appending("data.mdb")))??.size ?? 0
    }

    // MARK: Reading

    private static func reads(_ c: Probe, _ store: LMDBRefStore, _ all: Names) throws {
        let wanted = Names((0..<100_000).map { _ in all.names[Int.random(in: 0..<all.names.count)] })
        // Allocated anew in the order in which they are looked up, as C's are, and as those are that a request brings.
        let refNames = try wanted.names.map { try RefName(bytes: $0.map { $0 }) }
        let scattered = Scattered(wanted.names)
        let snapshot = try store.snapshot()
        var (sums, found) = ([UInt64](repeating: 0, count: 4), 0)
        try Comparison(
            rounds: 9, units: refNames.count,
            [
                Way("C, mdb_get") {
                    try c.check(unsafe lmdb_probe_get(c.probe, scattered.pointers, refNames.count, &sums[0]))
                },
                Way("Strata, one snapshot") {
                    for name in refNames { if try snapshot.read(name) != nil { found += 1 } }
                },
                Way("Strata, a snapshot each") {
                    for name in refNames { if try store.snapshot().read(name) != nil { found += 1 } }
                },
            ]
        ).print("lookup among \(all.names.count), a reference")
        guard found == 20 * refNames.count else { throw Mismatch() }
        var records = 0
        try Comparison(
            rounds: 9, units: all.names.count,
            [
                Way("C, mdb_cursor_get") { try c.check(unsafe lmdb_probe_scan(c.probe, "", &sums[0], &records)) },
                Way("Strata, cursor") { sums[1] = try walk(snapshot, RefScope.all) },
            ]
        ).print("scan of all, a reference")
        let prefix = "refs/pull/00050"
        var (inC, inStrata) = (0, 0)
        try Comparison(
            rounds: 50, units: 1,
            [
                Way("C") { try c.check(unsafe lmdb_probe_scan(c.probe, prefix, &sums[0], &inC)) },
                Way("Strata, with a snapshot") {
                    var cursor = try store.snapshot().cursor(over: RefScope(prefix: Array(prefix.utf8)))
                    inStrata = 0
                    while try cursor.next() != nil { inStrata += 1 }
                },
            ]
        ).print("list of the names below \(prefix)")
        guard inC == inStrata else { throw Mismatch() }
        print("  (\(inC) names)")
    }

    private static func walk(_ snapshot: any RefSnapshot, _ scope: RefScope) throws -> UInt64 {
        var (cursor, sum): (any RefCursor, UInt64) = (try snapshot.cursor(over: scope), 0)
        while let view = try cursor.next() { add(view, to: &sum) }
        return sum
    }

    /// What the C program does with a record.
    private static func add(_ view: RefView, to sum: inout UInt64) {
        let word = unsafe UnsafeRawBufferPointer(view.valueBuffer).loadUnaligned(as: UInt64.self)
        sum = (sum ^ word) &* 31 &+ UInt64(view.name.count)
    }

    // MARK: Writing

    private static let rounds = 5

    /// Names to be created, for each round.
    private static func fresh(_ count: Int, _ what: String) -> [Names] {
        (0...rounds).map { round in
            Names((0..<count).map { Array("refs/changes/\(what)-\(round)/\($0 + 1_000_000)".utf8) })
        }
    }

    private static func writes(_ c: Probe, _ store: LMDBRefStore, _ many: [Names], _ single: [Names]) throws {
        var (i, j) = (0, 0)
        try Comparison(
            rounds: rounds, units: 100_000,
            [
                Way("C, get, neighbour, put") {
                    unsafe try c.check(many[i].with { unsafe lmdb_probe_create(c.probe, $0, 0, 0) })
                    i += 1
                },
                Way("Strata, no objects, no reflogs") {
                    try create(many[j].names, in: store)
                    j += 1
                },
            ]
        ).print("100,000 created in one transaction, a reference")
        (i, j) = (0, 0)
        try Comparison(
            rounds: rounds, units: 1000,
            [
                Way("C") {
                    unsafe try c.check(single[i].with { unsafe lmdb_probe_create(c.probe, $0, 1, 0) })
                    i += 1
                },
                Way("Strata") {
                    for name in single[j].names { try create([name], in: store) }
                    j += 1
                },
            ]
        ).print("1000 transactions of one reference each")
        (i, j) = (0, 0)
        let gone = many.map { Names(Array($0.names.prefix(10_000))) }
        try Comparison(
            rounds: rounds, units: 1,
            [
                Way("C, get, delete") {
                    unsafe try c.check(gone[i].with { unsafe lmdb_probe_delete(c.probe, $0) })
                    i += 1
                },
                Way("Strata") {
                    let edits = try gone[j].names.map { RefEdit(try RefName(bytes: $0), .delete) }
                    try store.commit(RefTransaction(edits))
                    j += 1
                },
            ]
        ).print("10,000 deleted in one transaction")
    }

    private static func create(_ names: [[UInt8]], in store: LMDBRefStore) throws {
        let id = ObjectID(hex: "0123456789012345678901234567890123456789")!
        try store.commit(
            RefTransaction(
                try names.map { RefEdit(try RefName(bytes: $0), .write(.object(id)), expecting: .mustNotExist) }))
    }

    /// With objects checked and reflogs written, beside git's reftable through `update-ref --stdin`.
    private static func reftable(_ place: Scratch) throws {
        let repository = place.path.appending("reftable")
        do {
            try Git.run(["init", "-q", "--bare", "--ref-format=reftable", repository.string])
        } catch {
            return print("\nthis git has no reftable: set STRATA_GIT to one that has")
        }
        let content = place.path.appending("commit")
        let text =
            "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor a <a@b> 1 +0000\ncommitter a <a@b> 1 +0000\n\nx\n"
        try Disk.replace(content, with: Array(text.utf8), durability: .none)
        try Git.run(["-C", repository.string, "hash-object", "-w", "-t", "tree", "/dev/null"])
        try Git.run(["-C", repository.string, "hash-object", "-w", "-t", "commit", content.string])
        let id = ObjectID(hex: "9eb2bccaf6cd9e452d709549165cbd1b64437c06")!
        let (environment, store) = try open(place.path.appending("beside"))
        let objects = FilesObjectStore(
            objectDirectory: repository.appending("objects"), algorithm: .sha1, alternates: [])
        let who = Signature(name: Array("a".utf8), email: Array("a@b".utf8), seconds: 1, offsetMinutes: 0)
        let context = RefTransactionContext(objects: objects, reflogs: .always) { who }
        let count = 100_000
        var (i, j) = (0, 0)
        let gitOptions = [
            "-C", repository.string, "-c", "core.logAllRefUpdates=always", "-c", "user.name=a", "-c", "user.email=a@b",
        ]
        for what in ["created", "deleted"] {
            (i, j) = (0, 0)
            let (verb, each) = what == "created" ? ("create", count) : ("delete", 10_000)
            let inputs = try (0...3).map { round in
                let path = place.path.appending("input-\(verb)-\(round)")
                let lines = (0..<each).map {
                    "\(verb) refs/heads/\(round)/\($0 + 1_000_000)" + (verb == "create" ? " \(id)\n" : "\n")
                }
                try Disk.replace(path, with: Array(lines.joined().utf8), durability: .none)
                return path
            }
            try Comparison(
                rounds: 3, units: each, clock: .wall,
                [
                    Way("git update-ref --stdin, reftable") {
                        try Git.run(gitOptions + ["update-ref", "--stdin", "-m", "x"], input: inputs[i])
                        i += 1
                    },
                    Way("Strata") {
                        let edits = try (0..<each).map { number in
                            let name = try RefName("refs/heads/\(j)/\(number + 1_000_000)")
                            return verb == "create"
                                ? RefEdit.create(name, at: id, message: "x") : .delete(name, message: "x")
                        }
                        try store.commit(RefTransaction(edits), context)
                        j += 1
                    },
                ]
            ).print("\(each) \(what) in one transaction, objects checked, reflogs written, a reference")
        }
        withExtendedLifetime(environment) {}
    }

    // MARK: On disk

    /// Sixteen threads that commit durably, folded and each by itself.
    private static func durable() throws {
        let place = try Scratch(in: "/tmp")
        let (environment, store) = try open(place.path.appending("strata"))
        let (threads, each) = (16, 40)
        var number = 0
        try Comparison(
            rounds: 5, units: threads * each, clock: .wall,
            [
                Way("one at a time") {
                    number += 1
                    let number = number
                    try onThreads(threads) { thread in
                        for index in 0..<each {
                            let run = RefTransactionRun(transaction(number, thread, index), on: store, context)
                            try run.prepare()
                            try run.commit()
                        }
                    }
                },
                Way("folded (submit)") {
                    number += 1
                    let number = number
                    try onThreads(threads) { thread in
                        for index in 0..<each { try store.commit(transaction(number, thread, index), context) }
                    }
                },
            ]
        ).print("16 threads that commit durably on disk, a commit")
        withExtendedLifetime(environment) {}
    }

    private static let context = RefTransactionContext(deadline: .never, durability: .data)

    private static func transaction(_ number: Int, _ thread: Int, _ index: Int) -> RefTransaction {
        let id = ObjectID(hex: "0123456789012345678901234567890123456789")!
        let name = try? RefName("refs/heads/\(number)/\(thread)/\(index)")
        return RefTransaction(name.map { [.create($0, at: id)] } ?? [])
    }
}

/// Names as C takes them.
struct Names {
    let names: [[UInt8]]
    private let bytes: [UInt8]
    private let offsets: [Int]

    init(_ names: [[UInt8]]) {
        self.names = names
        var (bytes, offsets): ([UInt8], [Int]) = ([], [0])
        for name in names {
            bytes += name
            offsets.append(bytes.count)
        }
        (self.bytes, self.offsets) = (bytes, offsets)
    }

    func with(_ body: (UnsafePointer<lmdb_probe_names>) -> Int32) -> Int32 {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe offsets.withUnsafeBufferPointer { offsets in
                unsafe offsets.withMemoryRebound(to: Int.self) { offsets in
                    var all = unsafe lmdb_probe_names(
                        bytes: bytes.baseAddress, offsets: offsets.baseAddress, count: names.count)
                    return unsafe body(&all)
                }
            }
        }
    }
}

/// Names each in an allocation of its own, as Swift's are.
@safe
final class Scattered {
    let pointers: UnsafeMutablePointer<UnsafePointer<lmdb_probe_name>?>
    private let count: Int

    init(_ names: [[UInt8]]) {
        count = names.count
        unsafe pointers = .allocate(capacity: names.count)
        for (index, name) in names.enumerated() {
            let made = unsafe lmdb_probe_name_make(name, name.count)
            unsafe (pointers + index).initialize(to: made.map { unsafe UnsafePointer($0) })
        }
    }

    deinit {
        for index in 0..<count { unsafe free(UnsafeMutablePointer(mutating: pointers[index])) }
        unsafe pointers.deallocate()
    }
}

/// The C program's environment.
@safe
final class Probe {
    let probe: OpaquePointer

    init(_ directory: FilePath) throws {
        guard unsafe mkdir(directory.string, 0o755) == 0 else { throw Errno(rawValue: errno) }
        var made: OpaquePointer?
        let result = unsafe lmdb_probe_open(&made, directory.string)
        guard result == 0, let made = unsafe made else { throw Errno(rawValue: result) }
        unsafe probe = made
    }

    deinit { unsafe lmdb_probe_close(probe) }

    func check(_ result: Int32) throws { if result != 0 { throw Errno(rawValue: result) } }
}

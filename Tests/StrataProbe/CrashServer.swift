import CTestSupport
import CrashSupport
import Glibc
import StrataIO
import SystemPackage

/// crash: reads lines `<place> TAB <durability> TAB <store> TAB <operation> TAB <n>`, and does each in a process of its own that is stopped
/// after its n-th change of the disk, or with `-n` before it; 0 = not at all. Answers with how many changes there were and which of them wrote an
/// intent (0 = none), or `stopped`, or what failed. The operation
/// `recover` is that of a writer who finds what was left.
func serveCrashes() {
    serve(5) { fields in
        guard let call = Int(fields[4]) else { throw Errno.invalidArgument }
        return try crash(fields, stopAfter: call)
    }
}

/// Reads lines of `count` fields and answers each by what `body` gives, in a process of its own.
func serve(_ count: Int, _ body: ([String]) throws -> String) {
    while let line = readLine() {
        let fields = line.split(separator: "\t").map(String.init)
        guard fields.count == count else {
            say("malformed")
            continue
        }
        fflush(nil)
        let child = test_fork()
        if child == 0 {
            do {
                say(try body(fields))
            } catch {
                say("failed: \("\(error)".split(separator: "\n").joined(separator: " "))")
            }
            _exit(0)
        }
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0 && errno == EINTR {}
        if status != 0 { say(status & 0x7f == SIGKILL ? "stopped" : "status \(status)") }
    }
}

let durabilities: [String: Durability] = ["none": .none, "data": .data, "full": .full]

private func crash(_ fields: [String], stopAfter call: Int) throws -> String {
    guard let durability = durabilities[fields[1]], let store = CrashStore.named(fields[2]) else {
        throw Errno.invalidArgument
    }
    var place = CrashPlace(FilePath(fields[0]), durability: durability)
    if fields[3] == "recover" {
        let session = DiskFaults.install(.init(under: place.root, at: abs(call), call < 0 ? .stopBefore : .stopAfter))
        let opened = try store.open(place)
        try opened.touch()
        opened.close()
        return report(session)
    }
    guard let operation = CrashOperation.named(fields[3]) else { throw Errno.invalidArgument }
    place.packsFrom = operation.packsFrom
    let ids = try CrashIDs(place)
    let session = DiskFaults.install(.init(under: place.root, at: abs(call), call < 0 ? .stopBefore : .stopAfter))
    let opened = try store.open(place)
    try operation.run(on: opened, of: store, ids)
    opened.close()
    return report(session)
}

private func report(_ session: DiskFaults.Session) -> String {
    let calls = session.trace
    let intent = calls.firstIndex { call in
        call.operation == .create && call.path.removingLastComponent().lastComponent == "intents"
    }
    return "calls \(calls.count) \(intent.map { $0 + 1 } ?? 0)"
}

import CDatabaseFaults
import CrashSupport
import Glibc
import StrataIO
import StrataLMDB
import StrataRefs
import SystemPackage

/// databases: reads lines `<place> TAB <durability> TAB <store> TAB <operation> TAB <n> TAB <fault> TAB <errno> TAB once|always`, and does each in a
/// process of its own, whose n-th call that changes the database's files meets the fault; 0 = none does. Answers, in fields:
///
///     stopped
///     done    <calls> <call> <state>                  the call is that which met the fault, the state what the store shows
///     failed  <calls> <call> <state> <error> <again>  what the store shows after it, and once the operation was done again
func serveDatabaseFaults() {
    serve(8) { fields in
        guard let call = Int(fields[4]), let error = Int32(fields[6]) else { throw Errno.invalidArgument }
        let asked = try DatabaseOperation(fields)
        asked.arm(at: call, fields[5], error, persistent: fields[7] == "always")
        var opened: OpenedCrashStore?
        var failure: (any Error)?
        do {
            opened = try asked.store.open(asked.place)
            if let opened { try asked.operation.run(on: opened, of: asked.store, asked.ids) }
        } catch {
            failure = error
        }
        let calls = database_faults_disarm()
        let met = unsafe String(cString: database_faults_met())
        // Through the same store, where that came to be.
        let store = try opened ?? asked.store.open(asked.place)
        let state = try DatabaseState(store).digest
        guard let failure else { return ["done", "\(calls)", met, state].joined(separator: "\t") }
        var again = ""
        do {
            try asked.operation.run(on: store, of: asked.store, asked.ids)
            again = try DatabaseState(store).digest
        } catch {
            again = "\(error)"
        }
        return ["failed", "\(calls)", met, state, words(failure), again].joined(separator: "\t")
    }
}

private func words(_ error: any Error) -> String {
    guard let error = error as? RefError else { return "untyped \(error)" }
    guard let cause = error.cause as? LMDBFailure, error.path != nil else { return "without file or cause: \(error)" }
    return "\(cause)"
}

/// What is to be done to which database.
struct DatabaseOperation {
    var place: CrashPlace
    let store: CrashStore
    let operation: CrashOperation
    let ids: CrashIDs

    /// From `<place> <durability> <store> <operation>`.
    init(_ fields: [String]) throws {
        guard let durability = durabilities[fields[1]], let store = CrashStore.named(fields[2]),
            let operation = CrashOperation.named(fields[3])
        else { throw Errno.invalidArgument }
        place = CrashPlace(FilePath(fields[0]), durability: durability)
        (self.store, self.operation) = (store, operation)
        ids = try CrashIDs(place)
    }

    func arm(at call: Int, _ fault: String, _ error: Int32, persistent: Bool) {
        let faults = [
            "stop": database_fault_stop, "after": database_fault_after, "tear": database_fault_tear,
            "fail": database_fault_fail, "shorten": database_fault_shorten, "late": database_fault_late,
        ]
        unsafe database_faults_arm(
            place.database.string, call, faults[fault] ?? database_fault_none, error, persistent ? 1 : 0)
    }
}

/// record <place> <durability> <store> <log> <operation>…: does the operations one after the other, and writes down all that is done to the data file, with a
/// mark behind each operation that was acknowledged. An operation may be `<operation>@<n>`: its n-th call is made but fails, if it syncs; with `!` all that come after it fail.
/// Says what the store shows at first and after each.
func recordDatabase(_ arguments: [String]) throws -> Int32 {
    let log = try FileDescriptor.open(
        FilePath(arguments[3]), .writeOnly, options: [.create, .append], permissions: .ownerReadWrite)
    let first = try DatabaseOperation(Array(arguments[..<3]) + ["update"])
    // What it is before, without making it.
    let isThere = unsafe access(first.place.database.string, F_OK) == 0
    say(isThere ? try DatabaseState(first.place, of: first.store).digest : "none")
    unsafe database_faults_arm(first.place.database.string, 0, database_fault_none, 0, 0)
    database_faults_record(log.rawValue)
    let opened = try first.store.open(first.place)
    for (index, words) in arguments[4...].enumerated() {
        let parts = words.split(separator: "@").map(String.init)
        let next = try DatabaseOperation(Array(arguments[..<3]) + [parts[0]])
        var hasFailed = false
        if parts.count > 1 {
            let call = parts[1].filter(\.isNumber)
            next.arm(at: Int(call) ?? 0, "late", EIO, persistent: parts[1].hasSuffix("!"))
            do { try next.operation.run(on: opened, of: next.store, next.ids) } catch { hasFailed = true }
            unsafe database_faults_arm(first.place.database.string, 0, database_fault_none, 0, 0)
        } else {
            try next.operation.run(on: opened, of: next.store, next.ids)
        }
        if !hasFailed { database_faults_mark(UInt32(index + 1)) }
        say("\(hasFailed ? "failed" : "done") \(try DatabaseState(opened).digest)")
    }
    return 0
}

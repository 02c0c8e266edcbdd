import CrashSupport
import Glibc
import StrataFiles
import StrataIO
import StrataRefs
import SystemPackage
import TestSupport
import Testing

/// A disk on which one call fails: the error names the file and the cause, all is as before or the error says what is not, and the same
/// store goes on.
@Suite struct FaultTests {
    @Test(arguments: CrashMatrix.stores + CrashMatrix.withDatabase, CrashOperation.alone)
    func aFailedCallChangesNothing(_ store: CrashStore, _ operation: CrashOperation) throws {
        let template = try CrashTemplate.of(store)
        let model = try template.copy(durability: .full, packsFrom: operation.packsFrom)
        guard try operation.applies(to: store, in: model) else { return }
        let old = try CrashState(model, of: store)
        let opened = try store.open(model)
        let calls = try DiskFaults.with(plan(model)) { session in
            try operation.run(on: opened, of: store, template.ids)
            return session.trace
        }
        opened.close()
        let new = try CrashState(model, of: store)
        var tried = 0
        let seed = store.name.utf8.count + operation.name.utf8.count
        for index in CrashMatrix.points(calls.count, atMost: 2, seed: seed) {
            let call = calls[index]
            let faults = Fault.some(of: call.operation, turn: index)
            for fault in CrashMatrix.isComplete ? faults[...] : faults.prefix(1) {
                tried += 1
                let place = try template.copy(durability: .full, packsFrom: operation.packsFrom)
                try check(fault, at: index + 1, call, store, operation, place, old, new)
                removeTree(place.root)
            }
        }
        #expect((calls.count > 3 || store.hasDatabase) && tried > 0)
    }

    private static let operations = Set(FileOperation.allCases.filter { $0.isChange || $0 == .open })

    private func plan(_ place: CrashPlace, at call: Int = 0, _ action: DiskFaults.Action = .observe) -> DiskFaults.Plan
    {
        .init(under: place.root, operations: Self.operations, at: call, action)
    }

    private func check(
        _ fault: Fault, at number: Int, _ call: DiskCall, _ store: CrashStore, _ operation: CrashOperation,
        _ place: CrashPlace, _ old: CrashState, _ new: CrashState
    ) throws {
        let comment: Comment = "\(fault) at call \(number), \(call.operation) \(call.path.lastComponent?.string ?? "")"
        let ids = try CrashIDs(place)
        let opened = try store.open(place)
        var failure: (any Error)?
        DiskFaults.with(plan(place, at: number, fault.action)) { _ in
            do { try operation.run(on: opened, of: store, ids) } catch { failure = error }
        }
        let after = try CrashState(place, opened, hasDatabase: store.hasDatabase)
        if let failure {
            let error = try #require(failure as? RefError, comment)
            #expect(error.path != nil && error.cause != nil, "\(comment): \(error)")
            // Some messages are git's, which do not say why; the cause does.
            let words = "\(error) \(error.cause.map { "\($0)" } ?? "")"
            #expect(words.contains(fault.errno.description), "\(comment): \(error)")
            if error.hasTakenEffect {
                #expect(after.difference(from: new) == [], "\(comment): \(error)")
            } else if error.saysThatSomethingChanged {
                #expect(after.strays(from: old, and: new) == [], "\(comment): \(error)")
            } else {
                #expect(after.difference(from: old) == [], "\(comment): \(error)")
                #expect(throws: Never.self, comment) { try operation.run(on: opened, of: store, ids) }
                #expect(
                    try CrashState(place, opened, hasDatabase: store.hasDatabase).difference(from: new) == [], comment)
            }
        } else {
            #expect(after.difference(from: new) == [], comment)
        }
        // The same object can still be written through.
        #expect(throws: Never.self, comment) { try opened.touch() }
        opened.close()
        // A database is open as long as there are stores of it.
        #expect(openFiles(below: place.root).filter { !$0.contains("/lmdb/") } == [], comment)
        let next = try store.open(place)
        #expect(throws: Never.self, comment) { try next.touch() }
        next.close()
        try sweepAway(next, place)
        #expect(CrashState.litter(place.root) == [], comment)
    }
}

/// One way to fail.
struct Fault: CustomStringConvertible {
    let errno: Errno
    /// How much of a write is done before it fails.
    var written: Int?

    var action: DiskFaults.Action { written.map { .shorten($0, errno) } ?? .fail(errno) }
    var description: String { (written.map { "\($0) bytes, " } ?? "") + errno.description }

    /// What the call may meet; of a long list two, another two in each turn.
    static func some(of operation: FileOperation, turn: Int) -> [Fault] {
        let all = all(of: operation)
        return all.count < 3 ? all : [all[turn % all.count], all[(turn + 1 + turn / all.count) % all.count]]
    }

    private static func all(of operation: FileOperation) -> [Fault] {
        let full = [Fault(errno: .noSpace), Fault(errno: Errno(rawValue: EDQUOT)), Fault(errno: .ioError)]
        let descriptors = [Fault(errno: .tooManyOpenFiles), Fault(errno: .tooManyOpenFilesInSystem)]
        let readOnly = Fault(errno: .readOnlyFileSystem)
        return switch operation {
        case .write: full + [Fault(errno: .noSpace, written: 3), Fault(errno: .ioError, written: 1)]
        case .create: full + descriptors + [readOnly]
        case .open: descriptors + [Fault(errno: .ioError)]
        case .sync, .close: [Fault(errno: .ioError), Fault(errno: Errno(rawValue: EDQUOT))]
        case .syncDirectory: [Fault(errno: .ioError), Fault(errno: .tooManyOpenFiles)]
        case .link, .makeDirectory, .rename: full + [readOnly]
        default: [Fault(errno: .ioError), readOnly]
        }
    }
}

extension RefError {
    /// Whether the message tells that not all is as before.
    fileprivate var saysThatSomethingChanged: Bool {
        ["have changed already", "could not be undone"].contains(where: message.contains)
    }
}

/// The files below `root` that this process has open.
func openFiles(below root: FilePath) -> [String] {
    guard let directory = unsafe opendir("/proc/self/fd") else { return ["/proc/self/fd"] }
    defer { unsafe closedir(directory) }
    var found: [String] = []
    var buffer = [CChar](repeating: 0, count: 4096)
    while let entry = unsafe readdir(directory) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
        }
        let count = unsafe readlink("/proc/self/fd/\(name)", &buffer, 4095)
        guard count > 0 else { continue }
        let path = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if path.hasPrefix(root.string + "/") { found.append(path) }
    }
    return found
}

import CrashSupport
import Glibc
import StrataIO
import StrataRefs
import SystemPackage
import TestSupport
import Testing

/// A call that changes a file of a database fails: a typed error, all as before in this process and for the next, and the same store goes on.
@Suite struct DatabaseFaultTests {
    struct Kind: Sendable, CustomStringConvertible {
        let fault: DatabaseServer.Fault
        let errno: Errno
        var isPersistent = false
        /// What the error's cause says.
        let words: String

        var description: String { "\(fault) \(errno)\(isPersistent ? " from then on" : "")" }
    }

    private static let kinds = [
        Kind(fault: .fail, errno: .noSpace, words: "no space left"),
        Kind(fault: .fail, errno: .ioError, words: "Input/output error"),
        Kind(fault: .late, errno: .ioError, words: "Input/output error"),
        // Which is EIO to LMDB, or a full disk when it makes the file.
        Kind(fault: .shorten, errno: .ioError, words: ""),
        Kind(fault: .fail, errno: Errno(rawValue: EDQUOT), words: "no space left"),
        Kind(fault: .fail, errno: .noSpace, isPersistent: true, words: "no space left"),
        Kind(fault: .late, errno: .ioError, isPersistent: true, words: "Input/output error"),
        Kind(fault: .shorten, errno: .noSpace, isPersistent: true, words: ""),
    ]

    @Test(arguments: CrashStore.databases, CrashOperation.all + CrashOperation.ofDatabases)
    func aFailedCallChangesNothing(_ store: CrashStore, _ operation: CrashOperation) throws {
        let template = try DatabaseTemplate.of(store)
        guard try operation.applies(to: store, in: template.copy(for: operation)) else { return }
        let server = try DatabaseServer()
        for durability in CrashMatrix.isComplete ? [Durability.full, .none] : [.full] {
            let model = try template.copy(for: operation, durability: durability)
            let isNew = operation.name == CrashOperation.initialize.name
            let old = isNew ? DatabaseState() : try DatabaseState(model, of: store)
            let count = try server.count(operation, on: store, in: model)
            let new = try DatabaseState(model, of: store)
            let seed = store.name.utf8.count + operation.name.utf8.count
            var failures = 0
            for index in CrashMatrix.points(count, atMost: 2, seed: seed) {
                let some = [Self.kinds[index % Self.kinds.count], Self.kinds[(index + 3) % Self.kinds.count]]
                for kind in CrashMatrix.isComplete ? Self.kinds : some {
                    let place = try template.copy(for: operation, durability: durability)
                    defer { removeTree(place.root) }
                    let answer = try server.run(
                        operation, on: store, in: place, at: index + 1, kind.fault, errno: kind.errno,
                        persistent: kind.isPersistent)
                    let comment: Comment = "\(kind) at call \(index + 1) of \(count), \(durability)"
                    var end = new.digest
                    switch answer {
                    case .stopped: Issue.record("\(comment): stopped")
                    case .done(_, let met, let state):
                        #expect(state == new.digest, "\(comment), \(met)")
                    case .failed(_, let met, let state, let error, let again):
                        failures += 1
                        #expect(error.contains(kind.words), "\(comment), \(met): \(error)")
                        // A meta page that is there, and may not last, and cannot be undone.
                        if error.contains("may be there or not"), state == new.digest {
                            #expect(kind.fault == .late && kind.isPersistent, "\(comment), \(met): \(error)")
                            // Some can be done twice.
                            end = try DatabaseState(place, of: store).digest
                            #expect(end == new.digest || end == again, "\(comment), \(met): \(again)")
                        } else {
                            #expect(state == old.digest, "\(comment), \(met): \(error)")
                            #expect(again == new.digest, "\(comment), \(met): \(again)")
                        }
                    }
                    try expectSound(place, comment)
                    #expect(try DatabaseState(place, of: store).digest == end, comment)
                    try DatabaseState.touch(store.open(place))
                }
            }
            #expect(failures > 0 && count > 3)
        }
    }
}

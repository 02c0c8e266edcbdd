import CrashSupport
import StrataIO
import StrataRefs
import SystemPackage
import TestSupport
import Testing

/// A process that writes a database is stopped before and after each call that changes one of its files, and when half of a write is done: the transaction is whole
/// or absent, no page is damaged, and the next writer goes on at once, also one that had the database open.
@Suite struct DatabaseKillTests {
    @Test(arguments: CrashStore.databases, CrashOperation.all + CrashOperation.ofDatabases)
    func isWholeOrAbsent(_ store: CrashStore, _ operation: CrashOperation) throws {
        let template = try DatabaseTemplate.of(store)
        guard try operation.applies(to: store, in: template.copy(for: operation)) else { return }
        let server = try DatabaseServer()
        let model = try template.copy(for: operation)
        let isNew = operation.name == CrashOperation.initialize.name
        let old = isNew ? nil : try DatabaseState(model, of: store)
        let count = try server.count(operation, on: store, in: model)
        let new = try DatabaseState(model, of: store)
        #expect(count > 3)
        var outcomes = (absent: 0, whole: 0)
        var spent: [Duration] = []
        let seed = store.name.utf8.count + operation.name.utf8.count
        for call in CrashMatrix.points(count, atMost: 2, seed: seed).map({ $0 + 1 }) {
            for fault in [DatabaseServer.Fault.stop, .after, .tear] {
                for isBeside in isNew ? [false] : [false, true] {
                    let comment: Comment =
                        "\(fault) at call \(call) of \(count), \(isBeside ? "beside a reader" : "alone")"
                    let place = try template.copy(for: operation)
                    defer { removeTree(place.root) }
                    let reader = isBeside ? try store.open(place) : nil
                    var snapshot = try reader?.store.snapshot()
                    let answer = try server.run(operation, on: store, in: place, at: call, fault)
                    guard case .stopped = answer else {
                        Issue.record("\(comment): \(answer)")
                        continue
                    }
                    try expectSoundOrAbsent(place, comment, isNew: isNew)
                    // Whoever holds a state cannot follow the growth of another.
                    if operation.name == "growth" { snapshot = nil }
                    let next = try reader ?? store.open(place)
                    let seen = try DatabaseState(next)
                    let isWhole = seen == new
                    #expect(isWhole || seen == old ?? DatabaseState(), "\(comment): \(seen)")
                    if isWhole { outcomes.whole += 1 } else { outcomes.absent += 1 }
                    spent.append(try ContinuousClock().measure { try DatabaseState.touch(next) })
                    let after = try DatabaseState(next).untouched
                    // A commit that others were not shown yet when its writer died is by now.
                    #expect(after == seen || after == new, "\(comment): \(after)")
                    if let snapshot {
                        #expect(
                            try DatabaseState(snapshot, next).references == old?.references, "\(comment): the snapshot")
                    }
                    try expectSound(place, comment)
                }
            }
        }
        if CrashMatrix.isComplete { #expect(outcomes.absent > 0 && outcomes.whole > 0) }
        // Other processes may have had the machine meanwhile.
        #expect(spent.allSatisfy { $0 < .seconds(5 * slack) }, "\(spent)")
        #expect(spent.sorted()[spent.count / 2] < Self.touchTime, "\(spent)")
    }

    /// What the next writer may take, with durability `full`.
    private static let touchTime: Duration = {
        // What is not optimised takes longer.
        #if DEBUG
            .milliseconds(250 * slack)
        #else
            .milliseconds(50 * slack)
        #endif
    }()

    private func expectSoundOrAbsent(_ place: CrashPlace, _ comment: Comment, isNew: Bool) throws {
        if isNew, try FileStat.stat(place.database.appending("data.mdb")) == nil { return }
        try expectSound(place, comment)
    }
}

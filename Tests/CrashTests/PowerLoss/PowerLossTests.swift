import CrashSupport
import Glibc
import StrataFiles
import StrataIO
import SystemPackage
import TestSupport
import Testing

/// The power goes, and with it what was not synced: each reference has its old or its new value, what was acknowledged with durability `full`
/// is there, and transactions are whole or absent once the next writer has been.
@Suite struct PowerLossTests {
    /// A database outside of the repository is named by its path: what is restored in another place would ask the one of the first.
    static let stores = (CrashMatrix.stores + CrashMatrix.withDatabase).filter {
        $0.isWhole && !$0.writesAsFiles && !$0.usesOther
    }

    @Test(arguments: stores, CrashOperation.all)
    func fullIsThere(_ store: CrashStore, _ operation: CrashOperation) throws {
        try check(store, operation, .full)
    }

    @Test(arguments: stores, CrashOperation.all)
    func dataIsOldOrNew(_ store: CrashStore, _ operation: CrashOperation) throws {
        try check(store, operation, .data)
    }

    private func check(_ store: CrashStore, _ operation: CrashOperation, _ durability: Durability) throws {
        let seed = store.name.utf8.count + operation.name.utf8.count
        guard CrashMatrix.isComplete || (seed % 2 == 0) == (durability == .full) else { return }
        let template = try CrashTemplate.of(store)
        let place = try template.copy(durability: durability, packsFrom: operation.packsFrom)
        guard try operation.applies(to: store, in: place) else { return }
        let old = try CrashState(place, of: store)
        let opened = try store.open(place)
        let disk = try RecordedDisk(place.root)
        try disk.record { try operation.run(on: opened, of: store, template.ids) }
        opened.close()
        let new = try CrashState(place, of: store)
        let isWhole = store.isWhole && operation.isTransaction && disk.hasIntent
        let count = disk.moments.count
        // The last moment is the acknowledged one.
        let indices = CrashMatrix.points(count - 1, atMost: 2, seed: seed) + [count - 1]
        let inOrder = disk.statesInOrder(at: indices)
        for state in Self.chosen(inOrder) {
            let found = try recovered(state.image, store, template)
            judge(found, old, new, isWhole: isWhole, isThere: state.isAcknowledged && durability == .full, "in order")
        }
        let inAnyOrder = disk.statesInAnyOrder(at: indices)
        for state in Self.chosen(inAnyOrder) {
            let isThere = state.isAcknowledged && durability == .full
            let found = try recovered(isThere ? state.image : state.image.withoutStrayLocks, store, template)
            judge(found, old, new, isWhole: isWhole && durability == .full, isThere: isThere, "in any order")
        }
        #expect((count > 3 || store.hasDatabase) && !inOrder.isEmpty && !inAnyOrder.isEmpty)
    }

    /// The acknowledged ones, and of the others as many as the matrix wants.
    private static func chosen(_ states: [LostState]) -> [LostState] {
        let others = states.filter { !$0.isAcknowledged }
        let points = CrashMatrix.points(others.count, atMost: 2, seed: states.count)
        let acknowledged = states.filter(\.isAcknowledged)
        let last = CrashMatrix.points(acknowledged.count, atMost: 2, seed: states.count)
        return points.map { others[$0] } + last.map { acknowledged[$0] }
    }

    private func judge(
        _ found: CrashState, _ old: CrashState, _ new: CrashState, isWhole: Bool, isThere: Bool, _ comment: Comment
    ) {
        #expect(found.litter == [], comment)
        #expect(found.strays(from: old, and: new) == [], comment)
        if isThere { #expect(found.difference(from: new) == [], "acknowledged, \(comment)") }
        if isWhole {
            #expect(
                found.isSame(as: old) || found.isSame(as: new),
                "\(comment): old but for \(found.difference(from: old)), new but for \(found.difference(from: new))")
        }
    }

    /// What the next writer finds, and makes of it.
    private func recovered(_ image: DiskImage, _ store: CrashStore, _ template: CrashTemplate) throws -> CrashState {
        let place = CrashPlace(template.freshPath())
        defer { removeTree(place.root) }
        try image.write(to: place.root)
        let opened = try store.open(place)
        try opened.touch()
        opened.close()
        try sweepAway(opened, place)
        return try CrashState(place, of: store)
    }
}

extension RecordedDisk {
    var hasIntent: Bool {
        moments.contains { moment in
            moment.call?.operation == .create
                && moment.call?.path.removingLastComponent().lastComponent == "intents"
        }
    }
}

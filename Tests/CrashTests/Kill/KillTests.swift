import CrashSupport
import Glibc
import StrataFiles
import StrataIO
import SystemPackage
import TestSupport
import Testing

/// The process is stopped after each of its changes of the disk: git reads what is there, the next writer is not kept waiting, and makes
/// transactions whole or absent and leaves nothing lying about.
@Suite struct KillTests {
    @Test(arguments: CrashMatrix.stores + CrashMatrix.withDatabase, CrashOperation.all)
    func isWholeOrAbsent(_ store: CrashStore, _ operation: CrashOperation) throws {
        let template = try CrashTemplate.of(store)
        let model = try template.copy(durability: .full, packsFrom: operation.packsFrom)
        guard try operation.applies(to: store, in: model) else { return }
        let server = try CrashServer()
        let reader = GitReader(store)
        let old = try CrashState(model, of: store)
        guard case .done(let count, let intent) = try server.run(operation.name, on: store, in: model, stopAfter: 0)
        else { throw Errno.badMessage }
        let new = try CrashState(model, of: store)
        // What is written in a database only are no calls.
        #expect(count > (store.hasDatabase ? 0 : 3) && old.litter == [] && new.litter == [])
        try reader.check(model, "done", whole: true)
        if let directory = store.gitDirectory {
            let listed = try GitReader.listing(model.root.appending(directory))
            let known = new.references.filter { $0.key.hasPrefix("refs/") }
            #expect(known.allSatisfy { listed[$0] == $1 }, "\(listed) \(known)")
        }
        var outcomes = (absent: 0, whole: 0)
        var spent: [Duration] = []
        // The commit of a database lies between two calls, soon after the intent.
        let isJoint = store.hasDatabase && operation.name == "spread"
        let seed = store.name.utf8.count + operation.name.utf8.count
        var points = CrashMatrix.points(count, atMost: 2, seed: seed).map { $0 + 1 }
        if isJoint, !CrashMatrix.isComplete { points += intent..<min(intent + 12, count) }
        for call in points + (store.hasDatabase ? points.map { -$0 } : []) {
            let place = try template.copy(durability: .full, packsFrom: operation.packsFrom)
            defer { removeTree(place.root) }
            #expect(try server.run(operation.name, on: store, in: place, stopAfter: call) == .stopped)
            let comment: Comment = "stopped after call \(call) of \(count)"
            try reader.check(place, comment)
            let isWhole = store.isWhole && operation.isTransaction && intent > 0
            if isWhole { try checkSeen(store, place, old, new, comment) }
            spent.append(try recover(store, place))
            try reader.check(place, "\(comment), recovered", whole: true)
            let after = try CrashState(place, of: store)
            check(after, old, new, isWhole: isWhole, comment)
            if after.isSame(as: old) { outcomes.absent += 1 }
            if after.isSame(as: new) { outcomes.whole += 1 }
        }
        if CrashMatrix.isComplete || isJoint {
            // What is in the database alone is there with the commit, which may be the last of all.
            #expect(outcomes.absent > 0 && (outcomes.whole > 0 || store.hasDatabase && !isJoint))
        }
        // Who had to wait would have failed: nothing is waited for. Other processes may have had the machine meanwhile.
        #expect(spent.allSatisfy { $0 < .seconds(5 * slack) }, "\(spent)")
    }

    /// What the next writer needs to make a transaction whole, as time of its thread: other processes do not count. Half of all recoveries
    /// take no longer than this.
    private static let recoveryTime: Duration = {
        // What is not optimised takes longer.
        #if DEBUG
            .milliseconds(250)
        #else
            .milliseconds(50)
        #endif
    }()

    @Test(arguments: CrashMatrix.stores.filter { $0.name == "files" }, ["several", "packing"])
    func recoveryIsQuick(_ store: CrashStore, _ name: String) throws {
        let operation = try #require(CrashOperation.named(name))
        let template = try CrashTemplate.of(store)
        let server = try CrashServer()
        let model = try template.copy(durability: .full, packsFrom: operation.packsFrom)
        guard case .done(let count, let intent) = try server.run(name, on: store, in: model, stopAfter: 0) else {
            throw Errno.badMessage
        }
        #expect(intent > 0)
        var medians: [Duration] = []
        while medians.count < 5, medians.last.map({ $0 > Self.recoveryTime }) ?? true {
            var spent: [Duration] = []
            for part in 1...7 {
                let place = try template.copy(durability: .full, packsFrom: operation.packsFrom)
                defer { removeTree(place.root) }
                // From the intent, which takes some calls to be whole, to the end.
                let call = intent + (count - intent) * part / 8
                #expect(try server.run(name, on: store, in: place, stopAfter: call) == .stopped)
                let opened = try store.open(place)
                let start = threadTime()
                try opened.touch()
                spent.append(threadTime() - start)
                opened.close()
            }
            spent.sort()
            medians.append(spent[spent.count / 2])
            if CrashMatrix.isComplete { print("recovery of '\(name)': \(spent)") }
        }
        #expect(medians.contains { $0 <= Self.recoveryTime * slack }, "\(medians)")
    }

    /// Recovery may be stopped as well, at any of its calls: who comes next goes on, and until then readers see the transaction whole or not at all.
    @Test(arguments: [
        (CrashStore.named("files"), "several"), (CrashStore.named("files"), "packing"),
        (CrashStore.named("files"), "delete"), (CrashStore.named("worktree"), "heads"),
        (CrashStore.named("routing of files and files"), "spread"),
        (CrashStore.named("worktree over a database"), "spread"),
    ])
    func recoveryMayBeStoppedToo(_ store: CrashStore?, _ name: String) throws {
        let (store, operation) = (try #require(store), try #require(CrashOperation.named(name)))
        let template = try CrashTemplate.of(store)
        let server = try CrashServer()
        let model = try template.copy(durability: .full, packsFrom: operation.packsFrom)
        let old = try CrashState(model, of: store)
        guard case .done(let count, let intent) = try server.run(name, on: store, in: model, stopAfter: 0) else {
            throw Errno.badMessage
        }
        let new = try CrashState(model, of: store)
        #expect(intent > 0)
        // From the intent on, which takes some calls to be whole.
        let points = CrashMatrix.points(count - intent - 4, atMost: 2, seed: name.utf8.count).map { intent + 4 + $0 }
        // The later it was stopped, the less is left to be done.
        var most = 0
        for call in points {
            var calls = 0
            var seconds = [0]
            while let second = seconds.popLast() {
                let place = try template.copy(durability: .full, packsFrom: operation.packsFrom)
                defer { removeTree(place.root) }
                #expect(try server.run(name, on: store, in: place, stopAfter: call) == .stopped)
                let answer = try server.run("recover", on: store, in: place, stopAfter: second)
                let comment: Comment = "stopped after call \(call) of \(count), recovery after \(second) of \(calls)"
                switch answer {
                case .done(let all, _):
                    #expect(second == 0, comment)
                    calls = all
                    seconds = CrashMatrix.points(all, atMost: 5, seed: call).map { $0 + 1 }
                case .stopped: try checkSeen(store, place, old, new, comment)
                }
                _ = try recover(store, place)
                check(try CrashState(place, of: store), old, new, isWhole: true, comment)
            }
            most = max(most, calls)
        }
        // An intent over which a database has not decided goes.
        #expect(most > (store.hasDatabase ? 2 : 8))
    }

    /// What readers see before anyone has recovered.
    private func checkSeen(
        _ store: CrashStore, _ place: CrashPlace, _ old: CrashState, _ new: CrashState, _ comment: Comment
    ) throws {
        let seen = try CrashState(place, of: store).references
        #expect(seen == old.references || seen == new.references, "\(comment): seen before recovery: \(seen)")
    }

    private func check(_ found: CrashState, _ old: CrashState, _ new: CrashState, isWhole: Bool, _ comment: Comment) {
        #expect(found.litter == [], comment)
        #expect(found.strays(from: old, and: new) == [], comment)
        if isWhole {
            #expect(
                found.isSame(as: old) || found.isSame(as: new),
                "\(comment): old but for \(found.difference(from: old)), new but for \(found.difference(from: new))")
        }
    }

    /// As the next writer does.
    ///
    /// - Returns: how long that took.
    private func recover(_ store: CrashStore, _ place: CrashPlace) throws -> Duration {
        let opened = try store.open(place)
        let spent = try ContinuousClock().measure { try opened.touch() }
        opened.close()
        try sweepAway(opened, place)
        return spent
    }
}

/// The time that this thread has had of a processor.
private func threadTime() -> Duration {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}

/// A process that another test is about to start has the descriptors of this one for a moment, and the dead owner's file that is looked
/// at seems to be somebody's then: nothing is left once that has passed.
func sweepAway(_ opened: OpenedCrashStore, _ place: CrashPlace) throws {
    for _ in 0..<50 where !CrashState.litter(place.root).isEmpty {
        usleep(2_000)
        for each in opened.intents { try each.locks.sweepDeadOwners() }
    }
}

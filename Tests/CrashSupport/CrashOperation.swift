import StrataFiles
import StrataIO
public import StrataModel
import StrataRefs
import Synchronization
import SystemPackage

/// Two commits to point references at.
public struct CrashIDs: Sendable {
    public let one: ObjectID
    public let two: ObjectID

    public init(_ one: ObjectID, _ two: ObjectID) {
        self.one = one
        self.two = two
    }

    /// Those of a place: the two lines of its file `ids`.
    public init(_ place: CrashPlace) throws {
        let lines = String(decoding: try readFile(place.root.appending("ids")) ?? [], as: UTF8.self).split(
            separator: "\n")
        guard lines.count == 2, let one = ObjectID(hex: String(lines[0])), let two = ObjectID(hex: String(lines[1]))
        else { throw Errno.badMessage }
        self.init(one, two)
    }
}

/// Something that changes references or reflogs. One line of ``all`` joins it to every test.
public struct CrashOperation: Sendable, CustomStringConvertible {
    public let name: String
    /// What a store must be able to do.
    let needs: @Sendable (OpenedCrashStore) -> Bool
    /// From how many new values on they go into `packed-refs`.
    public var packsFrom: Int?
    /// Whether it is a transaction, which is whole or absent.
    public let isTransaction: Bool
    let body: @Sendable (OpenedCrashStore, CrashIDs) throws -> Void

    init(
        _ name: String, packsFrom: Int? = nil, isTransaction: Bool = true,
        needs: @escaping @Sendable (OpenedCrashStore) -> Bool = { _ in true },
        _ body: @escaping @Sendable (OpenedCrashStore, CrashIDs) throws -> Void
    ) {
        self.isTransaction = isTransaction
        self.name = name
        self.packsFrom = packsFrom
        self.needs = needs
        self.body = body
    }

    public var description: String { name }

    /// Whether the operation makes sense on a store.
    public func applies(to store: CrashStore, in place: CrashPlace) throws -> Bool {
        if store.writesAsFiles && !["several", "pack-refs", "reflog expire"].contains(name) { return false }
        let opened = try store.open(place)
        return try needs(opened) && !(name == "spread" && store.spread(CrashIDs(place)).isEmpty)
    }

    public func run(on opened: OpenedCrashStore, of store: CrashStore, _ ids: CrashIDs) throws {
        switch name {
        case "spread": try opened.commit(store.spread(ids))
        case Self.changedMeanwhile:
            // Another writer comes when `packed-refs` is there and the loose files are not gone.
            let isDue = Mutex(true)
            let failure = Mutex<(any Error)?>(nil)
            let plan = DiskFaults.Plan(under: opened.place.root, operations: [.rename]) { call in
                guard call.target?.lastComponent == "packed-refs",
                    isDue.withLock({ isDue in
                        defer { isDue = false }
                        return isDue
                    })
                else { return }
                do {
                    let another = try store.open(opened.place)
                    try another.commit([.update(RefName("refs/heads/loose"), to: ids.two, message: "meanwhile")])
                    another.close()
                } catch {
                    failure.withLock { $0 = error }
                }
            }
            try DiskFaults.with(plan) { _ in try body(opened, ids) }
            if let failure = failure.withLock({ $0 }) { throw failure }
        default: try body(opened, ids)
        }
    }

    /// Those at which nobody else is at work.
    public static let alone = all.filter { $0.name != changedMeanwhile }

    private static let changedMeanwhile = "pack-refs while a reference changes"

    public static func named(_ name: String) -> CrashOperation? { (all + ofDatabases).first { $0.name == name } }

    public static let all =
        transactions + [
            CrashOperation("pack-refs", isTransaction: false, needs: hasFiles) { opened, _ in
                for files in opened.files { try files.packRefs(.all, objects: AnyCommit()) }
            },
            CrashOperation(changedMeanwhile, isTransaction: false, needs: hasFiles) { opened, _ in
                for files in opened.files { try files.packRefs(.all, objects: AnyCommit()) }
            },
            CrashOperation("pack-refs without pruning", isTransaction: false, needs: hasFiles) {
                opened, _ in
                var options = PackRefsOptions.all
                options.prunes = false
                for files in opened.files { try files.packRefs(options, objects: AnyCommit()) }
            },
            CrashOperation("reflog expire", isTransaction: false, needs: hasReflogs) { opened, _ in
                try opened.reflog("refs/heads/main") { reflogs, name in
                    _ = try reflogs.expire(name, rewrite: true) { !$0.old.isZero }
                }
            },
            CrashOperation("reflog create", isTransaction: false, needs: hasReflogs) { opened, _ in
                try opened.reflog("refs/tags/t") { reflogs, name in try reflogs.create(name) }
            },
            CrashOperation("reflog delete", isTransaction: false, needs: hasReflogs) { opened, _ in
                try opened.reflog("refs/heads/both") { reflogs, name in try reflogs.delete(name) }
            },
        ]

    private static let hasFiles: @Sendable (OpenedCrashStore) -> Bool = { !$0.files.isEmpty }

    private static let hasOtherHeads: @Sendable (OpenedCrashStore) -> Bool = { !$0.otherHeads.isEmpty }

    private static let hasSymbolicRefs: @Sendable (OpenedCrashStore) -> Bool = {
        $0.store.capabilities.contains(.symbolicRefs)
    }

    private static let hasReflogs: @Sendable (OpenedCrashStore) -> Bool = { $0.store.reflogs != nil }

    public static let transactions = [
        CrashOperation("create") { opened, ids in
            try opened.commit([.create(RefName("refs/heads/new/one"), at: ids.two, message: "made")])
        },
        CrashOperation("update") { opened, ids in
            try opened.commit([
                .update(RefName("refs/heads/main"), to: ids.one, expecting: .object(ids.two), message: "moved")
            ])
        },
        CrashOperation("delete") { opened, ids in try opened.commit([.delete(RefName("refs/heads/both"))]) },
        CrashOperation("symbolic", needs: hasSymbolicRefs) { opened, ids in
            try opened.commit([.symbolic(.head, to: RefName("refs/heads/loose"), message: "switched")])
        },
        CrashOperation("several") { opened, ids in
            try opened.commit([
                .create(RefName("refs/heads/new/one"), at: ids.one, message: "made"),
                .update(RefName("refs/heads/main"), to: ids.one, message: "moved"),
                .symbolic(RefName("refs/remotes/o/HEAD"), to: RefName("refs/heads/main")),
                .delete(RefName("refs/heads/both")), .delete(RefName("refs/heads/packed/deep")),
                .update(RefName("refs/heads/loose"), to: ids.two, message: "moved"),
            ])
        },
        CrashOperation("packing", packsFrom: 2, needs: hasFiles) { opened, ids in
            var log = RefEdit(
                try RefName("refs/heads/a"), .log(old: ids.one, new: ids.one), message: Array("log".utf8))
            log.logging = .force
            try opened.commit([
                log, .create(RefName("refs/heads/a"), at: ids.one, message: "made"),
                .create(RefName("refs/heads/b"), at: ids.one, message: "made"),
                .update(RefName("refs/heads/loose"), to: ids.two, message: "moved"),
                .delete(RefName("refs/heads/packed/deep")),
            ])
        },
        CrashOperation("heads", needs: hasOtherHeads) { opened, ids in
            var edits: [RefEdit] = [.symbolic(.head, to: try RefName("refs/heads/loose"), message: "switched")]
            for name in opened.otherHeads {
                var edit = RefEdit.update(name, to: ids.one, message: "detached")
                edit.followsSymbolic = false
                edits.append(edit)
            }
            edits.append(.update(try RefName("refs/heads/both"), to: ids.one, message: "moved"))
            edits.append(.update(try RefName("refs/heads/loose"), to: ids.two, message: "moved"))
            try opened.commit(edits)
        },
        CrashOperation("spread") { _, _ in },
    ]
}

extension OpenedCrashStore {
    /// Works on a reflog with its reference held.
    func reflog(_ name: String, _ body: (any ReflogStore, RefName) throws -> Void) throws {
        guard let reflogs = store.reflogs else { return }
        let name = try RefName(name)
        let held = try store.hold([name])
        defer { held.abort() }
        try body(reflogs, name)
    }
}

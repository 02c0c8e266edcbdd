import StrataFiles
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// transact <common dir> <none|data|full> <packed transactions from, 0 = never> <n> <edit…>: changes references, is stopped after the
/// n-th change of the disk, and otherwise says how many there were. Edits are `set:<name>:<id>`, `detach:<name>:<id>`, `log:<name>:<id>`,
/// `delete:<name>` and `symref:<name>:<target>`; none at all: dead owners are swept.
func transact(_ arguments: [String]) throws -> Int32 {
    let directory = FilePath(arguments[0])
    let durabilities: [String: Durability] = ["none": .none, "data": .data, "full": .full]
    let intents = RefIntents(commonDirectory: directory)
    let least = Int(arguments[2]) ?? 0
    let files = FilesRefStore(
        loose: LooseRefStore(
            directory: directory, hashAlgorithm: .sha1, locks: intents.locks, intents: intents),
        packed: PackedRefStore(directory.appending("packed-refs"), hashAlgorithm: .sha1, locks: intents.locks),
        packedTransactions: least == 0 ? .never : .from(least))
    let store = WorktreeRefStore(common: files) { id throws(RefError) in
        LooseRefStore(
            directory: directory.appending("worktrees").appending(bytes: id), hashAlgorithm: .sha1,
            locks: intents.locks, intents: intents)
    }
    var edits: [RefEdit] = []
    for word in arguments.dropFirst(4) {
        let parts = word.split(separator: ":").map(String.init)
        let name = try RefName(parts[1])
        switch parts[0] {
        case "set": edits.append(.update(name, to: ObjectID(hex: parts[2])!, message: "set"))
        case "detach":
            var edit = RefEdit.update(name, to: ObjectID(hex: parts[2])!, message: "detach")
            edit.followsSymbolic = false
            edits.append(edit)
        case "log":
            let id = ObjectID(hex: parts[2])!
            edits.append(RefEdit(name, .log(old: id, new: id), message: Array("log".utf8), logging: .force))
        case "symref": edits.append(.symbolic(name, to: try RefName(parts[2]), message: "symref"))
        default: edits.append(.delete(name))
        }
    }
    let session = DiskFaults.install(.init(at: Int(arguments[3]) ?? 0, .stopAfter))
    if edits.isEmpty {
        try intents.locks.sweepDeadOwners()
    } else {
        var context = RefTransactionContext(objects: NoObjects(), reflogs: .standard) { () throws(RefError) in
            Signature(
                name: Array("C".utf8), email: Array("c@example.com".utf8), seconds: 1_112_911_993, offsetMinutes: 0)
        }
        context.durability = durabilities[arguments[1]]
        try store.commit(RefTransaction(edits), context)
    }
    session.remove()
    say("calls \(session.count)")
    return 0
}

/// Takes every id for a commit's.
private struct NoObjects: ObjectLookup {
    let algorithm = HashAlgorithm.sha1
    func contains(_ id: ObjectID) throws(ObjectLookupError) -> Bool { true }
    func header(of id: ObjectID) throws(ObjectLookupError) -> ObjectHeader? { ObjectHeader(kind: .commit, size: 0) }
    func tagTarget(of id: ObjectID) throws(ObjectLookupError) -> TypedObjectID? { nil }
    func peel(_ id: ObjectID, verifyingTarget: Bool) throws(ObjectLookupError) -> TypedObjectID? {
        TypedObjectID(id: id, kind: .commit)
    }
}

import StrataModel
import StrataObjects

/// `cat-file` with one object: whether it is there, what it is, what it holds. Git's function: `cat_one_file`.
struct OneObject {
    private let objects: any ObjectStore
    private let repository: CommandRepository
    private let console: Console

    init(_ objects: any ObjectStore, _ repository: CommandRepository, _ console: Console) {
        self.objects = objects
        self.repository = repository
        self.console = console
    }

    func show(_ name: Bytes, _ mode: CatFile.Mode) throws(CommandExit) -> ExitStatus {
        let id = try find(name)
        switch mode {
        case .exists:
            return try asking { () throws(ObjectError) in try objects.contains(id) } ? .success : .failure
        case .type:
            guard let kind = try info(id, .kind)?.kind else { throw .fatal("git cat-file: could not get object info") }
            console.output.append { $0.append(kind: kind) }
        case .size:
            guard let size = try info(id, .size)?.size else { throw .fatal("git cat-file: could not get object info") }
            console.output.append { $0.append(decimal: size) }
        case .pretty:
            try prettyPrint(id, name)
            return .success
        case .allObjects, .textconv, .filters: return .usage
        }
        console.output.append(0x0a)
        return .success
    }

    /// Writes the object of kind `type` that `name` leads to: itself, or one that tags and commits name.
    func write(_ name: Bytes, as type: Bytes) throws(CommandExit) {
        let id = try find(name)
        guard let kind = ObjectKind(name: type) else {
            throw .fatal(Bytes("invalid object type \"") + type + Bytes("\""))
        }
        guard let target = try follow(id, to: kind) else {
            throw .fatal(Bytes("git cat-file ") + name + Bytes(": bad file"))
        }
        try ObjectWriter(objects, console).write(target, kind: kind)
    }

    private func find(_ name: Bytes) throws(CommandExit) -> ObjectID {
        if case .found(let id, _) = try repository.find(name) { return id }
        throw try repository.explainUnknown(name) ?? .fatal(Bytes("Not a valid object name ") + name)
    }

    /// What is known of the object; nil when it is absent or, as the errors then tell, cannot be read.
    private func info(_ id: ObjectID, _ fields: ObjectFields) throws(CommandExit) -> ObjectInfo? {
        do throws(ObjectError) {
            return try objects.info(of: id, fields)
        } catch {
            if error.isMissingReplacement { return nil }
            if error.concernsReplacements { throw .fatal(error.cause) }
            console.errors.error(Bytes(error.description))
            return nil
        }
    }

    private func prettyPrint(_ id: ObjectID, _ name: Bytes) throws(CommandExit) {
        guard let kind = try info(id, .kind)?.kind else { throw .fatal(Bytes("Not a valid object name ") + name) }
        guard kind == .tree else { return try ObjectWriter(objects, console).write(id, kind: kind) }
        let listing = TreeListing(quotesFully: try repository.quotesPathsFully())
        try asking { () throws(ObjectError) in
            guard let contents = try objects.read(id, limit: .max) else { return }
            try listing.append(contents.bytes, id.algorithm, to: console.output)
        }
    }

    /// Follows tags to what they name and a commit to its tree until an object of the kind turns up; nil when none does.
    private func follow(_ id: ObjectID, to kind: ObjectKind) throws(CommandExit) -> ObjectID? {
        var current = id
        do throws(ObjectError) {
            // A tag's id depends on what it names, so only files that lie make a chain without end.
            for _ in 0..<1000 {
                let found = try objects.kind(of: current)
                if found == kind { return current }
                switch found {
                case .tag:
                    guard let target = try objects.tagTarget(of: current) else { return nil }
                    current = target.id
                case .commit:
                    guard let commit = try objects.commit(current) else { return nil }
                    current = commit.tree
                case .tree, .blob, nil: return nil
                }
            }
        } catch {
            if error.isMissingReplacement || error.concernsReplacements { throw .fatal(error.cause) }
            console.errors.error(Bytes(error.description))
        }
        return nil
    }
}

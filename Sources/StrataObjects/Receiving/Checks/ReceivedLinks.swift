import StrataModel
import Synchronization

/// What the objects that are received point to: each must be there in the end, among them or in the store, and be of the kind that it is said to be. From any
/// thread.
final class ReceivedLinks: Sendable {
    private let table = Mutex(LinkTable())
    /// Commits whose parents are not asked for.
    private let shallow: Set<ObjectID>
    private let limit: Int
    private let pack: String
    private let words: Words
    private let tell: ReceivedProblems?

    /// In whose words it is told what is wrong: those of `index-pack` and `unpack-objects` are not the same.
    enum Words { case indexing, unpacking }

    init(
        shallow: Set<ObjectID>, limit: Int, pack: String, words: Words = .indexing, tell: ReceivedProblems?
    ) {
        self.words = words
        self.shallow = shallow
        self.limit = limit
        self.pack = pack
        self.tell = tell
    }

    /// Takes note of an object, and of what it says of others as it is parsed.
    ///
    /// - Returns: what a commit or a tag points to.
    /// - Throws: `corrupt` where it cannot be parsed, or kinds contradict each other.
    func take(_ id: ObjectID, _ kind: ObjectKind, _ bytes: Span<UInt8>?) throws(ObjectError) -> [ObjectLinks.Link] {
        var links: [ObjectLinks.Link] = []
        try say(id, kind, LinkTable.Knowledge.received)
        guard let bytes else { return [] }
        do throws(ObjectLinks.Flaw) {
            switch kind {
            case .blob, .tree: return []
            case .commit: links = try ObjectLinks.commit(bytes, as: id)
            case .tag: links = [try ObjectLinks.tag(bytes, as: id)]
            }
        } catch {
            if let message = error.message { tell?(ReceivedProblem(id, message)) }
            throw failure(id, "invalid \(kind)")
        }
        if kind == .commit, shallow.contains(id) { links.removeSubrange(1...) }
        for link in links {
            guard let known = try mention(link, 0) else { continue }
            tellConflict(link, known)
            let what =
                kind == .tag
                ? "bad tag pointer to \(link.id) in \(id)"
                : "bad \(link.kind == .tree ? "tree pointer" : "parent") \(link.id) in commit \(id)"
            tell?(ReceivedProblem(id, what))
            throw failure(id, "invalid \(kind)")
        }
        return links
    }

    /// Takes note that what an object points to is to be there.
    ///
    /// - Parameter links: what a commit or a tag points to.
    func follow(
        _ id: ObjectID, _ kind: ObjectKind, _ bytes: Span<UInt8>, _ links: [ObjectLinks.Link]
    ) throws(ObjectError) {
        var links = links
        var isBroken = false
        if kind == .tree {
            do throws(ObjectLinks.Flaw) {
                if let flaw = try ObjectLinks.tree(bytes, id.algorithm, &links) { tell?(ReceivedProblem(id, flaw)) }
            } catch {
                if let message = error.message { tell?(ReceivedProblem(id, message)) }
                isBroken = true
            }
        }
        let conflict = try table.withLock { table throws(ObjectError) -> (ObjectLinks.Link, ObjectKind)? in
            for link in links {
                if let known = table.say(link.id, is: link.kind, LinkTable.Knowledge.linked) { return (link, known) }
                try check(table.count)
            }
            return nil
        }
        if let conflict { tellConflict(conflict.0, conflict.1) }
        if isBroken || conflict != nil {
            throw failure(
                id,
                words == .indexing
                    ? "Not all child objects of \(id) are reachable" : "Error on reachable objects of \(id)")
        }
    }

    /// Takes note of what an object leads to, by ids alone: what a commit or a tag points to, and the directories of a tree. So does git's
    /// `do_record_outgoing_links`, in a clone without blobs too many would be looked for else.
    func note(
        _ id: ObjectID, _ kind: ObjectKind, _ bytes: Span<UInt8>, _ links: [ObjectLinks.Link]
    ) throws(ObjectError) {
        var links = links
        // Up to an entry that is none.
        if kind == .tree { _ = try? ObjectLinks.tree(bytes, id.algorithm, &links) }
        try table.withLock { table throws(ObjectError) in
            for link in links where kind != .tree || link.kind == .tree {
                _ = table.say(link.id, is: nil, LinkTable.Knowledge.noted)
                try check(table.count)
            }
        }
    }

    /// What was noted and has not been received, in the order of ids.
    var foreign: [ObjectID] {
        var foreign: [ObjectID] = []
        table.withLock { $0.visit { id, known in if known.isNoted, !known.isReceived { foreign.append(id) } } }
        foreign.sort()
        return foreign
    }

    func isReceived(_ id: ObjectID) -> Bool { table.withLock { $0.knowledge(of: id)?.isReceived ?? false } }

    /// Asks for everything that was pointed to and has not been received.
    ///
    /// - Returns: how many of those the store has.
    /// - Throws: `corrupt` where it does not have one, the one with the lowest id, or has it as another kind.
    func requireAll(in store: (any ObjectStore)?, _ progress: ProgressReport?) throws(ObjectError) -> Int {
        let table = table.withLock { $0 }
        var missing: ObjectID?
        var wrong: (link: ObjectLinks.Link, kind: ObjectKind)?
        var (foreign, done) = (0, 0)
        try table.visit { id, known throws(ObjectError) in
            done += 1
            progress?.at(done, of: table.count)
            guard known.isLinked, !known.isReceived, let wanted = known.kind else { return }
            guard let kind = try store?.kind(of: id) else {
                missing = min(missing ?? id, id)
                return
            }
            foreign += 1
            if kind != wanted, wrong.map({ id < $0.link.id }) ?? true {
                wrong = (ObjectLinks.Link(id: id, kind: wanted), kind)
            }
        }
        if words == .unpacking, let id = missing ?? wrong?.link.id { throw failure(id, "object of unexpected type") }
        if let missing { throw failure(missing, "did not receive expected object \(missing)") }
        if let wrong {
            throw failure(
                wrong.link.id, "object \(wrong.link.id): expected type \(wrong.link.kind), found \(wrong.kind)")
        }
        return foreign
    }

    // MARK: -

    private func mention(_ link: ObjectLinks.Link, _ more: UInt8) throws(ObjectError) -> ObjectKind? {
        try table.withLock { table throws(ObjectError) in
            let known = table.say(link.id, is: link.kind, more)
            try check(table.count)
            return known
        }
    }

    private func say(_ id: ObjectID, _ kind: ObjectKind, _ more: UInt8) throws(ObjectError) {
        let link = ObjectLinks.Link(id: id, kind: kind)
        guard let known = try mention(link, more) else { return }
        tellConflict(link, known)
        guard kind == .blob else { throw failure(id, "invalid \(kind)") }
        throw failure(id, words == .indexing ? "invalid blob object \(id)" : "invalid blob object")
    }

    private func tellConflict(_ link: ObjectLinks.Link, _ known: ObjectKind) {
        tell?(ReceivedProblem(link.id, "object \(link.id) is a \(known), not a \(link.kind)"))
    }

    private func check(_ count: Int) throws(ObjectError) {
        if count > limit {
            throw ObjectError(.tooLarge, file: pack, "the pack names more than \(limit) objects")
        }
    }

    private func failure(_ id: ObjectID, _ cause: String) -> ObjectError {
        ObjectError(.corrupt, object: id, file: pack, cause)
    }
}

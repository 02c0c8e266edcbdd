import StrataModel

/// The references of all worktrees as one walk over roots sees them: a snapshot of each store.
struct ReachabilityView {
    private struct Part {
        let worktree: ReachabilityRoots.Worktree
        let snapshot: any RefSnapshot
    }

    private let common: any RefSnapshot
    /// The main worktree first.
    private let parts: [Part]

    init(_ roots: ReachabilityRoots) throws(RefError) {
        var parts: [Part] = []
        for worktree in roots.worktrees {
            let snapshot = try worktree.reading { () throws(RefError) in try worktree.store.snapshot() }
            parts.append(Part(worktree: worktree, snapshot: snapshot))
        }
        self.parts = parts
        common = try roots.common.snapshot()
    }

    /// Calls `body` with what each reference leads to, in the order of the qualified names, until it returns false; whether it never did.
    func visit(_ body: (ReachabilityRoot) throws(RefError) -> Bool) throws(RefError) -> Bool {
        for part in parts where part.worktree.id == nil { guard try visit(part, body) else { return false } }
        var shared = RefScope.refs
        shared.exclude(RefName.perWorktreePrefixes)
        var cursor = try common.cursor(over: shared)
        while let view = try cursor.next() {
            if let id = try id(of: view, in: nil) {
                let root = ReachabilityRoot(id: id, reason: .reference, prefix: [], bare: .view(view))
                guard try body(root) else { return false }
            }
        }
        for part in parts where part.worktree.id != nil { guard try visit(part, body) else { return false } }
        return true
    }

    private func visit(
        _ part: Part, _ body: (ReachabilityRoot) throws(RefError) -> Bool
    ) throws(RefError) -> Bool {
        let (worktree, snapshot) = (part.worktree, part.snapshot)
        // Asked for by name: in a listing one that is missing does not show.
        try worktree.reading { () throws(RefError) in
            if try snapshot.read(.head) == nil, try worktree.needsHead() {
                throw RefError(.corrupt, "HEAD is missing", reference: .head)
            }
        }
        var roots = RefScope.all
        roots.exclude([Array("refs".utf8)])
        for scope in [roots] + RefName.perWorktreePrefixes.map({ RefScope(prefix: $0) }) {
            var cursor = try worktree.reading { () throws(RefError) in try snapshot.cursor(over: scope) }
            while let view = try worktree.reading({ () throws(RefError) in try cursor.next() }) {
                let name = view.refName
                guard name.isPerWorktree,
                    let id = try worktree.reading({ () throws(RefError) in try id(of: view, in: part) })
                else { continue }
                let reason: ReachabilityRoot.Reason =
                    name == .head ? .head : name.hasPrefix("refs/") ? .reference : .rootReference
                let root = ReachabilityRoot(id: id, reason: reason, prefix: worktree.prefix, bare: .view(view))
                guard try body(root) else { return false }
            }
        }
        return true
    }

    /// What a reference leads to; nil for a symbolic one that leads to nothing.
    private func id(of view: RefView, in part: Part?) throws(RefError) -> ObjectID? {
        if let id = view.objectID { return id.isZero ? nil : id }
        let name = view.refName
        guard view.isSymbolic else { throw RefResolutionFailure.broken(name).error }
        do throws(RefResolutionFailure) {
            return try RefResolver.resolve(name) { name throws(RefError) in try read(name, in: part) }.id
        } catch {
            throw error.error
        }
    }

    /// What `name` holds as the worktree of `part` sees it; nil = the main one.
    private func read(_ name: RefName, in part: Part?) throws(RefError) -> RefValue? {
        switch name.place {
        case .shared: return try common.read(name)
        case .current: return try (part ?? self.part(nil))?.snapshot.read(name)
        case .main(let bare): return try self.part(nil)?.snapshot.read(bare)
        case .linked(let id, let bare): return try self.part(id)?.snapshot.read(bare)
        case .stray: return nil
        }
    }

    private func part(_ id: [UInt8]?) -> Part? { parts.first { $0.worktree.id == id } }
}

extension ReachabilityRoots.Worktree {
    /// Runs `body`, which reads this worktree's references; its failure names the worktree.
    func reading<T>(_ body: () throws(RefError) -> T) throws(RefError) -> T {
        do throws(RefError) {
            return try body()
        } catch {
            let place = String(decoding: prefix.dropLast(), as: UTF8.self)
            let name = error.reference.map { $0.isPerWorktree ? RefName(unchecked: prefix + $0.bytes) : $0 }
            throw RefError(
                error.code, "\(place): \(error.message)", reference: name, path: error.path,
                cause: error.cause ?? error)
        }
    }
}

public import StrataModel

extension Revision {
    /// The object that the expression names when its base names `id`, and its mode when a path in a tree led there; nil when there is none.
    ///
    /// Without operators and path that is `id`, whether it exists or not.
    /// - Parameter shallow: commits that count as having no parents, as the repository's `shallow` file lists them.
    /// - Throws: what git reports before it says that the expression is unknown.
    public func locate(
        _ id: ObjectID, in objects: any ObjectStore, shallow: Set<ObjectID> = []
    ) throws(RevisionError) -> (id: ObjectID, mode: TreeEntryMode?)? {
        let walk = Walk(objects: objects, shallow: shallow)
        var current = id
        for suffix in suffixes {
            guard let next = try apply(suffix, to: current, walk) else { return nil }
            current = next
        }
        guard let path else { return (current, nil) }
        do throws(ObjectError) {
            return try objects.entry(at: path[...], from: current)
        } catch {
            throw .lookup(error)
        }
    }

    /// The object that the expression names when its base names `id`; nil when there is none. As ``locate(_:in:shallow:)``.
    public func resolve(
        _ id: ObjectID, in objects: any ObjectStore, shallow: Set<ObjectID> = []
    ) throws(RevisionError) -> ObjectID? {
        try locate(id, in: objects, shallow: shallow)?.id
    }

    private func apply(_ suffix: Suffix, to id: ObjectID, _ walk: Walk) throws(RevisionError) -> ObjectID? {
        switch suffix.action {
        case .parent(let number):
            guard let (id, parents) = try walk.committish(id) else { return nil }
            if number == 0 { return id }
            return number <= parents.count ? parents[number - 1] : nil
        case .ancestor(let number):
            guard var (id, parents) = try walk.committish(id) else { return nil }
            for generation in 0..<number {
                if generation > 0 {
                    guard let above = try walk.parents(of: id) else { throw .missingCommit(id) }
                    parents = above
                }
                guard let parent = parents.first else { return nil }
                id = parent
            }
            return id
        case .object:
            return try walk.kind(of: id) == nil ? nil : id
        case .peel:
            guard try walk.kind(of: id) != nil else { return nil }
            guard let peeled = try walk.peel(id, verifying: true) else {
                throw .missingReferent(expression: Array(text[..<suffix.start]))
            }
            return peeled.id
        case .peelTo(let wanted):
            return try walk.follow(id, to: wanted, expression: text[..<suffix.end])
        }
    }

    /// Asks the objects, with their errors as ours.
    private struct Walk {
        let objects: any ObjectStore
        let shallow: Set<ObjectID>

        private func ask<R>(_ question: () throws(ObjectError) -> R) throws(RevisionError) -> R {
            do throws(ObjectError) {
                return try question()
            } catch {
                throw .lookup(error)
            }
        }

        func kind(of id: ObjectID) throws(RevisionError) -> ObjectKind? {
            try ask { () throws(ObjectError) in try objects.kind(of: id) }
        }

        func peel(_ id: ObjectID, verifying: Bool) throws(RevisionError) -> TypedObjectID? {
            try ask { () throws(ObjectError) in try objects.peel(id, verifyingTarget: verifying) }
        }

        /// The parents of a commit; nil when it is absent or is no commit.
        func parents(of id: ObjectID) throws(RevisionError) -> [ObjectID]? {
            let commit = try ask { () throws(ObjectError) in try objects.commit(id) }
            return shallow.contains(id) ? commit.map { _ in [] } : commit?.parents
        }

        /// The commit that `id` peels to, and its parents.
        func committish(_ id: ObjectID) throws(RevisionError) -> (ObjectID, [ObjectID])? {
            guard let peeled = try peel(id, verifying: false) else { return nil }
            guard peeled.kind == .commit else { throw .notACommit(id, peeled.kind) }
            return try parents(of: peeled.id).map { (peeled.id, $0) }
        }

        /// Follows tags to what they name and commits to their trees, until an object of the kind turns up.
        func follow(
            _ id: ObjectID, to wanted: ObjectKind, expression: ArraySlice<UInt8>
        ) throws(RevisionError) -> ObjectID? {
            var current = id
            guard var kind = try kind(of: id) else { return nil }
            // A tag's id depends on what it names, so only files that lie make a chain without end.
            for _ in 0..<1000 {
                if kind == wanted { return current }
                let next: ObjectID?
                switch kind {
                case .tag:
                    let tag = current
                    next = try ask { () throws(ObjectError) in try objects.tagTarget(of: tag) }?.id
                case .commit:
                    let commit = current
                    next = try ask { () throws(ObjectError) in try objects.commit(commit) }?.tree
                case .tree, .blob:
                    throw .wrongKind(expression: Array(expression), expected: wanted, actual: kind)
                }
                guard let next, let nextKind = try self.kind(of: next) else { return nil }
                (current, kind) = (next, nextKind)
            }
            return nil
        }
    }
}

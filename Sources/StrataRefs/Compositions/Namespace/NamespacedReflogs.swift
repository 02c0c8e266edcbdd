import StrataModel

/// The reflogs of a namespace, by the names that it shows.
struct NamespacedReflogs: ReflogStore {
    let namespace: RefNamespace
    let base: any ReflogStore

    private func need(_ name: RefName) throws(RefError) -> RefName {
        guard let full = namespace.full(name) else {
            throw RefError(.unsupported, "no reflogs are kept for '\(name)'", reference: name)
        }
        return full
    }

    func exists(_ name: RefName) throws(RefError) -> Bool {
        guard let full = namespace.full(name) else { return false }
        return try base.exists(full)
    }

    func read(
        _ name: RefName, newestFirst: Bool, _ body: (ReflogEntry) throws(RefError) -> Bool
    ) throws(RefError) {
        guard let full = namespace.full(name) else { return }
        try base.read(full, newestFirst: newestFirst, body)
    }

    func names() throws(RefError) -> [RefName] {
        try base.names().compactMap { full in
            guard let bare = namespace.bare(full.bytes), RefNamespace.isShown(bare.span) else { return nil }
            return RefName(unchecked: bare)
        }
    }

    func create(_ name: RefName) throws(RefError) { try base.create(try need(name)) }

    func delete(_ name: RefName) throws(RefError) { try base.delete(try need(name)) }

    func expire(
        _ name: RefName, rewrite: Bool, keep: (ReflogEntry) throws(RefError) -> Bool
    ) throws(RefError) -> Int { try base.expire(try need(name), rewrite: rewrite, keep: keep) }
}

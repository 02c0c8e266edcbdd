import StrataModel

/// The reflogs of an overlay: a name's lines in the back and then those in the front, or the front's alone once the name was hidden.
struct OverlayReflogs: ReflogStore {
    private let store: OverlayRefStore
    private let front: any ReflogStore

    init(_ store: OverlayRefStore, front: any ReflogStore) {
        self.store = store
        self.front = front
    }

    private var hides: Bool { store.deletes == .hide }

    /// The back's log of `name`, if it has one that shows.
    private func below(_ name: RefName) throws(RefError) -> (any ReflogStore)? {
        guard let logs = store.back.reflogs, try logs.exists(name) else { return nil }
        if hides, try store.front.snapshot().read(HiddenRefName.marker(of: name)) != nil { return nil }
        return logs
    }

    private func isReserved(_ name: RefName) -> Bool { hides && HiddenRefName.isReserved(name) }

    func exists(_ name: RefName) throws(RefError) -> Bool {
        if isReserved(name) { return false }
        if try front.exists(name) { return true }
        return try below(name) != nil
    }

    func read(
        _ name: RefName, newestFirst: Bool, _ body: (ReflogEntry) throws(RefError) -> Bool
    ) throws(RefError) {
        if isReserved(name) { return }
        let below = try below(name)
        var goesOn = true
        for logs in newestFirst ? [front, below] : [below, front] where goesOn {
            try logs?.read(name, newestFirst: newestFirst) { entry throws(RefError) in
                goesOn = try body(entry)
                return goesOn
            }
        }
    }

    func names() throws(RefError) -> [RefName] {
        var all = Set(try front.names().filter { !isReserved($0) })
        for name in try store.back.reflogs?.names() ?? [] where !isReserved(name) && !all.contains(name) {
            if try below(name) != nil { all.insert(name) }
        }
        return all.sorted()
    }

    /// Over a store that is only read nothing is changed in the front either.
    private func checkWrites(_ name: RefName) throws(RefError) {
        if !store.capabilities.contains(.writes) { throw ReadOnlyRefStore.refusal(name) }
    }

    func create(_ name: RefName) throws(RefError) {
        if isReserved(name) { throw OverlayRefStore.refusal(name) }
        try checkWrites(name)
        if try below(name) == nil { try front.create(name) }
    }

    func delete(_ name: RefName) throws(RefError) {
        if isReserved(name) { return }
        try checkWrites(name)
        if let below = try below(name) {
            if hides { throw kept(name) }
            try below.delete(name)
        }
        try front.delete(name)
    }

    func expire(
        _ name: RefName, rewrite: Bool, keep: (ReflogEntry) throws(RefError) -> Bool
    ) throws(RefError) -> Int {
        if isReserved(name) { return 0 }
        try checkWrites(name)
        guard let below = try below(name) else { return try front.expire(name, rewrite: rewrite, keep: keep) }
        if hides { throw kept(name) }
        guard try front.exists(name) else { return try below.expire(name, rewrite: rewrite, keep: keep) }
        if rewrite {
            throw RefError(
                .unsupported, "the reflog of '\(name)' lies in two stores, and cannot be rewritten", reference: name)
        }
        return try below.expire(name, rewrite: false, keep: keep) + front.expire(name, rewrite: false, keep: keep)
    }

    private func kept(_ name: RefName) -> RefError {
        RefError(
            .unsupported, "the reflog of '\(name)' begins in a store that the overlay does not write", reference: name)
    }
}

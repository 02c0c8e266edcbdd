import StrataModel

/// The reflogs that a worktree sees: its own, and the shared ones.
struct WorktreeReflogs: ReflogStore {
    let store: WorktreeRefStore

    private func route(_ name: RefName) throws(RefError) -> (any ReflogStore, RefName)? {
        guard let (part, bare) = store.route(name), let logs = try store.store(of: part)?.reflogs else { return nil }
        return (logs, bare)
    }

    private func need(_ name: RefName) throws(RefError) -> (any ReflogStore, RefName) {
        guard let found = try route(name) else {
            throw RefError(.unsupported, "no reflogs are kept for '\(name)'", reference: name)
        }
        return found
    }

    func exists(_ name: RefName) throws(RefError) -> Bool {
        guard let (logs, bare) = try route(name) else { return false }
        return try logs.exists(bare)
    }

    func read(
        _ name: RefName, newestFirst: Bool, _ body: (ReflogEntry) throws(RefError) -> Bool
    ) throws(RefError) {
        guard let (logs, bare) = try route(name) else { return }
        try logs.read(bare, newestFirst: newestFirst, body)
    }

    func names() throws(RefError) -> [RefName] {
        let shared = try store.common.reflogs?.names() ?? []
        guard let own = store.own else { return shared }
        let mine = try own.reflogs?.names().filter(\.isPerWorktree) ?? []
        return (mine + shared.filter { !$0.isPerWorktree }).sorted()
    }

    func create(_ name: RefName) throws(RefError) {
        let (logs, bare) = try need(name)
        try logs.create(bare)
    }

    func delete(_ name: RefName) throws(RefError) {
        let (logs, bare) = try need(name)
        try logs.delete(bare)
    }

    func expire(
        _ name: RefName, rewrite: Bool, keep: (ReflogEntry) throws(RefError) -> Bool
    ) throws(RefError) -> Int {
        let (logs, bare) = try need(name)
        return try logs.expire(bare, rewrite: rewrite, keep: keep)
    }
}

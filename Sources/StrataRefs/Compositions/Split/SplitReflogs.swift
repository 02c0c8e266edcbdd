import StrataModel

/// The reflogs of a split store: each with its reference.
struct SplitReflogs: ReflogStore {
    let store: any SplitRefStore

    private func find(_ name: RefName) throws(RefError) -> (logs: any ReflogStore, name: RefName)? {
        guard let place = store.place(of: name), let logs = try store.store(of: place.part)?.reflogs else { return nil }
        return (logs, place.name)
    }

    private func need(_ name: RefName) throws(RefError) -> (logs: any ReflogStore, name: RefName) {
        guard let found = try find(name) else {
            throw RefError(.unsupported, "no reflogs are kept for '\(name)'", reference: name)
        }
        return found
    }

    func exists(_ name: RefName) throws(RefError) -> Bool {
        guard let (logs, name) = try find(name) else { return false }
        return try logs.exists(name)
    }

    func read(
        _ name: RefName, newestFirst: Bool, _ body: (ReflogEntry) throws(RefError) -> Bool
    ) throws(RefError) {
        guard let (logs, name) = try find(name) else { return }
        try logs.read(name, newestFirst: newestFirst, body)
    }

    /// The names with a log in the store that they live in; what other stores keep under them is not seen.
    func names() throws(RefError) -> [RefName] {
        var all: [RefName] = []
        for part in store.listedParts {
            let names = try store.store(of: part)?.reflogs?.names() ?? []
            all += names.filter { name in
                guard let place = store.place(of: name) else { return false }
                return place.part == part && place.name == name
            }
        }
        return all.sorted()
    }

    func create(_ name: RefName) throws(RefError) {
        let found = try need(name)
        try found.logs.create(found.name)
    }

    func delete(_ name: RefName) throws(RefError) {
        let found = try need(name)
        try found.logs.delete(found.name)
    }

    func expire(
        _ name: RefName, rewrite: Bool, keep: (ReflogEntry) throws(RefError) -> Bool
    ) throws(RefError) -> Int {
        let found = try need(name)
        return try found.logs.expire(found.name, rewrite: rewrite, keep: keep)
    }
}

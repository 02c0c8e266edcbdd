import StrataModel
import StrataRefs

/// The reflogs of a small store.
struct SmallReflogs: ReflogStore {
    let store: SmallRefStore

    func exists(_ name: RefName) throws(RefError) -> Bool { store.now.logs[name] != nil }

    func read(
        _ name: RefName, newestFirst: Bool, _ body: (ReflogEntry) throws(RefError) -> Bool
    ) throws(RefError) {
        let entries = store.now.logs[name] ?? []
        for entry in newestFirst ? entries.reversed() : entries {
            guard try body(entry) else { return }
        }
    }

    func names() throws(RefError) -> [RefName] { store.now.logs.keys.sorted() }

    func create(_ name: RefName) throws(RefError) {
        store.change { if $0.logs[name] == nil { $0.logs[name] = [] } }
    }

    func delete(_ name: RefName) throws(RefError) { store.change { $0.logs[name] = nil } }

    func expire(
        _ name: RefName, rewrite: Bool, keep: (ReflogEntry) throws(RefError) -> Bool
    ) throws(RefError) -> Int {
        let entries = store.now.logs[name] ?? []
        var kept: [ReflogEntry] = []
        for var entry in entries {
            if rewrite { entry.old = kept.last?.new ?? .zero(.sha1) }
            if try keep(entry) { kept.append(entry) }
        }
        store.ways.expire(store)
        if kept != entries { store.change { [kept] in $0.logs[name] = kept } }
        return entries.count - kept.count
    }
}

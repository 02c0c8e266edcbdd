import StrataModel
import Synchronization

/// The reflogs of a memory store.
struct MemoryReflogs: ReflogStore {
    let store: MemoryRefStore

    func exists(_ name: RefName) throws(RefError) -> Bool { store.state.withLock { $0.logs[name] != nil } }

    func read(
        _ name: RefName, newestFirst: Bool, _ body: (ReflogEntry) throws(RefError) -> Bool
    ) throws(RefError) {
        let entries = store.state.withLock { $0.logs[name] ?? [] }
        for index in entries.indices {
            guard try body(entries[newestFirst ? entries.count - 1 - index : index]) else { return }
        }
    }

    func names() throws(RefError) -> [RefName] { store.state.withLock { $0.logs.keys.sorted() } }

    func create(_ name: RefName) throws(RefError) {
        store.state.withLock { if $0.logs[name] == nil { $0.logs[name] = [] } }
    }

    func delete(_ name: RefName) throws(RefError) { store.state.withLock { $0.logs[name] = nil } }

    func expire(
        _ name: RefName, rewrite: Bool, keep: (ReflogEntry) throws(RefError) -> Bool
    ) throws(RefError) -> Int {
        let entries = store.state.withLock { $0.logs[name] ?? [] }
        var kept: [ReflogEntry] = []
        for var entry in entries {
            if rewrite { entry.old = kept.last?.new ?? .zero(store.hashAlgorithm) }
            if try keep(entry) { kept.append(entry) }
        }
        if kept != entries { store.state.withLock { [kept] in $0.logs[name] = kept } }
        return entries.count - kept.count
    }
}

import StrataModel
import StrataRefs

/// The reflogs of the store that the references are in. What was done in files that were being moved is done again in the new store.
struct CurrentReflogs: ReflogStore {
    let store: CurrentRefStore

    /// Runs `body` with the reflogs that are current. `isBegun` = it is not to be done again.
    private func following<T>(
        unless isBegun: () -> Bool = { false }, _ body: (any ReflogStore) throws(RefError) -> T
    ) throws(RefError) -> T {
        try store.following(unless: isBegun) { inner, stack throws(RefError) in
            guard let logs = inner.reflogs else { throw RefError(.unsupported, "no reflogs are kept") }
            let result = try body(logs)
            // What was read of a log that was there is right.
            if !stack.stores.areIsolated, !isBegun(), try !store.stores.isCurrent(stack) {
                throw StoreMove.before.error(at: store.stores.commonDirectory)
            }
            return result
        }
    }

    func exists(_ name: RefName) throws(RefError) -> Bool {
        try following { logs throws(RefError) in try logs.exists(name) }
    }

    func read(
        _ name: RefName, newestFirst: Bool, _ body: (ReflogEntry) throws(RefError) -> Bool
    ) throws(RefError) {
        var isBegun = false
        func hasBegun() -> Bool { isBegun }
        try following(unless: hasBegun) { logs throws(RefError) in
            try logs.read(name, newestFirst: newestFirst) { entry throws(RefError) in
                isBegun = true
                return try body(entry)
            }
        }
    }

    func names() throws(RefError) -> [RefName] { try following { logs throws(RefError) in try logs.names() } }

    func create(_ name: RefName) throws(RefError) {
        try following { logs throws(RefError) in try logs.create(name) }
    }

    func delete(_ name: RefName) throws(RefError) {
        try following { logs throws(RefError) in try logs.delete(name) }
    }

    func expire(
        _ name: RefName, rewrite: Bool, keep: (ReflogEntry) throws(RefError) -> Bool
    ) throws(RefError) -> Int {
        var isBegun = false
        func hasBegun() -> Bool { isBegun }
        return try store.following(unless: hasBegun) { inner, stack throws(RefError) in
            guard let logs = inner.reflogs else { throw RefError(.unsupported, "no reflogs are kept") }
            let count = try logs.expire(name, rewrite: rewrite) { entry throws(RefError) in
                isBegun = true
                return try keep(entry)
            }
            if !stack.stores.areIsolated, try !store.stores.isCurrent(stack) {
                throw (isBegun ? StoreMove.during : .before).error(at: store.stores.commonDirectory)
            }
            return count
        }
    }
}

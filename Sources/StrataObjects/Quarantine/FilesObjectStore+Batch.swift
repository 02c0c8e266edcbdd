public import StrataIO
public import StrataModel

extension FilesObjectStore {
    /// Writes many objects that are made durable together: git's `core.fsyncMethod=batch`.
    ///
    /// With durability `data` or `full` the objects that `body` writes into the store that it is given lie aside, are handed to the device one by one, made to last by
    /// one sync, and get their names when `body` has returned: that takes a fraction of the time of a sync for each. When it throws, none of them is there. With less
    /// durability, objects are written as ever.
    /// - Parameter durability: nil = as the store is configured.
    /// - Throws: what `body` throws; what ``ObjectQuarantine/migrate(durability:)`` does.
    public func withBatch<R>(
        durability: Durability? = nil, _ body: (any ObjectStore) throws(ObjectError) -> R
    ) throws(ObjectError) -> R {
        let syncing = writing.syncing(for: durability)
        guard syncing >= .data else { return try body(self) }
        let batch = try ObjectQuarantine(of: self, purpose: "bulk-fsync")
        let result = try body(UnsyncedObjectStore(base: batch.store))
        try batch.migrate(durability: syncing == .full ? .full : .data)
        return result
    }
}

/// A store whose writes are made durable by somebody else.
private struct UnsyncedObjectStore: WrappingObjectStore {
    let base: any ObjectStore

    func write(
        _ kind: ObjectKind, _ bytes: Span<UInt8>, durability: Durability?
    ) throws(ObjectError) -> ObjectID {
        try base.write(kind, bytes, durability: Durability.none)
    }

    func write(_ stream: any ObjectStream, durability: Durability?) throws(ObjectError) -> ObjectID {
        try base.write(stream, durability: Durability.none)
    }

    func pinned() throws(ObjectError) -> any ObjectStore { UnsyncedObjectStore(base: try base.pinned()) }
}

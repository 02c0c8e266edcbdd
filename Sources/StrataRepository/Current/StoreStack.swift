import StrataIO
import StrataRefs

/// The stores of a repository, and what was looked at when they were made.
final class StoreStack: Sendable {
    let stores: RepositoryStores
    let state: StorageState
    /// What `config` was when that was read; nil = it is to be read anew.
    let stamp: StatStamp?

    init(_ stores: RepositoryStores, _ state: StorageState, at stamp: StatStamp?) {
        self.stores = stores
        self.state = state
        self.stamp = stamp
    }
}

/// Where a repository's references are, and since which move.
struct StorageState: Equatable {
    let storage: ReferenceStorage
    /// nil = it was not looked at.
    let generation: StoreGeneration?
}

import StrataModel
import StrataObjects
import StrataTesting

/// Bugs of writing.
extension ObjectMutant {
    /// The object has its name before it has all its bytes.
    static let tornWrite = ObjectMutant("half an object is seen", foundBy: "concurrency: ") {
        $0.keep = { store, id, contents in
            let half = Array(contents.bytes.prefix(contents.bytes.count / 2))
            store.change { $0.loose[id] = ObjectContents(kind: contents.kind, bytes: half) }
            SmallObjectStore.wait()
            store.change { $0.loose[id] = contents }
        }
    }

    /// Two writers begin from the same state, and the last one's is kept.
    static let lostUpdate = ObjectMutant("what was written is lost", foundBy: "concurrency: ") {
        $0.keep = { store, id, contents in
            var loose = store.now.loose
            SmallObjectStore.wait()
            loose[id] = contents
            store.change { [loose] in $0.loose = loose }
        }
    }

    /// Nothing is fed to the hash where there is nothing.
    static let wrongIDOfEmpty = ObjectMutant(
        "empty objects have the wrong id", foundBy: "names: an empty blob has git's id"
    ) {
        $0.id = { contents, id in contents.bytes.isEmpty && contents.kind == .blob ? .emptyTree(id.algorithm) : id }
    }

    static let shortStreamAccepted = ObjectMutant(
        "a stream that ends early is taken as it is",
        foundBy: "streamed writing: a small object declared a byte too large is refused"
    ) { $0.takes = { $0.count <= $1 ? $0 : nil } }

    static let refusedStreamKept = ObjectMutant(
        "a stream that is refused is there all the same",
        foundBy: "streamed writing: a small object declared a byte too small is refused and leaves nothing"
    ) { $0.keepsRefused = true }

    /// A store that says that it cannot be written, and can.
    static let writesAllTheSame = ObjectMutant(
        "a read-only store writes", foundBy: "read-only stores: refuse an object that is new"
    ) {
        let store = MemoryObjectStore(.sha1)
        return SharedObjects([Lying(base: store), store])
    }

    private struct Lying: WrappingObjectStore {
        let base: any ObjectStore
        var capabilities: ObjectStoreCapabilities { [.pins] }
        func pinned() throws(ObjectError) -> any ObjectStore { try base.pinned() }
    }
}

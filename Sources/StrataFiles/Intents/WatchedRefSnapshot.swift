import StrataModel
import StrataRefs

/// References in files as readers are to see them: each transaction of several steps whole or not at all.
final class WatchedRefSnapshot: RefSnapshot {
    /// The files as they stand.
    private let files: any FileRefSnapshot
    /// Where they are, below the common dir.
    private let directory: [UInt8]
    private let watch: RefIntentWatch

    init(_ files: any FileRefSnapshot, directory: [UInt8], _ watch: RefIntentWatch) {
        self.files = files
        self.directory = directory
        self.watch = watch
    }

    func read(_ name: RefName) throws(RefError) -> RefValue? {
        try watch.value(of: name, in: directory) { () throws(RefError) in try files.read(name) }
    }

    /// The intents are looked at once for all.
    func read(_ names: [RefName]) throws(RefError) -> [RefValue?] {
        try watch.reading { moment throws(RefError) in
            let live = watch.live(at: moment)
            let found = try files.read(names)
            guard let live else { return found }
            return zip(names, found).map { live.value(of: $0, in: directory, found: $1) }
        }
    }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor {
        try ReopenedRefCursor(over: scope) { scope throws(RefError) in try self.opened(scope) }
    }

    private func opened(_ scope: RefScope) throws(RefError) -> MergedRefCursor {
        try watch.cursor(over: scope, in: directory) { name throws(RefError) in
            try files.read(name)
        } _: { () throws(RefError) in
            try files.cursors(over: scope)
        }
    }

    var watches: [any RefReadWatch] { [watch] }
}

/// A view of files whose cursors have read all that can change when they are made.
protocol FileRefSnapshot: RefSnapshot {
    /// The walks over `scope` that are to be merged, the foremost first.
    func cursors(over scope: RefScope) throws(RefError) -> [any RefCursor]
}

extension LooseRefSnapshot: FileRefSnapshot {
    func cursors(over scope: RefScope) throws(RefError) -> [any RefCursor] { [try cursor(over: scope)] }
}

import StrataModel
import StrataRefs

/// The loose files over `packed-refs`, as they stand.
///
/// `packed-refs` is fetched *after* the loose files were read, each time: a reference that pack-refs has taken from here is then found
/// there.
struct FilesRefSnapshot: FileRefSnapshot {
    private let loose: LooseRefSnapshot
    private let packed: CachedRefStore

    init(_ loose: LooseRefSnapshot, _ packed: CachedRefStore) {
        self.loose = loose
        self.packed = packed
    }

    func read(_ name: RefName) throws(RefError) -> RefValue? {
        if let value = try loose.read(name) { return value }
        return try packed.snapshot().read(name)
    }

    /// The packed ones are looked for in one state.
    func read(_ names: [RefName]) throws(RefError) -> [RefValue?] {
        var values = try loose.read(names)
        let rest = values.indices.filter { values[$0] == nil }
        if rest.isEmpty { return values }
        for (index, value) in zip(rest, try packed.snapshot().read(rest.map { names[$0] })) { values[index] = value }
        return values
    }

    func cursors(over scope: RefScope) throws(RefError) -> [any RefCursor] {
        let front = try loose.cursor(over: scope)
        return [front, try packed.snapshot().cursor(over: scope)]
    }

    func cursor(over scope: RefScope) throws(RefError) -> any RefCursor {
        try ReopenedRefCursor(over: scope) { scope throws(RefError) in
            try MergedRefCursor(try cursors(over: scope).map { MergedRefCursor.Child($0) })
        }
    }
}

package import StrataModel
package import StrataRefs

/// All that a store holds, as text.
package enum RefContents {
    /// All that a store lists, as loose references are written.
    package static func references(of store: any RefStore) throws -> [String: String] {
        try references(of: store.snapshot()) { $0.text }
    }

    /// All that a snapshot lists, in words of the caller's.
    static func references(of snapshot: any RefSnapshot, _ text: (RefValue) -> String) throws -> [String: String] {
        var all: [String: String] = [:]
        var cursor = try snapshot.cursor(over: .all)
        while let view = try cursor.next() { all[escaped(view.refName.bytes)] = text(view.value) }
        return all
    }

    /// Puts references into a store, by its primitives.
    package static func put(
        _ references: [(name: RefName, value: RefValue)], into store: any RefStore
    ) throws(RefError) {
        let held = try store.hold(references.map(\.name).sorted())
        try held.stage(
            references.map {
                ResolvedRefEdit(name: $0.name, action: .write($0.value), old: nil, reflog: nil, createsReflog: false)
            }, durability: nil)
        try held.commit()
    }

    /// All reflogs of a store, their lines as git writes them.
    package static func logs(of store: any RefStore) throws -> [String: [String]] {
        try logs(of: store) { entry in
            let message = entry.message.isEmpty ? "" : "\t" + String(decoding: entry.message, as: UTF8.self)
            return "\(entry.old) \(entry.new) \(entry.committer)\(message)"
        }
    }

    /// All reflogs of a store, their lines in words of the caller's.
    static func logs(of store: any RefStore, _ text: (ReflogEntry) -> String) throws -> [String: [String]] {
        var all: [String: [String]] = [:]
        for name in try store.reflogs?.names() ?? [] {
            var lines: [String] = []
            try store.reflogs?.read(name, newestFirst: false) { entry throws(RefError) in
                lines.append(text(entry))
                return true
            }
            all[escaped(name.bytes)] = lines
        }
        return all
    }
}

extension RefValue {
    /// The value as a loose reference is written, without the line feed.
    package var text: String {
        switch self {
        case .object(let id, _): id.hex
        case .symbolic(let target): "ref: " + String(decoding: target, as: UTF8.self)
        case .broken: "garbage"
        }
    }
}

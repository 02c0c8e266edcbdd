/// `core.fsync` and `core.fsyncMethod`: which parts of a repository are made durable when they are written, and how.
struct FsyncSettings: Sendable {
    /// Parts of a repository. Git's `enum fsync_component`.
    struct Components: OptionSet, Sendable {
        let rawValue: UInt8
        static var looseObject: Components { Components(rawValue: 1) }
        static var pack: Components { Components(rawValue: 2) }
        static var packMetadata: Components { Components(rawValue: 4) }
        static var commitGraph: Components { Components(rawValue: 8) }
        static var index: Components { Components(rawValue: 16) }
        static var reference: Components { Components(rawValue: 32) }
        static var objectMap: Components { Components(rawValue: 64) }

        static var objects: Components { [.looseObject, .pack] }
        static var derivedMetadata: Components { [.packMetadata, .commitGraph] }
        static var committed: Components { [.objects, .reference] }
        static var added: Components { [.committed, .index] }
        static var all: Components { [.added, .derivedMetadata, .objectMap] }
        /// What git makes durable where nothing is configured.
        static var usual: Components { [.pack, .derivedMetadata] }
    }

    enum Method: Sendable { case fsync, writeoutOnly, batch }

    private(set) var components = Components.usual
    private(set) var method = Method.fsync

    /// - Parameter warnings: gets what git would warn of.
    init(_ config: Config, _ warnings: inout [String]) throws(RepositoryError) {
        if let index = config.lastIndex(of: "core.fsync".utf8) {
            components = Self.components(try config.string(at: index), &warnings)
        }
        for index in config.indices(of: "core.fsyncmethod".utf8) {
            let value = String(decoding: try config.string(at: index), as: UTF8.self)
            switch value {
            case "fsync": method = .fsync
            case "batch": method = .batch
            case "writeout-only": method = .writeoutOnly
            default: warnings.append("ignoring unknown core.fsyncMethod value '\(value)'")
            }
        }
    }

    private static var names: [(String, Components)] {
        [
            ("loose-object", .looseObject), ("pack", .pack), ("pack-metadata", .packMetadata),
            ("commit-graph", .commitGraph), ("index", .index), ("objects", .objects), ("reference", .reference),
            ("derived-metadata", .derivedMetadata), ("committed", .committed), ("added", .added), ("all", .all),
        ]
    }

    /// Reads a list of components. A name may be cut short, and then stands for all that begin so; `-name` takes away from the usual ones, `none`
    /// at the end takes those away whole. Git's function: `parse_fsync_components`.
    private static func components(_ list: [UInt8], _ warnings: inout [String]) -> Components {
        var usual = Components.usual
        var (wanted, unwanted): (Components, Components) = ([], [])
        for part in list.split(separator: UInt8(ascii: ",")) {
            var name = part.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }
            if PathBytes.equals(name, "none"), part.endIndex == list.endIndex {
                usual = []
                break
            }
            let isNegated = name.first == UInt8(ascii: "-")
            if isNegated { name.removeFirst() }
            guard !name.isEmpty else {
                // Nothing between two commas is passed over, but at a lone minus git stops.
                guard isNegated else { continue }
                warnings.append("invalid value for variable core.fsync")
                break
            }
            let found = names.filter { $0.0.utf8.starts(with: name) }.map(\.1)
            if found.isEmpty {
                warnings.append("ignoring unknown core.fsync component '\(String(decoding: name, as: UTF8.self))'")
            }
            if isNegated { unwanted.formUnion(Components(found)) } else { wanted.formUnion(Components(found)) }
        }
        return usual.subtracting(unwanted).union(wanted)
    }
}

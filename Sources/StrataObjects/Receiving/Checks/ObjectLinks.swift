import StrataModel

/// What the contents of an object point to, as git's parsers read them, which are less strict than ``ObjectSyntax``. Git's functions:
/// `parse_commit_buffer`, `parse_tag_buffer`, `fsck_walk_tree`.
enum ObjectLinks {
    /// Why there is nothing to be read; what git says of it, if it says anything.
    struct Flaw: Error {
        let message: String?
    }

    typealias Link = TypedObjectID

    /// A commit's tree and parents.
    static func commit(_ bytes: Span<UInt8>, as id: ObjectID) throws(Flaw) -> [Link] {
        let hex = id.algorithm.hexCount
        let lines = HeaderBytes(bytes)
        guard bytes.count > hex + 7, lines.has("tree ", at: 0), bytes[5 + hex] == 0x0a else {
            throw Flaw(message: "bogus commit object \(id)")
        }
        guard let tree = lines.id(at: 5, hex) else { throw Flaw(message: "bad tree pointer in commit \(id)") }
        var links = [Link(id: tree, kind: .tree)]
        var place = hex + 6
        while place + hex + 7 < bytes.count, lines.has("parent ", at: place) {
            guard place + hex + 8 < bytes.count, bytes[place + 7 + hex] == 0x0a,
                let parent = lines.id(at: place + 7, hex)
            else { throw Flaw(message: "bad parents in commit \(id)") }
            links.append(Link(id: parent, kind: .commit))
            place += hex + 8
        }
        return links
    }

    /// What a tag names.
    static func tag(_ bytes: Span<UInt8>, as id: ObjectID) throws(Flaw) -> Link {
        let hex = id.algorithm.hexCount
        let lines = HeaderBytes(bytes)
        guard bytes.count >= hex + 24, lines.has("object ", at: 0), let target = lines.id(at: 7, hex),
            bytes[7 + hex] == 0x0a, lines.has("type ", at: 8 + hex), let type = lines.line(at: 13 + hex),
            type.count < 20
        else { throw Flaw(message: nil) }
        let word = type.map { bytes[$0] }
        guard let kind = ObjectKind(name: word) else {
            throw Flaw(message: "unknown tag type '\(String(decoding: word, as: UTF8.self))' in \(id)")
        }
        let name = type.upperBound + 1
        guard name + 4 < bytes.count, lines.has("tag ", at: name), lines.line(at: name + 4) != nil else {
            throw Flaw(message: nil)
        }
        return Link(id: target, kind: kind)
    }

    /// What a tree names, but for commits of other repositories, up to an entry that is none.
    ///
    /// - Returns: what is wrong with that entry; nil = there is none.
    static func tree(
        _ bytes: Span<UInt8>, _ algorithm: HashAlgorithm, _ links: inout [Link]
    ) throws(Flaw) -> String? {
        var found: [Link] = []
        defer { links = found }
        let flaw = unsafe bytes.withUnsafeBytes { bytes -> (first: Bool, cause: String)? in
            var place = 0
            while place < bytes.count {
                guard let entry = unsafe TreeSyntax.entry(bytes, at: place, algorithm) else {
                    return (place == 0, unsafe TreeSyntax.cause(bytes, at: place, algorithm))
                }
                let mode = TreeEntryMode(written: UInt32(entry.mode))
                if mode != .submodule {
                    let id = unsafe ObjectID(bytes, at: entry.name.upperBound + 1, algorithm)
                    found.append(Link(id: id, kind: mode.kind))
                }
                place = entry.end
            }
            return nil
        }
        guard let flaw else { return nil }
        if flaw.first { throw Flaw(message: flaw.cause) }
        return flaw.cause
    }
}

/// The header of a commit or a tag.
@safe
private struct HeaderBytes: ~Escapable {
    private let bytes: Span<UInt8>

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) { self.bytes = bytes }

    func has(_ word: StaticString, at place: Int) -> Bool {
        let count = word.utf8CodeUnitCount
        guard place + count <= bytes.count else { return false }
        for offset in 0..<count where unsafe bytes[place + offset] != word.utf8Start[offset] { return false }
        return true
    }

    func id(at place: Int, _ count: Int) -> ObjectID? {
        guard place + count <= bytes.count else { return nil }
        return ObjectID(hex: bytes.extracting(place..<place + count))
    }

    /// The rest of the line that a place is in; nil when it does not end.
    func line(at place: Int) -> Range<Int>? {
        var end = place
        while end < bytes.count, bytes[end] != 0x0a { end += 1 }
        return end < bytes.count ? place..<end : nil
    }
}

import StrataModel

/// Parses what a tag says of its target, as strictly as git's `parse_tag_buffer`.
enum Tag {
    /// The target of a tag whose contents are `bytes`, or nil when they are no tag: `object`, `type` and `tag` lines.
    static func target(_ bytes: [UInt8], algorithm: HashAlgorithm) -> TypedObjectID? {
        var lines = HeaderLines(bytes)
        guard let object = lines.next("object "), let id = ObjectID(hex: object.span), id.algorithm == algorithm,
            let type = lines.next("type "), let kind = ObjectKind(name: type), lines.next("tag ") != nil
        else { return nil }
        return TypedObjectID(id: id, kind: kind)
    }
}

/// Walks the header lines of a commit or tag, which start with fixed words in a fixed order.
struct HeaderLines {
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The rest of the next line when it starts with `word` and ends with a newline; else nil, and nothing is passed.
    mutating func next(_ word: StaticString) -> [UInt8]? {
        guard let end = bytes[place...].firstIndex(of: 0x0a) else { return nil }
        let line = bytes[place..<end]
        let isThere = unsafe line.starts(
            with: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
        guard isThere else { return nil }
        place = end + 1
        return Array(line.dropFirst(word.utf8CodeUnitCount))
    }

    /// Whether the next line starts with `word`, newline or not.
    func isNext(_ word: StaticString) -> Bool {
        unsafe bytes[place...].starts(with: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }
}

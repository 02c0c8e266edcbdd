/// What the first line of a `packed-refs` file says of the file.
public struct PackedRefsHeader: Sendable, Hashable {
    /// Properties that writers vouch for. Unknown ones are passed over.
    public struct Traits: OptionSet, Sendable, Hashable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// What `refs/tags/` names is peeled where it can be.
        public static let peeled = Traits(rawValue: 1)
        /// Everything is peeled that can be.
        public static let fullyPeeled = Traits(rawValue: 2)
        /// The records are in the order of their names' bytes.
        public static let sorted = Traits(rawValue: 4)
    }

    public let traits: Traits
    /// Whether the line is, byte for byte, the one that git writes. Then the records are taken to be as git writes them, too.
    public let isCanonical: Bool

    /// A file without a header.
    static let none = PackedRefsHeader(traits: [], isCanonical: false)

    /// The header of every file that is written. The blank at its end is part of the format: old gits look for ` sorted `.
    package static let line = Array("# pack-refs with: peeled fully-peeled sorted \n".utf8)
    private static let opening = Array("# pack-refs with: ".utf8)

    private init(traits: Traits, isCanonical: Bool) {
        self.traits = traits
        self.isCanonical = isCanonical
    }

    /// The header in `line`, its line feed included; nil when it is none. Git's function: `create_snapshot`.
    init?(line: [UInt8]) {
        guard line.starts(with: Self.opening) else { return nil }
        var traits: Traits = []
        // What follows a NUL does not count.
        let list = line.dropLast().prefix { $0 != 0 }.dropFirst(Self.opening.count)
        for word in list.split(separator: UInt8(ascii: " ")) {
            if word.elementsEqual("peeled".utf8) { traits.insert(.peeled) }
            if word.elementsEqual("fully-peeled".utf8) { traits.insert(.fullyPeeled) }
            if word.elementsEqual("sorted".utf8) { traits.insert(.sorted) }
        }
        self.init(traits: traits, isCanonical: line == Self.line)
    }
}

import StrataModel
import StrataObjects

/// An object that laws speak of.
struct ObjectSample: Sendable {
    let name: String
    /// Its contents, which may name other objects by ids of the algorithm.
    let contents: @Sendable (HashAlgorithm) -> ObjectContents

    /// One of every kind and shape.
    static let shapes: [ObjectSample] =
        ObjectKind.allCases.map { kind in
            ObjectSample(name: "an empty \(kind)") { _ in ObjectContents(kind: kind, bytes: []) }
        } + [
            ObjectSample(name: "a text") { _ in .blob("hello, world\n") },
            ObjectSample(name: "a byte") { _ in ObjectContents(kind: .blob, bytes: [0]) },
            ObjectSample(name: "bytes of all values") { _ in
                ObjectContents(kind: .blob, bytes: (0...255).map(UInt8.init))
            },
            ObjectSample(name: "what looks like a header") { _ in .blob("blob 5\0hello") },
            ObjectSample(name: "what is compressed already") { _ in .blob(random: 3000, seed: 3) },
            ObjectSample(name: "a blob of some pages") { _ in .blob(random: 70_001, seed: 4) },
            ObjectSample(name: "a tree") { .tree($0) }, ObjectSample(name: "a commit") { .commit($0) },
            ObjectSample(name: "a tag") { .tag(of: .commit($0), $0) },
        ]
}

extension ObjectContents {
    /// The object's id, as the model has it.
    func id(_ algorithm: HashAlgorithm) throws(ObjectError) -> ObjectID {
        try MemoryObjectStore(algorithm).write(kind, bytes.span, durability: nil)
    }

    static func blob(_ text: String) -> ObjectContents { ObjectContents(kind: .blob, bytes: Array(text.utf8)) }

    /// A blob of bytes that do not compress.
    static func blob(random count: Int, seed: UInt64) -> ObjectContents {
        var numbers = SeededNumbers(seed: seed)
        let words = (0..<(count + 7) / 8).map { _ in numbers.next().littleEndian }
        return ObjectContents(kind: .blob, bytes: unsafe words.withUnsafeBytes { unsafe Array($0.prefix(count)) })
    }

    /// A tree of one file, which holds ``blob(_:)`` of its name.
    static func tree(_ algorithm: HashAlgorithm, of name: String = "file") -> ObjectContents {
        var bytes = Array("100644 \(name)\0".utf8)
        (try? blob(name).id(algorithm))?.appendBytes(to: &bytes)
        return ObjectContents(kind: .tree, bytes: bytes)
    }

    static func commit(_ algorithm: HashAlgorithm, _ message: String = "a commit") -> ObjectContents {
        let tree = (try? tree(algorithm).id(algorithm))?.hex ?? ""
        let who = "Kit Tester <kit@example.com> 1234567890 +0130"
        return ObjectContents(
            kind: .commit, bytes: Array("tree \(tree)\nauthor \(who)\ncommitter \(who)\n\n\(message)\n".utf8))
    }

    /// A tag of `target`, which it says is a `kind`.
    static func tag(
        of target: ObjectContents, as kind: ObjectKind? = nil, _ algorithm: HashAlgorithm
    ) -> ObjectContents {
        let id = (try? target.id(algorithm))?.hex ?? ""
        let text =
            "object \(id)\ntype \(kind ?? target.kind)\ntag t\ntagger Kit Tester <kit@example.com> 1234567890 +0130\n\na tag\n"
        return ObjectContents(kind: .tag, bytes: Array(text.utf8))
    }

    /// What it is, in a few words.
    var words: String { "\(kind) of \(bytes.count) bytes" }
}

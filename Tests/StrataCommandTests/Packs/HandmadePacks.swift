import StrataHash
import StrataModel
import TestSupport
import Testing

/// Packs that say something wrong, or nearly.
enum HandmadePacks {
    struct Named: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        var testDescription: String { name }
    }

    static func id(_ kind: ObjectKind, _ bytes: [UInt8]) -> ObjectID {
        (try? ObjectHasher.id(of: kind, bytes.span, algorithm: .sha1)) ?? .zero(.sha1)
    }

    static func pack(_ objects: (ObjectKind, [UInt8])...) -> [UInt8] {
        var builder = PackBuilder()
        for (kind, bytes) in objects { builder.add(kind, bytes) }
        return builder.bytes
    }

    static func pack(_ body: (inout PackBuilder) -> Void) -> [UInt8] {
        var builder = PackBuilder()
        body(&builder)
        return builder.bytes
    }

    static func tree(_ entries: (String, ObjectID)...) -> [UInt8] {
        entries.flatMap { Array($0.0.utf8) + [0] + $0.1.bytes }
    }

    private static let who = "A <a@b> 1 +0000"

    static func commit(_ tree: ObjectID, _ parents: [ObjectID] = [], author: String = who) -> [UInt8] {
        Array(
            ("tree \(tree)\n" + parents.map { "parent \($0)\n" }.joined()
                + "author \(author)\ncommitter \(who)\n\nmsg\n")
                .utf8)
    }

    static func tag(_ id: ObjectID, _ type: String, _ more: String = "") -> [UInt8] {
        Array("object \(id)\ntype \(type)\ntag v1\ntagger \(who)\n\(more)\ntext\n".utf8)
    }

    static let blob = Array("a\n".utf8)
    static let blobID = id(.blob, blob)
    static let plain = tree(("100644 f", blobID))
    static let plainID = id(.tree, plain)
    static let whole = pack((.commit, commit(plainID)), (.tree, plain), (.blob, blob))

    // MARK: - What is damaged

    static let damaged: [Named] = [
        named("empty", []), named("signature", changed(whole, 3, 0)), named("version", changed(whole, 7, 9)),
        named("header", Array(whole.prefix(6))), named("cut", Array(whole.prefix(60))),
        named("cut in the checksum", whole.dropLast()), named("checksum", changed(whole, whole.count - 1, 0)),
        named("compressed data", changed(whole, 16, 0xff)), named("type 0", changed(whole, 12, 0)),
        named("type 5", changed(whole, 12, 0x52)), named("no objects", pack { _ in }),
        named("fewer objects") {
            $0.add(.blob, blob)
            $0.count = 2
        },
        named("more objects") {
            $0.add(.blob, blob)
            $0.add(.blob, [1])
            $0.count = 1
        },
        named("size too small") { $0.add(PackBuilder.Entry(type: 3, data: Array("abcdef".utf8), size: 3)) },
        named("size too large") { $0.add(PackBuilder.Entry(type: 3, data: Array("abcdef".utf8), size: 9)) },
        named("size beyond numbers") {
            $0.add(PackBuilder.Entry(type: 3, base: [], data: [1], size: Int.max))
        },
        named("base missing") { $0.add(delta: delta, on: id(.tree, [1])) },
        named("base behind") {
            $0.add(
                delta: PackBuilder.delta(from: 24, keeping: 10, adding: [2]),
                on: id(.blob, first.prefix(20) + [1, 1, 1, 1]))
            $0.add(delta: PackBuilder.delta(from: 30, keeping: 20, adding: [1, 1, 1, 1]), on: id(.blob, first))
            $0.add(.blob, first)
        },
        named("delta for another base") {
            $0.add(.blob, first)
            $0.add(delta: PackBuilder.delta(from: 99, keeping: 5, adding: [1]), on: 0)
        },
        named("delta beyond its base") {
            $0.add(.blob, first)
            $0.add(delta: PackBuilder.delta(from: 30, keeping: 200, adding: [1]), on: 0)
        },
        named("unknown instruction") {
            $0.add(.blob, first)
            $0.add(delta: [30, 5, 0, 0, 0], on: 0)
        },
        named("base out of bounds") {
            $0.add(.blob, first)
            $0.add(PackBuilder.Entry(type: 6, base: [0x7f], data: delta))
        },
        named("base at no entry") {
            $0.add(.blob, first)
            $0.add(PackBuilder.Entry(type: 6, base: [5], data: delta))
        },
        named("base is itself") {
            $0.add(.blob, first)
            $0.add(PackBuilder.Entry(type: 6, base: [0], data: delta))
        },
        named("base beyond numbers") {
            $0.add(.blob, first)
            $0.add(PackBuilder.Entry(type: 6, base: [UInt8](repeating: 0xff, count: 12) + [0x7f], data: delta))
        },
    ]

    private static let first = Array("base text\nbase text\nbase text\n".utf8)
    private static let delta = PackBuilder.delta(from: 30, keeping: 20, adding: [1, 2])

    private static func named(_ name: String, _ bytes: [UInt8]) -> Named { Named(name: name, bytes: bytes) }
    private static func named(_ name: String, _ body: (inout PackBuilder) -> Void) -> Named {
        Named(name: name, bytes: pack(body))
    }
    private static func changed(_ bytes: [UInt8], _ place: Int, _ byte: UInt8) -> [UInt8] {
        var bytes = bytes
        bytes[place] = byte
        return bytes
    }

    // MARK: - What is well packed

    private static let modules = Array("[submodule \"x\"]\n\turl = --upload-pack=x\n\tpath = x\n".utf8)
    private static let attributes = [UInt8](repeating: 0x78, count: 3000) + [0x0a]
    private static let nowhere = id(.blob, [9, 9, 9])

    /// Git ends these before it has put anything in place, and so does strata.
    static let doubtful: [Named] = [
        named("whole", whole), named("twice the same", pack((.blob, blob), (.blob, [1]), (.blob, blob))),
        named("blob missing", pack((.tree, plain))), named("tree missing", pack((.commit, commit(plainID)))),
        named("parent missing", pack((.commit, commit(plainID, [nowhere])), (.tree, plain), (.blob, blob))),
        named("blob as a tree", pack((.blob, blob), (.tree, tree(("40000 f", blobID))))),
        named("tree as a parent", pack((.tree, plain), (.blob, blob), (.commit, commit(plainID, [plainID])))),
        named("parent as a tree", pack((.commit, commit(plainID, [plainID])), (.tree, plain), (.blob, blob))),
        named("no commit", pack((.commit, Array("hello\n".utf8)))),
        named(
            "commit without a tree",
            pack((.commit, Array(("tree " + String(repeating: "z", count: 40) + "\nauthor x\n").utf8)))),
        named(
            "commit with a bad parent",
            pack((.commit, Array("tree \(plainID)\nparent \(String(repeating: "z", count: 40))\nauthor xxxx\n".utf8)))),
        named("bad author", pack((.commit, commit(plainID, author: "A a@b> 1 +0000")), (.tree, plain), (.blob, blob))),
        named("zero-padded mode", pack((.tree, tree(("0100644 f", blobID))), (.blob, blob))),
        named("no tree", pack((.tree, Array("100644 f".utf8)), (.blob, blob))),
        named("tree with a bad end", pack((.tree, plain + tree(("100644 ", blobID))), (.blob, blob))),
        named("dot git", pack((.tree, tree(("40000 .git", id(.tree, [])))), (.tree, []))),
        named("submodule", pack((.tree, tree(("160000 s", nowhere))))),
        named("tag", pack((.tag, tag(blobID, "blob")), (.blob, blob))),
        named("tag of another kind", pack((.blob, blob), (.tag, tag(blobID, "tree")))),
        named("tag of another kind before", pack((.tag, tag(blobID, "tree")), (.blob, blob))),
        named("tag of no kind", pack((.blob, blob), (.tag, tag(blobID, "foo")))),
        named("no tag", pack((.blob, blob), (.tag, Array("object x\n".utf8)))),
        named("tag with more", pack((.tag, tag(blobID, "blob", "more x\n")), (.blob, blob))),
        named("modules as a link", pack((.tree, tree(("120000 .gitmodules", blobID))), (.blob, blob))),
        named("bad modules behind", pack((.tree, tree(("100644 .gitmodules", id(.blob, modules)))), (.blob, modules))),
        named("modules missing", pack((.tree, tree(("100644 .gitmodules", nowhere))))),
    ]

    /// Git says what is wrong when the pack is in place already.
    static let badInTheEnd: [Named] = [
        named("bad modules before", pack((.blob, modules), (.tree, tree(("100644 .gitmodules", id(.blob, modules)))))),
        named("modules are a tree", pack((.tree, []), (.tree, tree(("100644 .gitmodules", id(.tree, [])))))),
        named(
            "bad attributes before",
            pack((.blob, attributes), (.tree, tree(("100644 .gitattributes", id(.blob, attributes)))))),
        named("attributes missing", pack((.tree, tree(("100644 .gitattributes", nowhere))))),
    ]
}

import StrataModel
import StrataObjects

/// Ids are git's: those that `git hash-object` gives.
extension ObjectLawBook {
    /// Objects, and the ids that git gives them.
    static let known: [(name: String, contents: ObjectContents, sha1: String, sha256: String)] = [
        (
            "an empty blob", ObjectContents(kind: .blob, bytes: []), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
            "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813"
        ),
        (
            "an empty tree", ObjectContents(kind: .tree, bytes: []), "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
            "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
        ),
        (
            "an empty commit", ObjectContents(kind: .commit, bytes: []), "dcf5b16e76cce7425d0beaef62d79a7d10fce1f5",
            "9f2a7f3b00f22334f6adc2721fb1f89cd969f02264d37cf6a2c32ba09beb6822"
        ),
        (
            "an empty tag", ObjectContents(kind: .tag, bytes: []), "d994c6bb648123a17e8f70a966857c546b2a6f94",
            "6e7ed4b07c5862439af3921bf57e6533151bf440e1297a331c8124ac15cdd16a"
        ),
        (
            "a text", .blob("hello, world"), "8c01d89ae06311834ee4b1fab2f0414d35f01102",
            "7d0be525d6521168c74051e5ab1b99e3b6d1c962fba763818f1954ab9e1c821a"
        ),
        (
            "bytes that are no text", ObjectContents(kind: .blob, bytes: [0, 0xff, 13, 10, 0]),
            "f22e01afe4faf4825a5e9abeed7685f24488a69f",
            "80ef118217adbf1497a1870e24cfec03644db33c2b381e42c2866f9ab8f2db91"
        ),
        (
            "three million zeros", ObjectContents(kind: .blob, bytes: [UInt8](repeating: 0, count: 3_000_000)),
            "73e77f405a9ff5ab6f54695cf10e7be6d23c9a4b",
            "fb23723561793f955a4691d72dc3fe2948657d287cf3713f15ef75815ad98f82"
        ),
    ]

    mutating func addNames() {
        begin("names", needs: .writes)
        for (name, contents, sha1, sha256) in Self.known {
            add("\(name) has git's id") { t in
                let expected = t.algorithm == .sha1 ? sha1 : sha256
                try t.expect(t.write(contents).hex, expected, "the id")
                try t.expect(t.stream(contents, piece: 64 << 10).hex, expected, "the id of a stream")
                guard let id = ObjectID(hex: expected) else { throw LawBroken("'\(expected)' is no id") }
                let read = try t.store.read(id, limit: ObjectTrial.limit)
                try t.expectBytes(read?.bytes ?? [1], contents.bytes, "what is read by git's id")
            }
        }
        add("have the store's hash function") { t in
            try t.expect(t.write(.blob("x")).algorithm, t.store.algorithm, "the hash function of an id")
            for id in try t.walk(.byID) { try t.expect(id.algorithm, t.store.algorithm, "that of a listed one") }
        }
    }
}

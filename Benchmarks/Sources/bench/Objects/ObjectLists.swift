import Glibc
import StrataIO
import StrataModel
import SystemPackage

/// Which objects are asked for: the same ones for every program, chosen at random, and the same in every run.
struct ObjectLists {
    /// Every object of the sets of one history, in the order of ids.
    let all: [ObjectID]
    let commits: [ObjectID]
    /// The loose objects of their set.
    let loose: [ObjectID]
    private let directory: FilePath

    init(_ sets: ObjectSets) throws {
        directory = sets.directory
        let known = try Self.list(sets.one, kept: sets.directory.appending("one.list"))
        all = known.map(\.id)
        commits = known.filter { $0.isCommit }.map(\.id)
        loose = try Self.list(sets.loose, kept: sets.directory.appending("loose20k.list")).map(\.id)
    }

    /// `count` of `ids` at random, some perhaps more than once.
    static func choose(_ count: Int, of ids: [ObjectID], seed: UInt64 = 3) -> [ObjectID] {
        var random = Numbers(state: seed)
        return (0..<count).map { _ in ids[random.below(ids.count)] }
    }

    /// Ids that no object has.
    static func absent(_ count: Int) -> [ObjectID] {
        var random = Numbers(state: 5)
        return (0..<count).map { _ in
            ObjectID(algorithm: .sha1, words: (random.next(), random.next(), random.next(), 0))
        }
    }

    /// A file with the first `digits` digits of each id on a line.
    func file(_ name: String, _ ids: [ObjectID], digits: Int = 40) throws -> FilePath {
        var text: [UInt8] = []
        text.reserveCapacity(ids.count * 41)
        for id in ids {
            id.appendHex(to: &text)
            text.removeLast(40 - digits)
            text.append(0x0a)
        }
        let path = directory.appending("ids-\(name)")
        let file = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite])
        try file.closeAfter { _ = try file.writeAll(text) }
        return path
    }

    private static func list(_ repository: FilePath, kept: FilePath) throws -> [(id: ObjectID, isCommit: Bool)] {
        if unsafe access(kept.string, F_OK) != 0 {
            try Git.program.run(
                [
                    "-C", repository.string, "cat-file", "--batch-all-objects",
                    "--batch-check=%(objectname) %(objecttype)",
                ], output: kept)
        }
        guard let file = try MappedFile(kept) else { throw Errno.noSuchFileOrDirectory }
        return try file.withSpan { text throws(Mismatch) in
            var found: [(id: ObjectID, isCommit: Bool)] = []
            var place = 0
            while place + 42 < text.count {
                guard let id = ObjectID(hex: text.extracting(place..<place + 40)) else { throw Mismatch() }
                found.append((id, text[place + 41] == UInt8(ascii: "c")))
                while text[place] != 0x0a { place += 1 }
                place += 1
            }
            return found
        }
    }
}
